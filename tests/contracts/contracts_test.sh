# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# The components' contracts on real Xen: the suites that their fakes pass on the host.

Mm() {
    guest_passes mm_suite
}

Sched() {
    guest_passes sched_suite
}

Xen() {
    guest_passes xen_suite
}

# The long directory of <atman/testing/xenstore_contract.h>, which only dom0 can make.
Xenstore() {
    local i pairs=()
    for ((i = 0; i < 70; i++)); do
        pairs+=("/tool/many/a-name-of-sixty-letters-and-more-of-which-not-many-make-a-node$i" "")
    done
    xenstore-write "${pairs[@]}"
    xenstore-chmod /tool/many r0
    guest_passes xenstore_suite
    xenstore-rm /tool/many
}

# netback offers as many queues as its host has CPUs, which is one here, or as many as it is told to.
Netfront() {
    echo 2 >/sys/module/xen_netback/parameters/max_queues
    guest_passes netfront_suite 'vif=["bridge=xenbr0", "bridge=xenbr0"]'
}

Platform() {
    guest_passes platform_suite memory=4
}

# All memory, from the least a guest can have to more than one level-2 table maps.
Memory_OneMiB_EveryPage() {
    guest_start memory memory=1 && guest_ends poweroff
}

Memory_TwoMiB_EveryPage() {
    guest_start memory memory=2 && guest_ends poweroff
}

# Every way in which the last of the 2 MiB that are mapped at a time can be cut, and in which their tables can lie.
Memory_ThreeToNineMiB_EveryPage() {
    local size
    for size in 3 4 5 6 7 8 9; do
        guest_start memory memory=$size
        guest_ends poweroff
        guest_destroy
    done
}

Memory_ThirtyTwoMiB_EveryPage() {
    guest_start memory memory=32 && guest_ends poweroff
}

Memory_MoreThanOneLevel2Table_EveryPage() {
    guest_start memory memory=700 && guest_ends poweroff 60
}

# Xen hands the host's clock on to every guest as soon as dom0 sets it. No deadline of the shell's: its clock jumps too,
# and ends behind where it was, for no verdict may depend on it.
WallClock_HostSetsItsClock_GuestsFollow() {
    local set seen i
    guest_start wall
    console_has waiting
    set=$(($(date +%s) + 1000))
    date -s "@$set" >/dev/null
    for ((i = 0; i < 300; i++)); do
        guest_ended && break
        sleep 0.1
    done
    date -s "@$(($(date +%s) - 1100))" >/dev/null
    guest_ends poweroff
    console_has 'wall clock at'
    seen=$(sed -n 's/.*wall clock at \([0-9]*\).*/\1/p' "$(console_file)")
    ((seen >= set && seen <= set + 60)) || fail "the host set its clock to $set, the guest's shows $seen"
}
