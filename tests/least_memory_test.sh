# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What `atman lint` says of a kernel's least memory is what xl and Xen say. lint is given to dom0 as a program.

# least_memory KERNEL: in MiB, as lint says.
least_memory() {
    lint "kernels/$1" | sed -n 's/^note: The least memory that it is built in is \([0-9]*\) MiB.*/\1/p'
}

# The kernel is started with no more than that, and refused with less.
LargeKernel_NeedsWhatLintSays() {
    local least
    least=$(least_memory misbehave_large)
    ((least == 9)) || fail "lint says $least MiB instead of 9"
    guest_refused misbehave_large memory=$((least - 1))
    guest_start misbehave_large memory="$least"
    guest_ends crash
    console_has 'atman: exit status 64'
}

SmallKernel_NeedsWhatLintSays() {
    local least
    least=$(least_memory hello)
    ((least == 1)) || fail "lint says $least MiB instead of 1"
    guest_start hello memory="$least"
    guest_ends poweroff
}

# lint and xl agree on what is no kernel.
DamagedKernels_AreRefusedByBoth() {
    local change
    cp kernels/hello.cfg kernels/damaged.cfg
    for change in xen-3.0/xen-2.0 generic/special Xen/Zen; do
        sed "s/$change/g" kernels/hello >kernels/damaged
        grep '^error: ' <(lint kernels/damaged) || fail "lint finds nothing wrong with $change"
        guest_refused damaged
    done
}
