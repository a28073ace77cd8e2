# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the tests of examples/netstack share.
# shellcheck disable=SC2034 # the tests use them

readonly GUEST=10.0.0.2 GUEST_MAC=00:16:3e:00:00:02 GREETING='A very HTTP-hello from Atman'
# What a host makes of that MAC address and a network's prefix (RFC 4291, appendix A).
readonly GUEST_INTERFACE=216:3eff:fe00:2
# lwIP counts a packet with its header in 16 bits, and IPv6 its payload alone: what is larger is dropped.
readonly MOST6=65487

# start_netstack [SETTING]...: a guest with a static address that answers requests.
start_netstack() {
    guest_start netstack "vif=[\"mac=$GUEST_MAC,bridge=xenbr0\"]" "cmdline=\"ip=$GUEST/24\"" "$@"
    url_answers "http://$GUEST/"
}

# make_pattern FILE SIZE: what the server sends as /bytes/SIZE and wants to get there: 0, 1, ... 250 again and again.
make_pattern() {
    local byte
    for byte in {0..250}; do
        printf '%b' "\\x$(printf %x "$byte")"
    done >"$1"
    while (($(stat -c %s "$1") < $2)); do
        cat "$1" "$1" >"$1.twice"
        mv "$1.twice" "$1"
    done
    truncate -s "$2" "$1"
}

# What make_pattern makes, of any size, on stdout; dom0 has no room for it.
pattern() {
    make_pattern /tmp/pattern $((251 * 4000))
    while cat /tmp/pattern; do :; done 2>/dev/null | head -c "$1"
}

# transfers_arrive_whole SIZE COMMAND...: both ways, with COMMAND as curl; what the guest sends and what it wants to get
# are the same bytes.
transfers_arrive_whole() {
    local size=$1
    local -a client=("${@:2}" --silent --show-error --fail)
    "${client[@]}" "http://$GUEST/bytes/$size" | cmp - <(pattern "$size") ||
        fail "what came from the guest is not what it sent"
    pattern "$size" | "${client[@]}" --upload-file - -H 'Transfer-Encoding:' -H "Content-Length: $size" \
        "http://$GUEST/bytes" >/tmp/answer
    [[ $(</tmp/answer) == "$size bytes, 0 of them wrong" ]] || fail "the guest got something else: $(</tmp/answer)"
}

# ping_sizes OPTION ADDRESS MOST: of all kinds: empty, one frame's worth, a byte more, the most that a packet holds.
ping_sizes() {
    local size
    for size in 0 1 56 1452 1453 1472 1473 2960 8192 32768 "$3"; do
        ping "$1" -q -c 2 -i 0.2 -W 5 -s $size "$2" || fail "no answer to a ping of $size bytes"
    done
}

# requests COUNT CLIENTS [OPTION]...: all of them must be answered well.
requests() {
    ab -q -n "$1" -c "$2" "${@:3}" "http://$GUEST/" >/tmp/ab
    grep -E '^(Complete|Failed|Non-2xx|Requests per second)' /tmp/ab
    grep -q "^Complete requests: *$1\$" /tmp/ab || fail "not all of $1 requests were answered"
    grep -q '^Failed requests: *0$' /tmp/ab || fail "$(grep '^Failed' /tmp/ab)"
    ! grep -q '^Non-2xx' /tmp/ab || fail "$(grep '^Non-2xx' /tmp/ab)"
}
