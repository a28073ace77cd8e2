# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# examples/netstack on real Xen, with clients that nobody here wrote: it answers pings of every size and requests in
# pieces, and on no port but its own.

readonly GUEST6=fe80::$GUEST_INTERFACE%xenbr0

Ping_EverySize_IsAnswered() {
    start_netstack
    ping_sizes -4 "$GUEST" 65507
}

Ping6_EverySize_IsAnswered() {
    start_netstack
    url_answers "http://[$GUEST6]/" # not before it has seen that nobody else has that address
    ping_sizes -6 "$GUEST6" $MOST6
}

Ping_Flood_LosesNothing() {
    start_netstack
    ping -q -f -c 2000 "$GUEST" | tee /tmp/ping
    grep -q ' 0% packet loss' /tmp/ping || fail "pings were lost: $(grep loss /tmp/ping)"
}

Arping_IsAnsweredByItsMac() {
    start_netstack
    arping -c 2 -W 1 -I xenbr0 "$GUEST" | tee /tmp/arping
    grep -qi "from $GUEST_MAC" /tmp/arping || fail "the answers do not come from $GUEST_MAC"
}

# A request that comes a byte at a time is a request.
Nc_RequestInPieces_IsAnswered() {
    local piece
    start_netstack
    {
        for piece in G E 'T /' ' HTT' 'P/1.1\r\nHo' 'st: x\r\nConnection: close\r\n\r' '\n'; do
            printf '%b' "$piece"
            sleep 0.1
        done
        sleep 1
    } | nc -w 5 "$GUEST" 80 | grep -F "$GREETING" || fail "a request in pieces is not answered"
}

Nc_Garbage_IsRefusedAndTheServerLives() {
    start_netstack
    head -c 100000 /dev/urandom | nc -w 2 "$GUEST" 80 || true
    printf 'GET / HTTP/9.9\r\n\r\n' | nc -w 2 "$GUEST" 80 || true
    printf '%20000s' x | nc -w 2 "$GUEST" 80 || true
    url_answers "http://$GUEST/"
    guest_runs
}

Nmap_TcpPorts_OnlyTheServersAnswer() {
    start_netstack
    nmap -n -Pn -sS -p- -T5 "$GUEST" | tee /tmp/nmap
    [[ $(grep ' open ' /tmp/nmap) == 80/tcp* ]] || fail "not port 80 alone answers"
    grep -q '65534 closed tcp ports (reset)' /tmp/nmap || fail "not every other port refuses"
    url_answers "http://$GUEST/"
}

Nmap_UdpPorts_NoneAnswers() {
    start_netstack
    nmap -n -Pn -sU -p- -T5 "$GUEST" | tee /tmp/nmap
    grep -q '65535 closed udp ports (port-unreach)' /tmp/nmap || fail "not every port refuses"
    url_answers "http://$GUEST/"
}
