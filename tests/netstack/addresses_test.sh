# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# The stack on real Xen gets its addresses and its name servers in every way there is, from servers that nobody here
# wrote: dnsmasq and radvd.

readonly ROUTER6=fd00::1

# start_dnsmasq LEASE_SECONDS: addresses from 10.0.0.50 on.
start_dnsmasq() {
    rm -f /tmp/leases /tmp/dnsmasq.log
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
    start_dnsmasq 120
    guest_start netstack "vif=[\"mac=$GUEST_MAC,bridge=xenbr0\"]" 'cmdline="ip=dhcp"'
    address=$(leased_address)
    [[ $address == 10.0.0.[56]? ]] || fail "no address of the server's: $address"
    url_answers "http://$address/"
    kill $dnsmasq
}

# For two minutes, the least that dnsmasq allows, so that half of that later the guest asks again.
Dnsmasq_Dhcp_IsRenewed() {
    local end=$((SECONDS + 80))
    start_dnsmasq 120
    guest_start netstack "vif=[\"mac=$GUEST_MAC,bridge=xenbr0\"]" 'cmdline="ip=dhcp"'
    url_answers "http://$(leased_address)/"
    until (($(grep -c DHCPACK /tmp/dnsmasq.log) >= 2)); do
        ((SECONDS < end)) || fail "the guest did not renew: $(grep -E 'DHCP[A-Z]+\(' /tmp/dnsmasq.log)"
        sleep 0.5
    done
    url_answers "http://$(leased_address)/"
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

# start_radvd OPTION...: a router of the prefix fd00::/64 whose advertisements say OPTION.
start_radvd() {
    ip address replace $ROUTER6/64 dev xenbr0 nodad
    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
    echo "interface xenbr0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; $* prefix fd00::/64 { }; };" \
        >/tmp/radvd.conf
    radvd --nodaemon --config /tmp/radvd.conf --logmethod stderr --pidfile /tmp/radvd.pid &
    radvd=$!
}

Radvd_Prefix_BecomesAnAddress() {
    start_radvd
    start_netstack
    url_answers "http://[fd00::$GUEST_INTERFACE]/" 20
    ping_sizes -6 "fd00::$GUEST_INTERFACE" $MOST6
    kill $radvd
}

# start_name_server [OPTION]...: knows that all of .test is here.
start_name_server() {
    rm -f /tmp/dnsmasq.log
    dnsmasq --keep-in-foreground --user=root --group=root --interface=xenbr0 --bind-interfaces --no-resolv --no-hosts \
        --address=/test/10.0.0.1 --address=/test/$ROUTER6 --log-queries --log-dhcp --log-facility=/tmp/dnsmasq.log \
        --pid-file=/tmp/dnsmasq.pid --dhcp-leasefile=/tmp/leases "$@" &
    dnsmasq=$!
}

# fetch_finds_it [WORD]...: a client finds where server.test is, for it learns that nobody listens there.
fetch_finds_it() {
    guest_start fetch "cmdline=\"https://server.test/ $*\""
    guest_ends crash 60
    console_has 'fetch: server.test: nobody listens there.'
    kill $dnsmasq
}

# A name server that does not answer, and one that is not there, cost time and nothing else.
NameServers_ThatAreDead_AreGoneRound() {
    start_name_server
    fetch_finds_it ip=10.0.0.2/24 dns=10.0.0.98,10.0.0.99,10.0.0.1
}

# The router says that there is more to be known, and stateless DHCPv6 then names the name server.
Dhcp6_NamesTheNameServer() {
    start_name_server --dhcp-range=fd00::,static "--dhcp-option=option6:dns-server,[$ROUTER6]"
    start_radvd 'AdvOtherConfigFlag on;'
    fetch_finds_it ip=none
    grep -q DHCPINFORMATION-REQUEST /tmp/dnsmasq.log || fail "the guest asked for no information"
    kill $radvd
}

# Without DHCPv6, the router's advertisement does (RFC 8106).
Radvd_NamesTheNameServer() {
    start_name_server
    start_radvd "RDNSS $ROUTER6 { };"
    fetch_finds_it ip=none
    kill $radvd
}
