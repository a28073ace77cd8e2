#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# crash_test.sh CRASH DEBUG: reports made of a kernel's own addresses are told by name, from a console's log and from a
# dump of memory; what is no report, and a dump of another build, are refused.
set -euo pipefail

crash=$1 debug=$2
cd "$TEST_TMPDIR"
crash=$TEST_SRCDIR/$TEST_WORKSPACE/$crash
debug=$TEST_SRCDIR/$TEST_WORKSPACE/$debug

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# Functions that assembly calls, so that they are not inlined.
trap=0x$(nm "$debug" | awk '$3 == "at_xen_pv_trap" { print $1 }')
start=0x$(nm "$debug" | awk '$3 == "at_xen_pv_start" { print $1 }')
{
    echo 'about to crash'
    printf 'atman: exception #PF  rip 0x%016x  rsp 0x000000004034cff8\n' "$trap"
    echo '  err 0x0000000000000004  cr2 0x0000000000000000  flg 0x0000000000000046'
    printf '  backtrace: 0x%016x\n' $((start + 1))
} >console.log
"$crash" console.log "$debug" >out || fail "a console's log is refused"
grep -qxF '  err 0x0000000000000004  cr2 0x0000000000000000  flg 0x0000000000000046' out || fail "no registers"
grep -q '^      at_xen_pv_trap at ' out || fail "the instruction has no name"
grep -q '^      at_xen_pv_start at ' out || fail "the caller has no name"
! grep -q 'about to crash' out || fail "what came before the report is told"

id=$(readelf -n "$debug" | sed -n 's/^ *Build ID: *//p')
dump() {
    printf '\x7fELF'
    head -c 5000 /dev/zero
    # shellcheck disable=SC2001
    printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"
    head -c 300 /dev/zero
    cat console.log
    head -c 5000 /dev/zero
}
dump "$id" >core
"$crash" core "$debug" >out || fail "a dump is refused"
grep -q '^      at_xen_pv_trap at ' out || fail "the instruction has no name in a dump"
grep -q '^      at_xen_pv_start at ' out || fail "the caller has no name in a dump"

dump "$(tr 0-9a-f 1-9a-f0 <<<"$id")" >other
! "$crash" other "$debug" >out 2>&1 || fail "a dump of another build is told"
grep -q 'not of the build' out || fail "it does not say that the build is another"

# A capsule, and before it the words that it begins with, as they are among a guest's constants.
capsule() {
    printf '\x7fELF'
    head -c 5000 /dev/zero
    printf 'atman capsule 2\n\0'
    head -c 5000 /dev/zero
    printf 'atman capsule 2\n  build: %s\n' "$1"
    [[ -z $2 ]] || cat "$2"
    head -c 5000 /dev/zero
    cat console.log # of an earlier domain in the same memory
}
{
    echo 'atman: panic: as the test wants it'
    echo "  build: $id"
    printf '  trace: 0x%016x 0x%016x hypercall 0x%016x 0x%016x 0xffffffffffffffea\n' $((start + 1)) 1234567 29 3
    printf '  trace: 0x%016x 0xffffffffffffffff two words 0x%016x\n' $((start + 1)) 7
    echo 'ledger: the test: pages 1 (peak 2)'
} >report
capsule "$id" report >core
for file in core report; do
    "$crash" "$file" "$debug" >out || fail "$file is refused"
    [[ $(head -n 1 out) == 'atman: panic: as the test wants it' ]] || fail "of $file the report is not told first"
    grep -q '^  trace: -1\.234567 ms  sched_op 0x3 = -22  by at_xen_pv_start at ' out || fail "a hypercall has no name"
    grep -q '^  trace: -? ms  two words 0x0*7  by at_xen_pv_start at ' out || fail "an event is not told"
    grep -qxF 'ledger: the test: pages 1 (peak 2)' out || fail "the ledger is not told"
    ! grep -q 'exception' out || fail "more is told than the capsule"
done
capsule "$id" '' >alive
! "$crash" alive "$debug" >out 2>&1 || fail "an empty capsule is told"
grep -q 'no report' out || fail "it does not say that there is no report"
sed -i "s/$id/$(tr 0-9a-f 1-9a-f0 <<<"$id")/" core report
for file in core report; do
    ! "$crash" "$file" "$debug" >out 2>&1 || fail "a report of another build is told"
    grep -q 'not of the build' out || fail "it does not say that the build is another"
done

echo 'Hello' >quiet.log
! "$crash" quiet.log "$debug" >out 2>&1 || fail "a log without a report is told"
grep -q 'no report' out || fail "it does not say that there is no report"
! "$crash" console.log console.log >out 2>&1 || fail "a text is taken for an image"
