#!/bin/bash
# SPDX-License-Identifier: ISC
#
# measure.sh: the dom0's half of `atman bench netfront`. The working folder has the guests `packets` and `linux`, each
# an image with its .cfg, and `settings` says which subjects are measured. Events on descriptor 8:
#
#   say TEXT
#   result SUBJECT.NAME VALUE
#   fault TEXT         the bench failed
set -uo pipefail

# shellcheck source=bench/events.sh
. ./events.sh
declare subjects
# shellcheck source=/dev/null
. ./settings

readonly MAC=00:16:3e:00:00:03 COUNT=20000 FEW=1000
readonly TRACED=0x22f000 # TRC_SCHED and TRC_PV of xen/trace.h: who runs, and what it asks of Xen
readonly PKTGEN=/proc/net/pktgen

# counted NAME: what dom0's end of the guest's device counts; what the guest receives, dom0 has sent.
counted() {
    echo "$(</sys/class/net/"$vif"/statistics/"$1"_packets)"
}

divide() {
    awk "BEGIN { quotient = ($1) / ($2); printf quotient < 100 ? \"%.3g\" : \"%.0f\", quotient }"
}

start_subject() {
    local kernel=packets
    [[ $subject != linux ]] || kernel=linux
    {
        cat $kernel.cfg
        printf '%s\n' "kernel=\"$PWD/$kernel\"" 'tsc_mode="native"' "vif=[\"mac=$MAC,bridge=xenbr0\"]"
        [[ $kernel == linux ]] || printf 'cmdline="%s"\n' "$subject"
    } >/tmp/guest.cfg
    guest_create "$subject" /tmp/guest.cfg >&9 2>&9 || fault "xl refused $subject: ${guest_refusal:?}"
    vif=vif$guest_id.0
    until grep -q ready "$GUEST_LOGS/console/guest-$guest.log"; do
        if guest_ended || ((SECONDS > 600)); then fault "$subject does not start"; fi
        sleep 0.1
    done
    echo "add_device $vif" >$PKTGEN/kpktgend_0
    sleep 1
}

# pktgen_sets COMMAND...
pktgen_sets() {
    local command
    for command in "$@"; do
        echo "$command" >"$PKTGEN/$vif"
    done
}

# receive SIZE COUNT DELAY: dom0 sends so many frames, one each DELAY ns. MPLS: nobody in the guest wants it.
receive() {
    pktgen_sets "count $2" "pkt_size $1" "delay $3" "dst_mac $MAC" 'clone_skb 0' 'mpls 0001010a'
    echo start >$PKTGEN/pgctrl
    sleep 0.2
}

# send SIZE COUNT UNUSED: the guest does. Linux, which has nothing that sends without spinning while there is no room,
# sends back what it receives: the difference is what sending costs.
send() {
    local end=$(($(counted rx) + $2)) limit=$((SECONDS + 60))
    if [[ $subject == linux ]]; then
        receive "$@"
        return
    fi
    printf '%b%040d' "$(printf '\\x%s' ${MAC//:/ } 02 00 00 00 00 01 88 b6)$(
        printf '%08x%04x' "$2" "$1" | sed 's/../\\x&/g'
    )" 0 | socat -u - INTERFACE:xenbr0
    until (($(counted rx) >= end)); do
        ((SECONDS < limit)) || return 1
        sleep 0.05
    done
}

# asked DOMAIN NAME: how often the domain asked Xen for that in the trace; an empty name counts all hypercalls.
asked() {
    awk -v domain="$1" -v name="${2:-hypercall}" \
        '$1 == "|--" { here = $3 == domain }
        here && $1 == name { sum += name == "hypercall" ? ($2 ~ /^[0-9]/ ? $2 : 0) : $NF }
        END { print sum + 0 }' /tmp/summary
}

# traced DIRECTION SIZE COUNT DELAY: the same once more; what was asked of Xen meanwhile is in /tmp/summary.
traced() {
    local tracer
    xentrace -D -e $TRACED -S 512 /tmp/trace >&9 2>&9 &
    tracer=$!
    sleep 0.5
    "$@" || event say "$subject: $name: not all came"
    kill -INT $tracer && wait $tracer
    xenalyze --summary /tmp/trace >/tmp/summary 2>/dev/null
}

# tell WHAT SUM COUNT: a result of `per`. What Linux sends it has received before, which it spends instructions on.
declare -A told
tell() {
    local received=0
    [[ $subject != linux || $1 || $name != send_* ]] || received=${told[receive_${name#send_}]}
    told[$name$1]=$(divide "$2 - $received * ($3)" "$3")
    event result "$subject.$name$1" "${told[$name$1]}"
}

# begin_to_reflect: Linux from now on.
begin_to_reflect() {
    local limit=$((SECONDS + 60))
    until echo 2>/dev/null >/dev/tcp/10.0.0.3/9; do
        ((SECONDS < limit)) || fault "linux does not listen"
        sleep 0.1
    done
    until grep -q reflecting "$GUEST_LOGS/console/guest-$guest.log"; do
        ((SECONDS < limit)) || fault "linux does not reflect"
        sleep 0.1
    done
}

# per NAME DIRECTION SIZE COUNT DELAY: what the guest spends for each frame; and, since being traced is not for nothing,
# at another time, how often it calls Xen, and it and its back-end notify each other, for a thousand.
per() {
    local name=$1 counter=tx before packets
    shift
    [[ $1 == receive ]] || counter=rx
    before=$(spent) packets=$(counted $counter)
    "$@" || event say "$subject: $name: not all came"
    tell "" "$(spent) - $before" "$(counted $counter) - $packets"
    packets=$(counted $counter)
    traced "$@"
    packets="$(counted $counter) - $packets"
    tell _hypercalls "1000 * $(asked "$guest_id")" "$packets"
    tell _to_backend "1000 * $(asked "$guest_id" evtchn_op)" "$packets"
    tell _to_guest "1000 * $(asked 0 evtchn_op)" "$packets"
    grants=$((grants + $(asked "$guest_id" grant_table_op)))
}

for subject in "${subjects[@]}"; do
    event say "$subject: starting"
    start_subject
    event say "$subject: measuring"
    grants=0
    for size in 64 1500; do
        per receive_$size receive $size $COUNT 0
    done
    per spaced receive 64 $FEW 1000000
    [[ $subject != linux ]] || begin_to_reflect
    for size in 64 1500; do
        per send_$size send $size $COUNT 0
    done
    event result "$subject.grants" $grants
    guest_destroy
done
