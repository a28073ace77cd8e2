# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# A guest that is as large as the operator wants: xl mem-set, both ways.

# set_memory MIB: as the operator does; the guest says that it has followed, and Xen agrees.
set_memory() {
    local has=
    xl mem-set "${guest_id:?}" "$1" || fail "xl mem-set refused"
    console_matches "^target $(($1 * 1024)): reached, $(($1 * 1024)) KiB$"
    has=$(xl list "$guest_id" | awk 'NR == 2 { print $3 }')
    ((has == $1)) || fail "xl list says $has MiB where $1 are wanted"
}

MemSet_DownAndUp_IsFollowed() {
    guest_start balloon memory=32
    console_has 'target 32768: reached, 32768 KiB'
    set_memory 24
    set_memory 16
    console_lacks 'used none'
    set_memory 28
    guest_runs
    guest_stops 5000
}

# The least a guest can be is 1 MiB; less than that it cannot give, and lives.
MemSet_Least_AndLess_IsSurvived() {
    guest_start balloon memory=16
    console_has 'target 16384: reached'
    set_memory 1
    xenstore-write "/local/domain/${guest_id:?}/memory/target" 100
    console_matches '^target 100: not reached, [0-9]+ KiB$'
    set_memory 12
    guest_stops 5000
}
