# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# A kernel that is not Atman's, built by make from the archives of xen, xenstore and netfront, on real Xen: the parts do
# in it what they do in the kit.

readonly OUTSIDE_MAC=00:16:3e:0d:15:1e

Frame_IsSeenByDom0() {
    timeout 30 tcpdump -Z root -l -e -A -n -c 1 -i xenbr0 ether proto 0x88b5 >/tmp/seen 2>&1 &
    guest_start outside
    console_has 'outside: I am outside'
    console_has 'outside: the network is there'
    wait $! || fail "dom0 saw no frame: $(cat /tmp/seen)"
    grep -F "$OUTSIDE_MAC > ff:ff:ff:ff:ff:ff" /tmp/seen || fail "not its frame: $(cat /tmp/seen)"
    grep -F 'a frame from outside' /tmp/seen || fail "not its text: $(cat /tmp/seen)"
}

End_LeavesNothingBehind() {
    guest_start outside
    guest_ends poweroff 30
    console_has 'outside: all pages are back'
}

NoDevice_IsAStatusAndNoFault() {
    guest_start outside 'vif=[]'
    guest_ends crash
    console_has 'netfront: panic: AT_NOT_FOUND'
}
