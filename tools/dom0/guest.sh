# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# guest.sh, to be sourced in a Xen dom0: guests made by `xl`, and what a script asks about them.
#
#   guest_create NAME CONFIG [OPTION]...
#                               a domain from an xl configuration file, by `xl create` with these options (-p: paused);
#                               fails when xl does, leaving what xl complained of in guest_refusal
#   guest_shutdown              asks it to shut down; fails when it does not take notice
#   guest_save FILE             saves it, as `xl save` does: the domain is gone afterwards
#   guest_restore FILE          makes a domain of what was saved: the same guest under another number
#   guest_ended                 has it shut down?
#   guest_reason                poweroff, reboot, suspend, crash, watchdog, ...
#   guest_destroy               takes the domain away; it is kept until then, so that it can be looked at
#
# All but the first speak of the domain created last; `guest` and `guest_id` are its name and number.

GUEST_LOGS=${GUEST_LOGS:-/var/log/xen}

readonly GUEST_KEEP='on_poweroff="preserve"
on_reboot="preserve"
on_crash="preserve"
on_watchdog="preserve"
on_soft_reset="preserve"'
readonly GUEST_REASONS=(poweroff reboot suspend crash watchdog soft_reset)

guest_create() {
    local config said status=0
    guest=$1 config=$(mktemp)
    { cat "$2" && printf '\nname="%s"\n%s\n' "$guest" "$GUEST_KEEP"; } >"$config"
    shift 2
    rm -f "$GUEST_LOGS/xl-$guest.log"
    said=$(xl create "$@" "$config" 2>&1) || status=$?
    rm "$config"
    if ((status)); then
        echo "$said" >&2
        # shellcheck disable=SC2034 # for the caller
        guest_refusal=$(grep -m 1 -i error <<<"$said" || tail -n 1 <<<"$said")
        return 1
    fi
    # The daemon that xl leaves behind writes that, perhaps only after xl has returned.
    until guest_id=$(guest_history) && [[ $guest_id == *"(domid "*")"* ]]; do
        sleep 0.02
    done
    guest_id=${guest_id#*(domid } guest_id=${guest_id%%)*}
}

guest_shutdown() {
    timeout 10 xl shutdown "$guest_id"
}

guest_save() {
    timeout 60 xl save "$guest_id" "$1"
}

guest_restore() {
    rm -f "$GUEST_LOGS/xl-$guest.log"
    timeout 60 xl restore "$1"
    guest_id=$(xl domid "$guest")
}

# xl stays behind as a daemon to wait for the guest's end, and writes down which domain it waits for and how it ended.
guest_history() {
    echo "$(<"$GUEST_LOGS/xl-$guest.log")"
}

# 2 is suspend: of a guest that is only stopped, to be saved.
guest_ended() {
    [[ $(guest_history) == *"has shut down, reason code "[!2]* ]]
}

guest_reason() {
    local text code
    text=$(guest_history)
    code=${text##*reason code }
    code=${code%% *}
    echo "${GUEST_REASONS[code]:-unknown_$code}"
}

# guest_wait_end SECONDS: fails when the guest still runs then.
guest_wait_end() {
    local end=$((SECONDS + $1))
    until guest_ended; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

guest_destroy() {
    xl destroy "$guest_id"
}

# guest_destroy_all: takes away every domain but dom0.
guest_destroy_all() {
    local id
    for id in $(xl list | awk 'NR > 1 && $2 != 0 { print $2 }'); do
        xl destroy "$id"
    done
}
