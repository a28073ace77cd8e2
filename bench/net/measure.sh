#!/bin/bash
# SPDX-License-Identifier: ISC
#
# measure.sh: the dom0's half of `atman bench net`. The working folder has the guests named in `settings` (`subjects`),
# each an image with its .cfg, and `measures` says what is asked of them. Events on descriptor 8:
#
#   say TEXT
#   result SUBJECT.NAME VALUE
#   fault TEXT         the bench failed
set -uo pipefail

# shellcheck source=bench/events.sh
. ./events.sh
declare subjects measures
# shellcheck source=/dev/null
. ./settings

# Whom to talk to, and how much memory it has while it is measured.
declare -rA ADDRESS=([netstack]=10.0.0.2 [linux]=10.0.0.3 [https]=10.0.0.4 [sockets]=10.0.0.5)
declare -rA MAC=([netstack]=00:16:3e:00:00:02 [linux]=00:16:3e:00:00:03 [https]=00:16:3e:00:00:04
    [sockets]=00:16:3e:00:00:05)
declare -rA MEMORY=([netstack]=64 [linux]=256 [https]=64 [sockets]=64)
readonly BULK=67108864 SUITE=ECDHE-ECDSA-AES128-GCM-SHA256

wants() {
    [[ " ${measures[*]} " == *" $1 "* ]]
}

# prepare MEMORY: the subject as a paused guest. Reading the clock must not trap: that would be Xen's cost, not its own.
# Who it is needs no asking: how long dom0 takes to find out is not the guest's cost.
prepare() {
    {
        cat "$subject.cfg"
        printf '%s\n' "kernel=\"$PWD/$subject\"" 'tsc_mode="native"' "memory=$1" \
            "vif=[\"mac=${MAC[$subject]},bridge=xenbr0\"]"
        [[ $subject == linux ]] || printf '%s\n' "cmdline=\"ip=$address/24\""
    } >/tmp/guest.cfg
    ip neighbour replace "$address" lladdr "${MAC[$subject]}" dev xenbr0 nud permanent
    guest_create "$subject-$((count++))" /tmp/guest.cfg -p >&9 2>&9
}

fetch() {
    curl --silent --show-error --fail --insecure --ciphers $SUITE --output /dev/null "$@"
}

# answers SECONDS: tries until the guest answers a request; fails when it does not in time.
answers() {
    local end=$((SECONDS + $1))
    until fetch --connect-timeout 0.2 --max-time 5 "$url/" 2>/dev/null; do
        if guest_ended || ((SECONDS >= end)); then return 1; fi
    done
}

# divide NUMBER BY: whole when it is large, else with three digits.
divide() {
    awk "BEGIN { quotient = ($1) / ($2); printf quotient < 100 ? \"%.3g\" : \"%.0f\", quotient }"
}

# per NAME COUNT COMMAND...: what the guest spends while dom0 runs the command, divided by COUNT of what it does.
per() {
    local name=$1 number=$2 before
    shift 2
    before=$(spent)
    if ! "$@" >/tmp/said 2>&1; then
        cat /tmp/said >&9
        event say "$subject: $name: '$*' failed"
        return
    fi
    event result "$subject.$name" "$(divide "$(spent) - $before" "$number")"
}

# requests COUNT CLIENTS [OPTION]...: all of them must be answered well.
requests() {
    ab -q -n "$1" -c "$2" "${@:3}" "$url/" | tee /tmp/ab
    grep -q "^Complete requests: *$1\$" /tmp/ab && grep -q '^Failed requests: *0$' /tmp/ab && ! grep -q Non-2xx /tmp/ab
}

measure_http() {
    requests 100 4 >/dev/null 2>&1
    per keep_alive_16 3000 requests 3000 16 -k
    per keep_alive_1 1000 requests 1000 1 -k
    per new_16 1000 requests 1000 16
    per new_1 500 requests 500 1
}

# The server has ended ten thousand connections, as `ab` has it do, and keeps their ends for two minutes.
measure_time_wait() {
    local i
    for i in {1..10}; do
        requests 1000 16 >/dev/null 2>&1 || event say "$subject: not all of 10,000 connections were served"
    done
    per time_wait_16 1000 requests 1000 16
}

# What a handshake costs is in the first and not in the second: the difference between 4 and 20 MB.
measure_tls() {
    local before few many large=bytes/1048576
    url=https://$address
    [[ $subject != linux ]] || large=megabyte
    per tls_connection 50 requests 50 1 -f TLS1.2 -Z $SUITE
    before=$(spent)
    fetch --tls-max 1.2 "$url/$large?[1-4]" && few=$(spent) &&
        fetch --tls-max 1.2 "$url/$large?[1-20]" && many=$(spent) &&
        event result "$subject.tls_byte" "$(divide "$many - 2 * $few + $before" $((16 * 1048576)))"
}

# rate NAME BYTES COMMAND...: as per, and how many MB a second of the machine's time it was.
rate() {
    local name=$1 start=${EPOCHREALTIME/./}
    per "$@"
    event result "$subject.${name}_rate" $(($2 / (${EPOCHREALTIME/./} - start)))
}

# Linux by iperf3, which it is best at; a server of this kit by what it serves.
measure_bulk() {
    if [[ $subject == linux ]]; then
        rate bulk_from $BULK iperf3 --client "$address" --bytes $BULK
        rate bulk_to $BULK iperf3 --client "$address" --bytes $BULK --reverse
    else
        head -c $BULK /dev/zero >/tmp/bulk
        rate bulk_from $BULK fetch --header Expect: --data-binary @/tmp/bulk "$url/"
        rate bulk_to $BULK fetch "$url/bytes/$BULK"
        rm /tmp/bulk
    fi
}

# What its first connection left behind is forgotten by then.
measure_idle() {
    sleep 150
    per idle 60 sleep 60
}

measure_first_response() {
    local memory
    for memory in 4 64; do
        prepare $memory && xl unpause "$guest_id" && answers 60 && event result "$subject.first_$memory" "$(spent)"
        guest_destroy
    done
}

# The least memory, in MiB, with which it answers, and still does after some load.
measure_smallest() {
    local memory
    for memory in {1..16}; do
        if prepare "$memory" && xl unpause "$guest_id" && answers 20 && requests 500 16 && requests 500 16 -k &&
            answers 5; then
            event result "$subject.smallest" "$memory"
            guest_destroy
            return
        fi >/dev/null 2>&1
        guest_destroy
    done
}

measure_running() {
    event say "$subject: starting"
    prepare "${MEMORY[$subject]}" || fault "xl refused $subject: ${guest_refusal:?}"
    xl unpause "$guest_id"
    answers 300 || fault "$subject does not answer"
    event result "$subject.first_${MEMORY[$subject]}" "$(spent)"
    event say "$subject: measuring"
    if wants idle; then measure_idle; fi
    if wants ping; then per ping 1000 ping -q -f -c 1000 "$address"; fi
    if wants http && [[ $url == http://* ]]; then measure_http; fi
    if wants time_wait && [[ $url == http://* ]]; then measure_time_wait; fi
    if wants bulk && [[ $url == http://* && $subject != sockets ]]; then measure_bulk; fi
    if wants tls && [[ $url == https://* || $subject == linux ]]; then measure_tls; fi
    guest_destroy
}

count=0
for subject in "${subjects[@]}"; do
    address=${ADDRESS[$subject]}
    url=http://$address
    [[ $subject != https ]] || url=https://$address
    measure_running
    [[ $subject != linux ]] || continue
    if wants boot && [[ $subject == netstack ]]; then measure_first_response; fi
    if wants smallest; then measure_smallest; fi
done
