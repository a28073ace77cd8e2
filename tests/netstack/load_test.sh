# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# examples/netstack on real Xen under load: many requests on few connections, and many bytes.

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

# What make_pattern makes, of any size, on stdout; dom0 has no room for it.
pattern() {
    make_pattern /tmp/pattern $((251 * 4000))
    while cat /tmp/pattern; do :; done 2>/dev/null | head -c "$1"
}

HundredMegabytes_EachWay_ArriveWhole() {
    local size=100000000
    start_netstack
    curl --silent --show-error --fail "http://$GUEST/bytes/$size" | cmp - <(pattern $size) ||
        fail "what came from the guest is not what it sent"
    pattern $size | curl --silent --show-error --fail --upload-file - -H 'Transfer-Encoding:' \
        -H "Content-Length: $size" "http://$GUEST/bytes" >/tmp/answer
    [[ $(</tmp/answer) == "$size bytes, 0 of them wrong" ]] || fail "the guest got something else: $(</tmp/answer)"
}
