#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# sockets_host_test.sh ECHO NTP TIME_SERVER: programs of sockets, each as a Linux process, with socat at the other end
# of a TAP device: what echo is sent comes back, and ntp prints a server's time.
set -uo pipefail

# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/sockets/time_server.sh
. "$(file "$3")"

start "$1" ip=10.0.0.2/24
end=$((SECONDS + 30))
until got=$(echo hello | socat -t 2 - TCP:10.0.0.2:7,connect-timeout=2) && [[ $got == hello ]] ||
    ((SECONDS > end)); do sleep 0.1; done
[[ $got == hello ]]
verdict $? Echo_OverTcp_GivesBackWhatWasSent
end=$((SECONDS + 30))
until got=$(printf datagram | socat -t 0.5 - UDP:10.0.0.2:7) && [[ $got == datagram ]] || ((SECONDS > end)); do :; done
[[ $got == datagram ]]
verdict $? Echo_OverUdp_GivesBackWhatWasSent
head -c 300000 /dev/urandom >sent
for client in 1 2 3; do socat -t 10 - TCP:10.0.0.2:7 <sent >"back$client" & clients[client]=$!; done
wait "${clients[@]}"
cmp sent back1 && cmp sent back2 && cmp sent back3
verdict $? Echo_ServesClientsAtOnce
ends_in_order
verdict $? AskedToShutDown_ItEndsInOrder

time_server 240200ec "$TWO_BILLION"
server=$!
start "$2" 10.0.0.1 ip=10.0.0.2/24
wait "$running" && grep -qE "^ntp: 10\.0\.0\.1: 2033-05-18 03:33:2[0-3]\.[0-9]{3} UTC, " said
verdict $? Ntp_ServersTime_IsPrinted
kill $server
time_server 24000000 "$TWO_BILLION"
server=$!
start "$2" 10.0.0.1 ip=10.0.0.2/24
wait "$running"
(($? == 1)) && grep -q '^ntp: 10\.0\.0\.1: it refuses to serve\.' said
verdict $? Ntp_RefusedAnAnswer_SaysSoAndFails
kill $server
exit "$status"
