# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the socket calls answer in a guest is what they answer on Linux; the echo example with clients from dom0, and
# the ntp example with a server there.

EveryAnswer_IsLinuxs() {
    guest_start guest "cmdline='ip=10.0.0.2/24'"
    linux >/tmp/linux.txt || fail "the program failed on Linux"
    guest_ends poweroff 60
    console_has 'end of the cases'
    console | tr -d '\r' >/tmp/guest.txt
    diff /tmp/linux.txt /tmp/guest.txt >/tmp/difference.txt ||
        fail "Linux (<) and the guest (>) differ: $(tr '\n' '|' </tmp/difference.txt)"
}

# It is sent in the network thread's next turn, which the end of a program leaves it.
LastWords_OfAProgramThatEnds_Arrive() {
    socat -u TCP-LISTEN:4711,reuseaddr CREATE:/tmp/words &
    guest_start guest "cmdline='last-words ip=10.0.0.2/24'"
    guest_ends poweroff 20
    local end=$((SECONDS + 10))
    until [[ $(</tmp/words) == farewell ]]; do
        ((SECONDS < end)) || fail "what arrived is '$(</tmp/words)'"
        sleep 0.2
    done
    stop_children
}

Groups_AreHeard_WhileTheyAreJoined() {
    while sleep 0.3; do # dom0 itself has no route for groups of IPv6 while its bridge has no guest
        echo four | socat -u - UDP4-DATAGRAM:239.1.2.3:4711,ip-multicast-if=10.0.0.1 || true
        echo six | socat -u - 'UDP6-DATAGRAM:[ff12::7%xenbr0]:4711' || true
    done &
    guest_start guest "cmdline='groups ip=10.0.0.2/24'"
    guest_ends poweroff 60
    stop_children
    [[ $(console | tr -d '\r' | grep -v '^$' | xargs) == 'four six silence silence' ]] ||
        fail "heard: $(console | xargs)"
}

Echo_OverTcpAndUdp_GivesBackWhatWasSent() {
    guest_start echo "cmdline='ip=10.0.0.2/24'"
    local end=$((SECONDS + 10)) got=
    until got=$(echo hello | socat -t 2 - TCP:10.0.0.2:7,connect-timeout=2) && [[ $got == hello ]]; do
        ((SECONDS < end)) || fail "no echo over TCP: '$got'"
        guest_runs
    done
    got=$(printf datagram | socat -t 2 - UDP:10.0.0.2:7)
    [[ $got == datagram ]] || fail "no echo over UDP: '$got'"
    head -c 300000 /dev/urandom >/tmp/sent
    socat -t 10 - TCP:10.0.0.2:7 </tmp/sent >/tmp/back
    cmp /tmp/sent /tmp/back || fail "300,000 bytes do not come back as they were sent"
    guest_stops
}

# ntp_says REASON TEXT: how the guest ends, and a regular expression for what it prints.
ntp_says() {
    guest_start ntp "cmdline='10.0.0.1 ip=10.0.0.2/24'"
    guest_ends "$1" 30
    console_matches "^ntp: 10\.0\.0\.1: $2"
    stop_children
}

Ntp_ServersTime_IsPrinted() {
    time_server 240200ec $TWO_BILLION
    ntp_says poweroff "2033-05-18 03:33:2[0-3]\.[0-9]{3} UTC, this guest's clock is [0-9]+ ms behind\."
    time_server 240200ec 0000000100000001 # of the era that begins in 2036
    ntp_says poweroff "2036-02-07 06:28:1[7-9]\.[0-9]{3} UTC, this guest's clock is [0-9]+ ms behind\."
}

Ntp_AnswerThatTellsNoTime_IsSaid() {
    time_server 24000000 $TWO_BILLION
    ntp_says crash 'it refuses to serve\.'
    time_server e40200ec $TWO_BILLION
    ntp_says crash 'it does not know the time itself\.'
    time_server 240200ec 0000000000000000
    ntp_says crash 'the times that it tells cannot be\.'
    time_server 240200ec $TWO_BILLION 0123456789abcdef # somebody who did not see the question
    ntp_says crash 'it does not answer\.'
}
