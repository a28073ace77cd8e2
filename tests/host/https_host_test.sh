#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# https_host_test.sh HTTPS FETCH AUTHORITY CERTIFICATE KEY: the server in private and the client that checks, each as a
# Linux process on a TAP device: curl asks the one; the other asks openssl's server, which it finds by dnsmasq.
set -uo pipefail

# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/tap.sh"
readonly GREETING='A very HTTP-hello from Atman'

start "$1" ip=10.0.0.2/24
end=$((SECONDS + 30))
known=(--cacert "$(file "$3")" --resolve server.test:443:10.0.0.2)
until got=$(curl --silent --max-time 5 "${known[@]}" https://server.test/) || ((SECONDS > end)); do sleep 0.1; done
[[ $got == "$GREETING" ]]
verdict $? Curl_GetsTheGreetingAndTrustsTheCertificate
! curl --silent --max-time 5 https://10.0.0.2/ >/dev/null
verdict $? Curl_DoesNotTrustAStranger
ends_in_order
verdict $? AskedToShutDown_ItEndsInOrder

echo "$GREETING" >greeting
openssl s_server -accept 4433 -WWW -cert "$(file "$4")" -key "$(file "$5")" >server 2>&1 &
server=$!
dnsmasq --no-daemon --interface=tap0 --bind-interfaces --no-resolv --no-hosts \
    --address=/test/10.0.0.1 --pid-file="$PWD/dnsmasq.pid" >names 2>&1 &
names=$!
end=$((SECONDS + 30))
until grep -q ACCEPT server || ((SECONDS > end)); do sleep 0.1; done
start "$2" https://server.test:4433/greeting ip=10.0.0.2/24 dns=10.0.0.1
wait "$running" && grep -q "$GREETING" said
verdict $? Fetch_FindsChecksAndPrints
start "$2" https://other.test:4433/greeting ip=10.0.0.2/24 dns=10.0.0.1
! wait "$running" && grep -q 'other.test: the certificate is for another name' said
verdict $? Fetch_RefusesAnothersCertificate
kill $server $names
exit "$status"
