#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# A whole application as a Linux process: the unmodified examples/net.c and its drivers on the model of Xen, with frames
# from a capture and from a TAP device.
#
# Usage: net_host_test.sh PROGRAM

set -uo pipefail

PATH=$PATH:/usr/sbin:/sbin # ip and arping, which Bazel's PATH does not have
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    printf 'FAILED: %s\n' "$1"
    failures=$((failures + 1))
}

# Runs the program with the arguments; leaves what it printed in $out and its status in $status.
run() {
    out=$(timeout 20 "$program" "$@" 2>&1 </dev/null)
    status=$?
}

# A capture of three frames from 08:00:27:a2:0c:15 to the guest: of 60, 42 and 1,514 bytes.
# shellcheck disable=SC2059 # the format is the bytes
little() { printf "\\x$(printf %02x $(($1 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x00\\x00"; }
{
    printf '\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x01\x00\x00\x00'
    for size in 60 42 1514; do
        little 0 && little 0 && little $size && little $size
        printf '\x00\x16\x3e\x4d\x4e\x04\x08\x00\x27\xa2\x0c\x15\x08\x00'
        head -c $((size - 14)) /dev/zero
    done
} >"$work/three.pcap"

run --pcap="$work/three.pcap" --ip=192.0.2.7
[[ $status == 0 ]] || fail "a capture's end is a shutdown that the application obeys, but its status is $status"
[[ $(grep -c '^rx: packet from="08:00:27:a2:0c:15" to="00:16:3e:4d:4e:04" type=0x0800 (IPV4)$' <<<"$out") == 3 ]] ||
    fail "three frames, three lines; but it printed: $out"
[[ $out == *'IP address:  192.0.2.7'* ]] || fail "the address that the toolstack wrote is not shown: $out"

run --pcap="$work/three.pcap" --mac=00:16:3e:00:00:09
[[ $out == *'Mac address: 00:16:3e:00:00:09'* ]] || fail "--mac is not the interface's address: $out"

head -c 100 "$work/three.pcap" >"$work/cut.pcap"
run --pcap="$work/cut.pcap"
[[ $status == 0 && $(grep -c '^rx:' <<<"$out") == 1 ]] ||
    fail "a capture that is cut off ends behind its last whole frame: $out"

printf 'no capture' >"$work/none.pcap"
for bad in "--pcap=$work/none.pcap" "--pcap=$work/absent" "--pcap-out=$work/absent/out" --tap=a-name-that-is-too-long \
    --tap --frob; do
    run "$bad"
    [[ $status == 2 && $out == atman:*. && $out != *$'\n'* ]] ||
        fail "$bad: one sentence and status 2, not $status: $out"
done

run --help
[[ $status == 0 && $out == *--pcap-out=FILE* ]] || fail "--help: $out"

# Ctrl-C is `xl shutdown`.
"$program" >"$work/log" 2>&1 </dev/null &
pid=$!
for _ in {1..100}; do
    grep -q 'IP address' "$work/log" && break
    sleep 0.1
done
kill -INT "$pid"
wait "$pid"
status=$?
[[ $status == 0 ]] || fail "asked by a signal to shut down, it ended with status $status: $(cat "$work/log")"

# A TAP device, where this process may make one in a network of its own.
if unshare -n true 2>/dev/null; then isolate=(unshare -n); else isolate=(unshare -rn); fi
# shellcheck disable=SC2016 # the words are expanded by the inner shell
"${isolate[@]}" bash -c '
    ip tuntap add tap0 mode tap && ip addr add 10.0.0.1/24 dev tap0 && ip link set tap0 up || exit 3
    "$0" --tap=tap0 >"$1" 2>&1 </dev/null & pid=$!
    for _ in {1..50}; do
        arping -c 1 -w 1 -I tap0 10.0.0.2 >/dev/null
        grep -q "type=0x0806 (ARP)" "$1" && break
    done
    kill -INT "$pid"
    wait "$pid"
' "$program" "$work/tap.log" || fail "on a TAP device it ended with status $?: $(cat "$work/tap.log")"
grep -q 'to="ff:ff:ff:ff:ff:ff" type=0x0806 (ARP)' "$work/tap.log" ||
    fail "no ARP request from the TAP device: $(cat "$work/tap.log")"

((failures == 0)) && echo "PASSED"
exit $((failures > 0))
