# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# examples/hello on real Xen: a guest's whole life in its shortest form.

readonly GREETING='Hello from a Xen guest with nothing below it.'

NoArguments_PrintsItsLineAndPowersOff() {
    guest_start hello
    guest_ends poweroff
    [[ $(console) == "$GREETING" ]] || fail "the console is not exactly that line"
}

Arguments_ArePrintedOnePerLine() {
    guest_start hello 'cmdline="first second  third=3"'
    guest_ends poweroff
    [[ $(console) == "$GREETING"$'\nfirst\nsecond\nthird=3' ]] || fail "the console is not the line and three arguments"
}

OneMiB_IsEnough() {
    guest_start hello memory=1
    guest_ends poweroff
    console_has "$GREETING"
}

OneGiB_IsNotTooMuch() {
    guest_start hello memory=1024
    guest_ends poweroff
    console_has "$GREETING"
}

NetworkDevice_IsNotNeededAndNotMinded() {
    guest_start hello 'vif=["bridge=xenbr0"]'
    guest_ends poweroff
}
