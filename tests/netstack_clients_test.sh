# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# examples/netstack on real Xen, with clients that nobody here wrote: it answers pings of every size and requests in
# pieces, at addresses that it got in every way there is, and on no port but its own.

# What a host makes of that MAC address and a network's prefix (RFC 4291, appendix A).
readonly GUEST_INTERFACE=216:3eff:fe00:2
# lwIP counts a packet with its header in 16 bits, and IPv6 its payload alone: what is larger is dropped.
readonly MOST6=65487
readonly GUEST6=fe80::$GUEST_INTERFACE%xenbr0

# ping_sizes OPTION ADDRESS MOST: of all kinds: empty, one frame's worth, a byte more, the most that a packet holds.
ping_sizes() {
    local size
    for size in 0 1 56 1452 1453 1472 1473 2960 8192 32768 "$3"; do
        ping "$1" -q -c 2 -i 0.2 -W 5 -s $size "$2" || fail "no answer to a ping of $size bytes"
    done
}

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
    nmap -n -Pn -sS -p 1-10000 -T5 "$GUEST" | tee /tmp/nmap
    [[ $(grep ' open ' /tmp/nmap) == 80/tcp* ]] || fail "not port 80 alone answers"
    grep -q '9999 closed tcp ports (reset)' /tmp/nmap || fail "not every other port refuses"
    url_answers "http://$GUEST/"
}

Nmap_UdpPorts_NoneAnswers() {
    start_netstack
    nmap -n -Pn -sU -p 1-300 -T5 "$GUEST" | tee /tmp/nmap
    ! grep -E '^[0-9]+/udp +open +' /tmp/nmap || fail "UDP ports answer"
    url_answers "http://$GUEST/"
}

# start_dnsmasq LEASE_SECONDS: addresses from 10.0.0.50 on.
start_dnsmasq() {
    dnsmasq --keep-in-foreground --user=root --group=root --interface=xenbr0 --bind-interfaces --port=0 \
        --dhcp-range="10.0.0.50,10.0.0.60,255.255.255.0,$1" --dhcp-authoritative --dhcp-leasefile=/tmp/leases \
        --log-dhcp --log-facility=/tmp/dnsmasq.log --pid-file=/tmp/dnsmasq.pid &
    dnsmasq=$!
}

# The lease file: expiry, MAC, address, ...
leased_address() {
    local end=$((SECONDS + 20))
    until grep -q "$GUEST_MAC" /tmp/leases 2>/dev/null; do
        ((SECONDS < end)) || fail "the guest asked for no address"
        sleep 0.2
    done
    awk -v mac="$GUEST_MAC" '$2 == mac { print $3 }' /tmp/leases
}

Dnsmasq_Dhcp_GivesTheAddress() {
    local address
    rm -f /tmp/leases
    start_dnsmasq 120
    guest_start netstack "vif=[\"mac=$GUEST_MAC,bridge=xenbr0\"]" 'cmdline="ip=dhcp"'
    address=$(leased_address)
    [[ $address == 10.0.0.[56]? ]] || fail "no address of the server's: $address"
    url_answers "http://$address/"
    kill $dnsmasq
}

# Whoever has no DHCP server yet gets its address when there is one.
Dnsmasq_ThatComesLate_IsFound() {
    rm -f /tmp/leases
    guest_start netstack "vif=[\"mac=$GUEST_MAC,bridge=xenbr0\"]" 'cmdline="ip=dhcp"'
    sleep 5
    guest_runs
    start_dnsmasq 120
    url_answers "http://$(leased_address)/"
    kill $dnsmasq
}

Radvd_Prefix_BecomesAnAddress() {
    local radvd
    ip address replace fd00::1/64 dev xenbr0 nodad
    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
    echo 'interface xenbr0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix fd00::/64 { }; };' \
        >/tmp/radvd.conf
    radvd --nodaemon --config /tmp/radvd.conf --logmethod stderr --pidfile /tmp/radvd.pid &
    radvd=$!
    start_netstack
    url_answers "http://[fd00::$GUEST_INTERFACE]/" 20
    ping_sizes -6 "fd00::$GUEST_INTERFACE" $MOST6
    kill $radvd
}
