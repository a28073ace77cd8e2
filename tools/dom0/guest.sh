# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# guest.sh, to be sourced in a Xen dom0: guests made by `xl`, and what a script asks about them.
#
#   guest_create NAME CONFIG    a paused domain from an xl configuration file; fails, leaving guest_refusal, if xl does
#   guest_unpause               lets it run
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
    local config log
    guest=$1
    config=$(mktemp) log=$(mktemp)
    { cat "$2" && printf '\nname="%s"\n%s\n' "$guest" "$GUEST_KEEP"; } >"$config"
    rm -f "$GUEST_LOGS/xl-$guest.log"
    if xl create -p "$config" >"$log" 2>&1 && guest_id=$(xl domid "$guest"); then
        rm "$config" "$log"
        return
    fi
    # shellcheck disable=SC2034 # for the caller
    guest_refusal=$(grep -m 1 -i error "$log" || tail -n 1 "$log")
    cat "$log" >&2
    rm "$config" "$log"
    return 1
}

guest_unpause() {
    xl unpause "$guest_id"
}

# xl stays behind as a daemon to wait for the guest's end, and writes down why.
guest_ended() {
    [[ $(<"$GUEST_LOGS/xl-$guest.log") == *"has shut down, reason code"* ]]
}

guest_reason() {
    local text code
    text=$(<"$GUEST_LOGS/xl-$guest.log")
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
