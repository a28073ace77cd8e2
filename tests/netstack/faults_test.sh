# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# examples/netstack on real Xen over a network that loses, reorders, duplicates, corrupts and delays, in both
# directions: every byte arrives as it was sent, and nothing stalls.

# The manual test has set a size of its own.
: "${SIZE:=1000000}"
readonly CLIENT=10.0.0.9 SIZE

# start_over NETEM...: the guest, and a client behind a cable of its own, the namespace `far`, so that what goes to
# either can be spoiled.
start_over() {
    start_netstack
    # The last case's; a cable goes at once, a namespace in its own time.
    ip link delete near0 2>/dev/null || true
    ip netns delete far 2>/dev/null || true
    ip netns add far
    ip link add near0 type veth peer name eth0 netns far
    ip link set near0 master xenbr0 up
    ip -n far address add $CLIENT/24 dev eth0
    ip -n far link set eth0 up
    tc qdisc add dev near0 root netem limit 10000 "$@"
    tc qdisc add dev "vif${guest_id:?}.0" root netem limit 10000 "$@"
}

# transfers_over NETEM...: both ways, given up when nothing has moved for 20 seconds.
transfers_over() {
    local began
    start_over "$@"
    began=$SECONDS
    transfers_arrive_whole $SIZE ip netns exec far curl --speed-limit 1 --speed-time 20
    echo "$((SECONDS - began)) seconds"
    tc -s qdisc show dev near0
    tc -s qdisc show dev "vif$guest_id.0"
}

Loss_ContentIsIntact() {
    transfers_over loss 5%
}

Reorder_ContentIsIntact() {
    transfers_over delay 10ms reorder 25% 50%
}

Duplicate_ContentIsIntact() {
    transfers_over duplicate 5%
}

Corrupt_ContentIsIntact() {
    transfers_over corrupt 2%
}

Delay_ContentIsIntact() {
    transfers_over delay 50ms 20ms distribution normal
}

Everything_ContentIsIntact() {
    transfers_over delay 20ms 10ms loss 2% duplicate 2% corrupt 1% reorder 25%
}
