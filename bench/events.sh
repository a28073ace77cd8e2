# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# events.sh, to be sourced by the dom0's half of a bench: what it tells the half that started it, on descriptor 8.
#
#   event KIND WORD...   what kinds there are is each bench's
#   fault TEXT           the bench failed, and ends; the log has the guest's console
#   spent                the CPU time of the guest, in nanoseconds, which are instructions here

# shellcheck source=tools/dom0/guest.sh
. /lib/guest.sh

event() {
    echo "$*" >&8
}

fault() {
    [[ ! ${guest:-} ]] || cat "$GUEST_LOGS/console/guest-$guest.log" >&9
    event fault "$*"
    exit 1
}

spent() {
    domain_cpu "${guest_id:?}"
}
