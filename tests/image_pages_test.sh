# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# An image boots whatever the number of its pages: protecting them goes to Xen in batches, and a batch may be full at
# any step of it.

EveryNumberOfPages_Boots() {
    local kernel
    for kernel in kernels/*.cfg; do
        kernel=${kernel##*/}
        guest_start "${kernel%.cfg}" memory=4
        guest_ends poweroff
        console_has up
        guest_destroy
    done
}
