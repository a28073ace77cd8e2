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

HundredMegabytes_EachWay_ArriveWhole() {
    start_netstack
    transfers_arrive_whole 100000000 curl
}
