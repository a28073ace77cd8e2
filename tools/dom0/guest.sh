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
#   guest_destroy_all           takes away every domain but dom0
#
#   guest_pause SECONDS         sleeps, without a program
#   guest_read FILE             leaves all that is in a file of text in guest_text, which is empty if there is none
#
# guest_create to guest_destroy speak of the domain created last; `guest` and `guest_id` are its name and number.
#
# A program that bash starts takes an emulated dom0 50 milliseconds, a $( ) half as much, a guest's life two seconds:
# what is done for every guest does with as few of them as can be.

GUEST_LOGS=${GUEST_LOGS:-/var/log/xen}

readonly GUEST_KEEP=({on_poweroff,on_reboot,on_crash,on_watchdog,on_soft_reset}'="preserve"')
readonly GUEST_REASONS=(poweroff reboot suspend crash watchdog soft_reset)

# Nothing comes out of it.
exec {guest_silence}<> <(:)

guest_pause() {
    read -r -t "$1" -u "$guest_silence" || true
}

guest_read() {
    guest_text=
    IFS= read -r -d '' guest_text 2>/dev/null <"$1" || true
}

guest_create() {
    local log config=$2 said status=0
    guest=$1 log=$GUEST_LOGS/xl-$guest.log
    shift 2
    [[ ! -e $log ]] || rm "$log"
    said=$(exec xl create "$@" "$config" "name=\"$guest\"" "${GUEST_KEEP[@]}" 2>&1) || status=$?
    if ((status)); then
        echo "$said" >&2
        # shellcheck disable=SC2034 # for the caller
        guest_refusal=$(grep -m 1 -i error <<<"$said" || tail -n 1 <<<"$said")
        return 1
    fi
    # The daemon that xl leaves behind writes that, perhaps only after xl has returned.
    until guest_read "$log" && [[ $guest_text == *"(domid "*")"* ]]; do
        guest_pause 0.02
    done
    guest_id=${guest_text#*(domid } guest_id=${guest_id%%)*}
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

# xl stays behind as a daemon to wait for the guest's end, and writes down how it ended. 2 is suspend: of a guest that
# is only stopped, to be saved.
guest_ended() {
    guest_read "$GUEST_LOGS/xl-$guest.log"
    [[ $guest_text == *"has shut down, reason code "[!2]* ]]
}

guest_reason() {
    local code
    guest_read "$GUEST_LOGS/xl-$guest.log"
    code=${guest_text##*reason code }
    code=${code%% *}
    echo "${GUEST_REASONS[code]:-unknown_$code}"
}

# guest_wait_end SECONDS: fails when the guest still runs then.
guest_wait_end() {
    local end=$((SECONDS + $1))
    until guest_ended; do
        ((SECONDS < end)) || return 1
        guest_pause 0.1
    done
}

guest_destroy() {
    xl destroy "$guest_id"
}

guest_destroy_all() {
    local id
    for id in $(exec xenstore-list /local/domain); do
        ((id == 0)) || xl destroy "$id"
    done
}
