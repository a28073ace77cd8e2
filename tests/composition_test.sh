#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# composition_test.sh IMAGE DEBUG DOMAIN COMPONENTS MAP: of the kernel //examples:net: its budget, `atman size`, `atman
# explain` and its libvirt domain.
set -uo pipefail

image=$1 debug=$2 domain=$3 components=$4 map=$5
status=0

verdict() {
    if (($1)); then echo "FAIL $2" && status=1; else echo "PASS $2"; fi
}

# says WHAT PATTERN TEXT
says() {
    grep -qE -- "$2" <<<"$3"
    verdict $? "$1"
}

bytes=$(stat -L -c %s "$image")
made=$(mktemp)
tools/size/strip strip "$debug" "$made" "$bytes" //:kernel && cmp "$made" "$image"
verdict $? "an image of just its budget is made"
said=$(tools/size/strip strip "$debug" "$made" $((bytes - 1)) //:kernel 2>&1)
verdict $((!$?)) "an image of a byte more fails the build"
[[ $said != *$'\n'* ]]
verdict $? "it fails with one line"
says "which names the largest parts" "^//:kernel has $bytes bytes, 1 more than its budget.*xenstore \([0-9]+\), " \
    "$said"
tools/size/strip strip "$debug" "$made" 0 //:kernel
verdict $? "a budget of 0 is none"
rm -f "$made"

table=$(tools/size/size.sh "$image" "$debug")
says "size has the driver" '^netfront +[1-9]' "$table"
says "size has the largest function" '^ +[0-9]+  code +application +main$' "$table"
[[ $(awk '$1 == "all" { print $5 }' <<<"$table") == "$bytes" ]]
verdict $? "size's parts are the image"
awk '/^part/ { on = 1; next } /^all/ { exit } on { sum += $5 } END { exit sum != '"$bytes"' }' <<<"$table"
verdict $? "size's table adds up"
awk '$1 == "unknown" && $5 > 200 { exit 1 }' <<<"$table"
verdict $? "size knows where nearly everything comes from"

said=$(tools/size/explain.sh //:kernel "$components" "$map")
says "explain has versions and edges" '^netfront [0-9.]+   uses base mm netdev xen xenstore$' "$said"
says "explain has what a file was taken for" '^    open.o +for at_netfront_open, wanted by net.o$' "$said"
grep -A 1 '^sched ' <<<"$said" | grep -q 'nothing of it was needed'
verdict $? "explain says what is not there"

sed 's|@KERNEL@|/boot/kernel|' "$domain" | xmllint --noout --relaxng /usr/share/libvirt/schemas/domain.rng -
verdict $? "the domain is what libvirt's schema wants"
says "the domain has the card" "<mac address='00:16:3e:4d:4e:04'/>" "$(<"$domain")"
exit $status
