# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the socket calls answer in a guest is what they answer on Linux; and the echo example with clients from dom0.

EveryAnswer_IsLinuxs() {
    guest_start guest "cmdline='ip=10.0.0.2/24'"
    linux >/tmp/linux.txt || fail "the program failed on Linux"
    guest_ends poweroff 60
    console_has 'end of the cases'
    console | tr -d '\r' >/tmp/guest.txt
    diff /tmp/linux.txt /tmp/guest.txt >/tmp/difference.txt ||
        fail "Linux (<) and the guest (>) differ: $(tr '\n' '|' </tmp/difference.txt)"
}

Echo_OverTcpAndUdp_GivesBackWhatWasSent() {
    guest_start echo "cmdline='ip=10.0.0.2/24'"
    local end=$((SECONDS + 10)) got=
    until got=$(echo hello | socat -t 2 - TCP:10.0.0.2:7,connect-timeout=2) && [[ $got == hello ]]; do
        ((SECONDS < end)) || fail "no echo over TCP: '$got'"
        guest_runs
    done
    got=$(echo datagram | socat -t 2 - UDP:10.0.0.2:7)
    [[ $got == datagram ]] || fail "no echo over UDP: '$got'"
    head -c 300000 /dev/urandom >/tmp/sent
    socat -t 10 - TCP:10.0.0.2:7 </tmp/sent >/tmp/back
    cmp /tmp/sent /tmp/back || fail "300,000 bytes do not come back as they were sent"
    guest_runs
}
