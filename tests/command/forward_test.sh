#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# forward_test.sh KERNEL...: what `./atman startvm -p` promises, tried with curl on this machine: a port of it leads to
# a guest that was told no address (it asks for one), for as long as was said; then the guest is shut down in order.
set -uo pipefail

readonly GREETING="A very HTTP-hello from Atman"
kernel=$1
status=0
verdict() {
    if (($1 == 0)); then echo "PASS $2"; else echo "FAIL $2" && cat "$TEST_TMPDIR/said" && status=1; fi
}

ATMAN_LIMIT=25 ./atman startvm -p 127.0.0.1:8089:80 "$kernel" >"$TEST_TMPDIR/said" 2>&1 </dev/null &
atman=$!
end=$((SECONDS + 200))
until got=$(curl --silent --max-time 5 http://127.0.0.1:8089/) && [[ $got == *"$GREETING"* ]]; do
    ((SECONDS < end)) && kill -0 $atman 2>/dev/null || break
    sleep 1
done
[[ $got == *"$GREETING"* ]]
verdict $? Port_LeadsToTheGuest
! curl --silent --max-time 5 http://127.0.0.2:8089/ >"$TEST_TMPDIR/other"
verdict $? OtherAddresses_DoNot
wait $atman
verdict $? WhenTheTimeIsOver_ItShutsDownAndAllIsWell
! curl --silent --max-time 5 http://127.0.0.1:8089/ >"$TEST_TMPDIR/other"
verdict $? ThenThePortIsFree
exit $status
