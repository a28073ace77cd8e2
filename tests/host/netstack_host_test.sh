#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# netstack_host_test.sh PROGRAM: the web server as a Linux process, its stack and its driver on the model of Xen, with
# curl on the other end of a TAP device: the greeting, a megabyte each way, and an end in order.
set -uo pipefail

# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/tap.sh"
readonly SIZE=1000000

start "$1" ip=10.0.0.2/24
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

ends_in_order
verdict $? AskedToShutDown_ItEndsInOrder
exit "$status"
