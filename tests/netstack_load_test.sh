# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# examples/netstack on real Xen under load: many requests, a thousand connections at once, many bytes, slow clients;
# and what was taken for them is given back.

# statistic clients | bytes: a number from the server's page of counters. Asking takes a connection, each time the same.
statistic() {
    curl --silent --show-error --fail "http://$GUEST/stats" | sed -n "s/^\([0-9]*\) $1$/\1/p"
}

# requests COUNT CLIENTS [OPTION]...: all of them must be answered well.
requests() {
    ab -q -n "$1" -c "$2" "${@:3}" "http://$GUEST/" >/tmp/ab
    grep -E '^(Complete|Failed|Non-2xx|Requests per second)' /tmp/ab
    grep -q "^Complete requests: *$1\$" /tmp/ab || fail "not all of $1 requests were answered"
    grep -q '^Failed requests: *0$' /tmp/ab || fail "$(grep '^Failed' /tmp/ab)"
    ! grep -q '^Non-2xx' /tmp/ab || fail "$(grep '^Non-2xx' /tmp/ab)"
}

Ab_KeepAlive_EveryRequestIsAnswered() {
    start_netstack
    requests 3000 16 -k
    requests 1000 100 -k
}

Wrk_KeepAlive_NothingFails() {
    start_netstack
    wrk -t 1 -c 32 -d 5 "http://$GUEST:80/" | tee /tmp/wrk
    ! grep -E 'Socket errors|Non-2xx' /tmp/wrk || fail "requests failed: $(grep -E 'Socket|Non' /tmp/wrk)"
}

# Slow clients that never finish their requests hold a thousand connections at once; others are served meanwhile. How
# long it takes to open them is the machine's affair; the server lets them stay for most of a minute.
Slowhttptest_ThousandHeld_OthersAreServed() {
    local before held end
    start_netstack memory=32
    before=$(statistic bytes)
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
    wait_for_heap "$before"
}

# wait_for_heap BYTES: everything that was taken since is given back, if not at once: a connection that both ends closed
# at the same time stays in TIME-WAIT, which is two minutes.
wait_for_heap() {
    local end=$((SECONDS + 150)) used
    while used=$(statistic bytes) && ((used > $1)); do
        ((SECONDS < end)) || fail "$used bytes of the heap are in use, $((used - $1)) more than before"
        sleep 1
    done
}

ThirtyMegabytes_EachWay_ArriveWhole() {
    local size=30000000
    start_netstack
    make_pattern /tmp/pattern $size
    curl --silent --show-error --fail "http://$GUEST/bytes/$size" | cmp - /tmp/pattern ||
        fail "what came from the guest is not what it sent"
    curl --silent --show-error --fail --upload-file /tmp/pattern "http://$GUEST/bytes" >/tmp/answer
    rm /tmp/pattern
    [[ $(</tmp/answer) == "$size bytes, 0 of them wrong" ]] || fail "the guest got something else: $(</tmp/answer)"
}
