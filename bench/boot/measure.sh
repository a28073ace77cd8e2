#!/bin/bash
# SPDX-License-Identifier: ISC
#
# measure.sh: the dom0's half of `atman bench boot`. The working folder has the kernels hello, net and round_trips, each
# with its .cfg. Events on descriptor 8:
#
#   result NAME VALUE
#   trace              a guest is about to run whose instructions the emulator should write down; goes on at a line on 7
#   fault TEXT         the bench failed
set -uo pipefail

# shellcheck source=bench/events.sh
. ./events.sh

# prepare KERNEL [SETTING]...: a paused guest. Reading the clock must not trap: that would be Xen's cost, not its.
prepare() {
    {
        cat "$1.cfg"
        printf '%s\n' "kernel=\"$PWD/$1\"" 'tsc_mode="native"' "${@:2}"
    } >/tmp/guest.cfg
    guest_create "$1-$((count++))" /tmp/guest.cfg -p || return 1
}

# instructions KERNEL [SETTING]...: from unpause to shutdown, all that the guest's vcpu executes, Xen on its behalf too.
instructions() {
    local before
    prepare "$@" || fault "xl refused $*: ${guest_refusal:?}"
    before=$(spent)
    xl unpause "$guest_id"
    guest_wait_end 60 || fault "$* did not end"
    [[ $(guest_reason) == poweroff ]] || fault "$* ended with $(guest_reason)"
    echo $(($(spent) - before))
    guest_destroy
}

# Does it boot? hello does when it ends well, net when it shows its device and stops when asked.
boots() {
    local kernel=$1 good=1
    prepare "$@" || return 1
    xl unpause "$guest_id"
    if [[ $kernel == net ]]; then
        guest_wait_end 5
        grep -q 'IP address' "$GUEST_LOGS/console/guest-$guest.log" || good=0
        xenstore-write "/local/domain/$guest_id/control/shutdown" poweroff
    fi
    guest_wait_end 5 && [[ $(guest_reason) == poweroff ]] || good=0
    guest_destroy
    ((good))
}

# smallest KERNEL: the least memory, in MiB, that it boots with; none if 8 are not enough.
smallest() {
    local memory
    for memory in {1..8}; do
        if boots "$1" "memory=$memory"; then
            echo "$memory"
            return
        fi
    done
}

count=0
for memory in 32 1024; do
    event result "hello_$memory" "$(instructions hello "memory=$memory")"
done
event result hello_smallest "$(smallest hello)"
event result net_smallest "$(smallest net)"

prepare round_trips && xl unpause "$guest_id"
guest_wait_end 20 || fault "round_trips did not end"
trips=$(sed -n 's/^AT_OK after \([0-9]*\) round trips.*/\1/p' "$GUEST_LOGS/console/guest-$guest.log")
event result round_trips "$trips"
guest_destroy

prepare hello
event trace
read -r _ <&7
xl unpause "$guest_id"
guest_wait_end 60
