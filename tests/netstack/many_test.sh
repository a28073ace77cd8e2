# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# examples/netstack on real Xen and very many connections: a thousand at once, ten thousand one after the other, and a
# flood of those that never become one; what was taken for them is given back.

# statistic clients | bytes: a number from the server's page of counters. Asking takes a connection, each time the same.
statistic() {
    curl --silent --show-error --fail "http://$GUEST/stats" | sed -n "s/^\([0-9]*\) $1$/\1/p"
}

# start_rested: a guest in 32 MiB, and in `before` what its heap holds once its own addresses are settled.
start_rested() {
    start_netstack memory=32
    sleep 5
    before=$(statistic bytes)
}

# wait_for_heap: everything that was taken since is given back when the last TIME-WAIT ends, which is two minutes.
wait_for_heap() {
    local end=$((SECONDS + 150)) used
    while used=$(statistic bytes) && ((used > before)); do
        ((SECONDS < end)) || fail "$used bytes of the heap are in use, $((used - before)) more than before"
        sleep 10
    done
}

# Slow clients that never finish their requests hold a thousand connections at once; others are served meanwhile. How
# long it takes to open them is the machine's affair; the server lets them stay for most of a minute.
Slowhttptest_ThousandHeld_OthersAreServed() {
    local before held end
    start_rested
    slowhttptest -H -c 1000 -r 200 -i 5 -l 100 -p 30 -u "http://$GUEST/" >/tmp/slow 2>&1 &
    held=$!
    end=$((SECONDS + 45))
    until (($(statistic clients | tee /tmp/clients) > 1000)); do
        ((SECONDS < end)) || fail "the server holds $(</tmp/clients) connections, not 1,000"
        sleep 0.5
    done
    url_answers "http://$GUEST/"
    kill $held
    wait $held || true
    ! grep -q 'service available:.*NO' /tmp/slow || fail "slowhttptest found the service not available"
    wait_for_heap
}

# Each opened, asked and closed; what they cost is given back when their TIME-WAIT ends.
Ab_TenThousandConnections_NothingIsKept() {
    local before
    start_rested
    requests 10000 32
    wait_for_heap
}

# Strangers all over the world begin connections that they never finish; whoever finishes his is served all the same.
Hping_SynFlood_RealConnectionsAreServed() {
    local flood i served=0
    start_netstack memory=32 "cmdline=\"ip=$GUEST/24 gw=10.0.0.1\""
    hping3 --quiet --syn --destport 80 --rand-source --interval u1000 "$GUEST" >/tmp/hping 2>&1 &
    flood=$!
    sleep 2
    for ((i = 0; i < 100 && i - served <= 5; i++)); do
        if curl --silent --max-time 5 --output /dev/null "http://$GUEST/"; then served=$((served + 1)); fi
        sleep 0.1
    done
    kill -INT $flood
    wait $flood || true
    cat /tmp/hping
    ip -s link show dev "vif${guest_id:?}.0"
    echo "served $served of $i"
    ((served >= 95)) || fail "in the flood $served of $i connections were served"
}
