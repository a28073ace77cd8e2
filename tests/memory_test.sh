# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# A guest that is as large as the operator wants, xl mem-set, both ways; and page faults that are none of demand-zero
# ranges.

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
    guest_stops
}

# The least a guest can be is 1 MiB; less than that it cannot give, and lives.
MemSet_Least_AndLess_IsSurvived() {
    guest_start balloon memory=16
    console_has 'target 16384: reached'
    set_memory 1
    xenstore-write "/local/domain/${guest_id:?}/memory/target" 100
    console_matches '^target 100: not reached, [0-9]+ KiB$'
    set_memory 12
    guest_stops
}

Fault_OutsideDemandZeroRanges_IsReportedAsEver() {
    local register
    guest_start demand
    guest_ends crash
    console_has touched
    console_has 'atman: exception #PF'
    console_lacks survived
    for register in rax=fa rbx=fb rcx=fc rdx=fd rsi=f1 rdi=f2 rbp=f3 r8=f8 r9=f9 r10=f10 r11=f11 r12=f12 r13=f13 \
        r14=f14 r15=f15 cr2=1234; do
        console_has "$(printf '  %-3s 0x%016x' "${register%=*}" "0x${register#*=}")"
    done
    console_matches '^ledger: frames: pages [0-9]+ [(]peak [0-9]+[)]$'
    console_has 'ledger: test: ports 3 (peak 3)'
}
