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

Xenstore() {
    guest_passes xenstore_suite
}

Netfront() {
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
