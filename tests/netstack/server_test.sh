# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# examples/netstack on real Xen, asked by dom0's Linux: ping, ping6, curl; with little memory; and that it ends when
# asked.

readonly LINK_LOCAL=fe80::$GUEST_INTERFACE%xenbr0
readonly URL6="http://[${LINK_LOCAL/\%/%25}]/"

get() {
    curl --silent --show-error --fail --max-time 30 "$@"
}

Ping_IsAnswered() {
    start_netstack
    ping -c 3 -i 0.2 -W 2 "$GUEST"
    ping -c 1 -s 1400 -W 2 "$GUEST"
    ping -c 1 -s 20000 -W 2 "$GUEST"
    ping -c 1 -s 65507 -W 2 "$GUEST"
}

Ping6_IsAnswered() {
    start_netstack
    url_answers "$URL6" # not before it has seen that nobody else has that address
    ping -6 -c 3 -i 0.2 -W 2 "$LINK_LOCAL"
    ping -6 -c 1 -s 20000 -W 2 "$LINK_LOCAL"
}

Curl_GetsTheGreeting() {
    start_netstack
    [[ $(get "http://$GUEST/") == "$GREETING" ]] || fail "that is not the greeting"
    url_answers "$URL6"
    [[ $(get "$URL6") == "$GREETING" ]] || fail "that is not the greeting over IPv6"
}

KeepAlive_OneConnectionServesMany() {
    start_netstack
    get -v "http://$GUEST/?[1-50]" -o /dev/null 2>/tmp/curl
    (($(grep -c '^\* Connected to' /tmp/curl) == 1)) || fail "curl had to connect more than once"
}

Pipelining_AnswersAreInOrder() {
    start_netstack
    printf '%s HTTP/1.1\r\nHost: x\r\n%b\r\n' 'GET /bytes/3' '' 'HEAD /' '' 'GET /no' '' \
        'GET /' 'Connection: close\r\n' | timeout 10 socat -t 5 - "TCP:$GUEST:80" >/tmp/answers
    [[ $(grep -a -o 'HTTP/1.1 ...' /tmp/answers | cut -d ' ' -f 2 | xargs) == '200 200 404 200' ]] ||
        fail "the answers are not 200, 200, 404, 200"
    [[ $(tail -n 1 /tmp/answers) == "$GREETING" ]] || fail "the last answer is not the greeting"
}

Garbage_IsAnswered400() {
    start_netstack
    [[ $(printf 'hello\r\n\r\n' | timeout 10 socat -t 5 - "TCP:$GUEST:80" | head -c 12) == 'HTTP/1.1 400' ]] ||
        fail "garbage is not answered by 400"
}

TwoMiB_AreEnough() {
    start_netstack memory=2
    get -o /tmp/down "http://$GUEST/bytes/1000000"
    head -c 1000000 /dev/zero | get -T - -H 'Transfer-Encoding:' -H 'Content-Length: 1000000' "http://$GUEST/sink"
    for i in {1..40}; do get -o /dev/null "http://$GUEST/" & done
    wait
    url_answers "http://$GUEST/"
}

VifsIp_IsTheAddress() {
    guest_start netstack "vif=[\"mac=$GUEST_MAC,bridge=xenbr0,ip=10.0.0.3\"]"
    url_answers http://10.0.0.3/
}

TwoDevices_EachHasItsAddress() {
    local second=10.0.1.2 mac=00:16:3e:00:00:03
    ip address replace 10.0.1.1/24 dev xenbr0
    guest_start netstack "vif=[\"mac=$GUEST_MAC,bridge=xenbr0\", \"mac=$mac,bridge=xenbr0\"]" \
        "cmdline=\"ip=$GUEST/24 ip1=$second/24\""
    url_answers "http://$GUEST/"
    url_answers "http://$second/"
    ip neighbour show to $second | grep $mac || fail "$second is not the second device's"
}

Shutdown_EndsIt() {
    start_netstack
    guest_stops
}

WithoutADevice_SaysSo() {
    guest_start netstack 'vif=[]'
    guest_ends crash
    console_has 'no network device'
}

WrongWords_SaySo() {
    guest_start netstack 'cmdline="ip=10.0.0.300"'
    guest_ends crash
    console_has 'ip= names neither an address nor dhcp nor none'
}
