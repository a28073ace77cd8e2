#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# netstack_host_test.sh PROGRAM: the web server as a Linux process, its stack and its driver on the model of Xen, with
# curl on the other end of a TAP device: the greeting, a megabyte each way, and an end in order. It has a network of its
# own, which this process may make.
set -uo pipefail

PATH=$PATH:/usr/sbin:/sbin # ip, which Bazel's PATH does not have
readonly SIZE=1000000
if [[ ${1:-} != inside ]]; then
    if unshare -n true 2>/dev/null; then isolate=(unshare -n); else isolate=(unshare -rn); fi
    exec "${isolate[@]}" "$0" inside "$1"
fi

cd "$TEST_TMPDIR" || exit 1
program=$TEST_SRCDIR/$TEST_WORKSPACE/$2
status=0
verdict() {
    if (($1 == 0)); then echo "PASS $2"; else echo "FAIL $2" && cat said && status=1; fi
}

ip tuntap add tap0 mode tap && ip addr add 10.0.0.1/24 dev tap0 && ip link set tap0 up || exit 1
"$program" --tap=tap0 ip=10.0.0.2/24 >said 2>&1 </dev/null &
server=$!
end=$((SECONDS + 30))
until got=$(curl --silent --max-time 2 http://10.0.0.2/) || ((SECONDS > end)); do sleep 0.1; done
[[ $got == *"A very HTTP-hello from Atman"* ]]
verdict $? Curl_GetsTheGreeting

curl --silent --show-error --fail --max-time 60 --output down "http://10.0.0.2/bytes/$SIZE" 2>>said &&
    [[ $(stat -c %s down) == "$SIZE" ]]
verdict $? Megabyte_ComesWhole
got=$(curl --silent --show-error --fail --max-time 60 --upload-file down http://10.0.0.2/bytes 2>>said)
[[ $got == "$SIZE bytes, 0 of them wrong" ]]
verdict $? Megabyte_GoesWhole

kill -INT $server
wait $server
verdict $? AskedToShutDown_ItEndsInOrder
exit $status
