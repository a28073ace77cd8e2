# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the tests of guests that are saved and restored share.

# console_counts TEXT COUNT: so many lines of the console contain TEXT, now or within 20 seconds.
console_counts() {
    local limit=$((SECONDS + 20)) count
    until count=$(console | grep -cF "$1" || true) && ((count >= $2)); do
        ((SECONDS < limit)) || fail "the console has '$1' $count times, not $2"
        sleep 0.1
    done
}

# frame_arrives WORD: frames sent on the bridge reach the guest, which prints `frame WORD`.
frame_arrives() {
    local limit=$((SECONDS + 10))
    until console | grep -xF "frame $1" >/dev/null; do
        ((SECONDS < limit)) || fail "no frame arrived"
        printf '\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x88\xb5%s\n%045d' "$1" 0 | socat -u - INTERFACE:xenbr0
        sleep 0.2
    done
}

# file_has FILE TEXT: a line of it is TEXT, now or within 20 seconds.
file_has() {
    local limit=$((SECONDS + 20))
    until grep -qxF "$2" "$1"; do
        ((SECONDS < limit)) || fail "$2 did not come back"
        sleep 0.1
    done
}

# Broadcasts, as fast as they go, until the case ends.
broadcast_for_ever() {
    while true; do
        ping -q -b -f -c 500 -W 1 10.0.0.255 || sleep 0.1
    done
}

# save_and_restore: the guest, without a pause in between.
save_and_restore() {
    guest_save /tmp/saved
    guest_restore /tmp/saved
}

# net_prints_frame NUMBER: frames from an address that ends in NUMBER are sent on the bridge until net prints one.
net_prints_frame() {
    local limit=$((SECONDS + 10)) last
    last=$(printf '%02x' "$1")
    until console | grep -F "from=\"02:00:00:00:00:$last\"" >/dev/null; do
        ((SECONDS < limit)) || fail "no frame arrived"
        printf "\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x$last\x88\xb5%046d" 0 | socat -u - INTERFACE:xenbr0
        sleep 0.2
    done
}

# net_rounds COUNT: examples/net.c, saved and restored so often under traffic.
net_rounds() {
    local round
    guest_start suspend_net
    console_has 'device initialized'
    broadcast_for_ever >/dev/null 2>&1 &
    for ((round = 1; round <= $1; round++)); do
        net_prints_frame "$round"
        save_and_restore
        console_counts restored "$round"
    done
    net_prints_frame 255
    console_lacks ended
    echo "$(console | grep -c ^rx:) frames in $1 rounds"
    guest_stops
}

# connection_rounds COUNT: one TCP connection from before the first time that the guest is saved until after the last.
connection_rounds() {
    local round
    guest_start suspend_echo 'cmdline="ip=10.0.0.2/24"'
    console_has listening
    mkfifo /tmp/to
    socat - TCP:10.0.0.2:7 </tmp/to >/tmp/echoed &
    exec {to}>/tmp/to
    for ((round = 1; round <= $1; round++)); do
        echo "before $round" >&"$to"
        file_has /tmp/echoed "before $round"
        save_and_restore
        console_counts restored "$round"
    done
    echo last >&"$to"
    file_has /tmp/echoed last
    exec {to}>&-
    guest_stops
}
