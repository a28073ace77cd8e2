#!/bin/bash
# SPDX-License-Identifier: ISC
#
# run.sh: the dom0's half of `atman run` and `atman startvm`: one guest, its console on the terminal, some traffic for
# it when it has a network interface, and one event a line on descriptor 8:
#
#   say TEXT          what dom0 does, for the user to see
#   refused WHY       xl did not create the guest
#   running           its console is the terminal's from here on
#   ended REASON      poweroff, crash, ...
#   command STATUS    the user's command in dom0 ended so
#   silent            the guest neither ended by itself nor when xl asked it to
#
# The working folder holds `kernel`, `guest.cfg` and `settings`: name, interactive (1 or 0), limit (seconds), command
# (an array), address (the guest's, as far as is known), serving (1: somebody else talks to the guest too). Descriptors
# 7 and 9 are the terminal, in and out. Runs in the bench's dom0 and in a real one.
set -uo pipefail

# shellcheck source=tools/dom0/guest.sh
. "${GUEST_LIBRARY:-/lib/guest.sh}"
declare name interactive limit command address serving
# shellcheck source=/dev/null
. ./settings

readonly GUEST_ADDRESS=${GUEST_ADDRESS:-$address}

event() {
    echo "$*" >&8
}

backend() {
    xenstore-read "/local/domain/0/backend/vif/$guest_id/0/$1" 2>/dev/null
}

has_network() {
    backend mac >/dev/null
}

# Waits until the guest's driver is connected (xenbus state 4). Fails when the guest ends first or takes too long.
wait_for_network() {
    local end=$((SECONDS + 10))
    until [[ $(backend state) == 4 ]]; do
        if guest_ended || ((SECONDS > end)); then return 1; fi
        sleep 0.1
    done
}

dom0() {
    event "say dom0: $*"
    "$@" >&2
}

# Frames of the kinds that a guest sees first: ARP to everybody, IPv4 to itself (whether or not it answered the ARP).
send_traffic() {
    local bridge mac
    bridge=$(backend bridge) mac=$(backend mac)
    dom0 arping -c 2 -w 3 -I "$bridge" "$GUEST_ADDRESS"
    ip neighbour show "$GUEST_ADDRESS" dev "$bridge" | grep -q lladdr ||
        ip neighbour replace "$GUEST_ADDRESS" lladdr "$mac" dev "$bridge" nud stale
    dom0 ping -c 2 -W 1 "$GUEST_ADDRESS"
}

run_command() {
    event "say dom0: ${command[*]}"
    GUEST=$guest GUEST_ID=$guest_id GUEST_MAC=$(backend mac) GUEST_ADDRESS=$GUEST_ADDRESS "${command[@]}" <&7 >&9 2>&9
    event "command $?"
}

# What dom0 does to the guest, until it asks it to end.
entertain() {
    if ((${#command[@]})); then
        run_command
    elif has_network && wait_for_network; then
        send_traffic
        while ((interactive)) && ! guest_ended; do
            sleep 2
            ping -c 1 -W 1 "$GUEST_ADDRESS" >/dev/null
        done
        ((!serving)) || guest_wait_end "$limit"
    else
        guest_wait_end "$limit"
    fi
    if ! guest_ended; then
        event "say dom0: xl shutdown $guest"
        guest_shutdown
    fi
}

# Taking the domain away hangs up on the console client: first let it read what is still under way, which is all there
# when nothing came for as long as the console daemon may hold back a guest that prints much (200 ms).
let_console_drain() {
    local client=$1 had='' has
    while has=$(grep rchar "/proc/$client/io") && [[ $has != "$had" ]]; do
        had=$has
        sleep 0.3
    done
}

main() {
    local console_client
    printf 'kernel="%s"\n' "$PWD/kernel" >>guest.cfg
    if ! guest_create "$name" guest.cfg -p; then
        event "refused ${guest_refusal:?}"
        return
    fi
    # Only a job in a real dom0 can be interrupted; a bench goes as a whole.
    trap 'guest_destroy; exit' INT TERM HUP
    event running
    xl console "$guest_id" <&7 >&9 &
    console_client=$!
    xl unpause "$guest_id"
    entertain
    if guest_wait_end 10; then
        event "ended $(guest_reason)"
    else
        event silent
    fi
    let_console_drain "$console_client"
    guest_destroy
    wait "$console_client"
}

main
