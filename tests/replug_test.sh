# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# A network device that goes and comes back while the guest runs, on real Xen: the driver says that it ended, gives
# everything back, and opens it again.

# frame_arrives LETTER: frames sent on the bridge reach the guest, which prints `frame LETTER`. Linux takes a moment to
# see that a device which has just connected has a carrier.
frame_arrives() {
    local limit=$((SECONDS + 10))
    until console | grep -xF "frame $1" >/dev/null; do
        ((SECONDS < limit)) || fail "no frame arrived"
        printf '\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x88\xb5%s%045d' "$1" 0 | socat -u - INTERFACE:xenbr0
        sleep 0.2
    done
}

# console_counts TEXT COUNT: so many lines of the console are TEXT, now or within 10 seconds.
console_counts() {
    local limit=$((SECONDS + 10)) count
    until count=$(console | grep -cxF "$1" || true) && ((count == $2)); do
        ((SECONDS < limit)) || fail "the console has '$1' $count times, not $2"
        sleep 0.1
    done
}

DeviceTakenAway_AndGivenBack_IsOpenedAgain() {
    local round
    guest_start replug 'vif=["bridge=xenbr0"]'
    for round in 1 2 3; do
        console_counts open $round
        frame_arrives $round
        xl network-detach "${guest_id:?}" 0
        console_counts 'ended: AT_CLOSED' $round
        xl network-attach "$guest_id" bridge=xenbr0
    done
    console_counts open 4
    frame_arrives 4
    console_lacks closed:
}

# The driver in dom0 is taken from the device and given back, as when it is loaded anew.
BackendRestarted_IsOpenedAgain() {
    local round
    guest_start replug 'vif=["bridge=xenbr0"]'
    for round in 1 2 3; do
        console_counts open $round
        frame_arrives $round
        echo "vif-${guest_id:?}-0" >/sys/bus/xen-backend/drivers/vif/unbind
        echo "vif-$guest_id-0" >/sys/bus/xen-backend/drivers/vif/bind
        XENBUS_PATH=/local/domain/0/backend/vif/$guest_id/0 vif=vif$guest_id.0 /etc/xen/scripts/vif-bridge online
        console_counts 'ended: AT_CLOSED' $round
    done
    console_counts open 4
    frame_arrives 4
    console_lacks closed:
}
