# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# examples/netstack on real Xen over a network that loses, reorders, duplicates, corrupts and delays, in both
# directions: every byte arrives as it was sent, and nothing stalls.

readonly CLIENT=10.0.0.9 SIZE=1000000

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

# far_curl OPTION...: as the client; gives up when nothing has moved for 20 seconds.
far_curl() {
    ip netns exec far curl --silent --show-error --fail --speed-limit 1 --speed-time 20 "$@"
}

# Both ways; what the guest sends and what it wants to get are the same bytes.
transfers_arrive_whole() {
    make_pattern /tmp/pattern $SIZE
    far_curl --output /tmp/got "http://$GUEST/bytes/$SIZE"
    cmp /tmp/got /tmp/pattern || fail "what came from the guest is not what it sent"
    far_curl --data-binary @/tmp/pattern "http://$GUEST/bytes" >/tmp/answer
    [[ $(</tmp/answer) == "$SIZE bytes, 0 of them wrong" ]] || fail "the guest got something else: $(</tmp/answer)"
    tc -s qdisc show dev near0
    tc -s qdisc show dev "vif$guest_id.0"
}

Loss_ContentIsIntact() {
    start_over loss 5%
    transfers_arrive_whole
}

Reorder_ContentIsIntact() {
    start_over delay 10ms reorder 25% 50%
    transfers_arrive_whole
}

Duplicate_ContentIsIntact() {
    start_over duplicate 5%
    transfers_arrive_whole
}

Corrupt_ContentIsIntact() {
    start_over corrupt 2%
    transfers_arrive_whole
}

Delay_ContentIsIntact() {
    start_over delay 50ms 20ms distribution normal
    transfers_arrive_whole
}

Everything_ContentIsIntact() {
    start_over delay 20ms 10ms loss 2% duplicate 2% corrupt 1% reorder 25%
    transfers_arrive_whole
}
