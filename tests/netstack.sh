# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the tests of examples/netstack share.
# shellcheck disable=SC2034 # the tests use them

readonly GUEST=10.0.0.2 GUEST_MAC=00:16:3e:00:00:02 GREETING='A very HTTP-hello from Atman'

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
