#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# xen_test.sh NAME CASES [-v] [-l SECONDS] [-s HELPERS]... [-p PROGRAM]... KERNEL...: starts a Xen machine once, with -v
# one whose clock is virtual, and runs every case of the file CASES in its dom0, with what the files HELPERS define, the
# KERNELs (each an image with its .cfg beside it) and the PROGRAMs (see job.sh) at hand. A case is a function whose
# name begins with a capital letter. The rule is in bazel/xen_test.bzl, what a case can say in checks.sh.
#
# Prints a verdict a line: PASS case, FAIL case (the guest is at fault), BENCH (the machine around it is: nothing is
# known about the guest). Status 0 only if every case passed. Writes Bazel's test.xml, and keeps xen.log (hypervisor and
# dom0) and console.log (cases and guests) with the test's outputs.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
# shellcheck source=tools/dom0/machine.sh
. "$HERE/machine.sh"

# Seconds: for dom0 to come up, for everything (Bazel says how long that may be); -l says how long one case may take.
readonly BOOT_LIMIT=150 LIMIT=$((${TEST_TIMEOUT:-300} - 10))

verdicts=() # of all cases, in the order of their ends: "pass CASE MILLISECONDS", "fail CASE MILLISECONDS WHY", ...

# The cases of the file $1, one a line, in its order; only those that `bazel test --test_filter=PATTERN` asks for.
list_cases() {
    local case
    sed -n 's/^\([A-Z][A-Za-z0-9_]*\)() {.*/\1/p' "$1" | while read -r case; do
        # shellcheck disable=SC2053 # a pattern
        [[ $case != ${TESTBRIDGE_TEST_ONLY:-*} ]] || echo "$case"
    done
}

pack_job() {
    local job=$1 file=$2 kernel
    shift 2
    mkdir -p "$job/kernels"
    cp -L "$HERE/cases.sh" "$job/run"
    cat "${helpers[@]}" "$file" >"$job/cases"
    for kernel in "$@"; do
        cp -L "$kernel" "$kernel.cfg" "$job/kernels"
    done
    declare -p cases | sed 's/^declare -[-a-z]* //' >"$job/settings"
    echo "limit=$case_limit" >>"$job/settings"
}

# record VERDICT CASE MILLISECONDS [WHY]
record() {
    local verdict=$1 case=$2 why=${4:-}
    verdicts+=("$verdict $case $3 $why")
    case $verdict in
        pass) echo "PASS $case ($3 ms)" ;;
        fail) echo "FAIL $case: $why" ;;
        bench) echo "BENCH $case: $why" ;;
    esac
}

# Follows the machine until it is off or the time is up; leaves in `fault` what was wrong with it, and in `current` the
# case that was under way then.
follow() {
    local end=$LIMIT boot_end=$((SECONDS + BOOT_LIMIT)) kind case took why
    current='' fault="dom0 did not come up"
    while machine_next_event 1; do
        read -r kind case took why <<<"$machine_event"
        case $kind in
            ready | begin)
                boot_end=$end fault="the machine stopped"
                [[ $kind == ready ]] || current=$case
                ;;
            pass | fail | bench)
                # Said twice, for lines get lost: the first that is whole counts.
                [[ $took =~ ^[0-9]+$ && " ${verdicts[*]}" != *" $case "* ]] || continue
                record "$kind" "$case" "$took" "$why"
                [[ $case != "$current" ]] || current=
                ;;
            done) fault='' ;;
        esac
        ((SECONDS < boot_end)) || { fault+=" in time" && return; }
    done
}

# Every case gets a verdict, whatever happened.
settle() {
    local case
    [[ -z $fault ]] || echo "BENCH $fault"
    [[ -z $current ]] || record fail "$current" 0 "no verdict: ${fault:-its line was lost} during this case"
    for case in "${cases[@]}"; do
        [[ " ${verdicts[*]}" == *" $case "* ]] || record bench "$case" 0 "not run: $fault"
    done
}

# count PATTERN: how many verdicts match.
count() {
    printf '%s\n' "${verdicts[@]}" | grep -c "$1" || true
}

# xml_text TEXT: fit for an attribute.
xml_text() {
    LC_ALL=C tr -cd '\11\40-\176' <<<"$1" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'
}

# The report in the form that Bazel and everybody else reads.
write_xml() {
    local entry verdict case took why failures errors
    failures=$(count '^fail')
    errors=$(count '^bench')
    echo '<?xml version="1.0" encoding="UTF-8"?>'
    echo "<testsuites><testsuite name=\"$name\" tests=\"${#verdicts[@]}\" failures=\"$failures\" errors=\"$errors\">"
    for entry in "${verdicts[@]}"; do
        read -r verdict case took why <<<"$entry"
        printf '  <testcase classname="%s" name="%s" time="%d.%03d">' "$name" "$case" $((took / 1000)) $((took % 1000))
        case $verdict in
            fail) printf '<failure message="%s"/>' "$(xml_text "$why")" ;;
            bench) printf '<error message="%s"/>' "$(xml_text "$why")" ;;
        esac
        echo '</testcase>'
    done
    echo '</testsuite></testsuites>'
}

finish() {
    trap '' INT TERM
    machine_stop
    if [[ -n ${TEST_UNDECLARED_OUTPUTS_DIR:-} ]]; then
        cp "$work"/*.log "$TEST_UNDECLARED_OUTPUTS_DIR" 2>/dev/null || true
    fi
    rm -rf "$work"
}

name=$1 file=$2
shift 2
case_limit=90 helpers=()
while [[ ${1:-} == -[lpsv] ]]; do
    case $1 in
        -v) MACHINE_ACCEL=("${MACHINE_VIRTUAL_CLOCK[@]}") && shift && continue ;;
        -l) case_limit=$2 ;;
        -p) MACHINE_PROGRAMS+=("$2") ;;
        -s) helpers+=("$2") ;;
    esac
    shift 2
done
mapfile -t cases < <(list_cases "$file")
((${#cases[@]})) || { echo "BENCH $file has no case" && exit 1; }
work=$(mktemp -d)
trap finish EXIT
trap 'exit 143' INT TERM
pack_job "$work/job" "$file" "$@"
current=''
if fault=$(machine_missing) && [[ -z $fault ]] && machine_start "$work" "$work/job" null </dev/null; then
    follow
    machine_stop
else
    fault=${fault:-the machine cannot be built}
fi
settle
[[ -z ${XML_OUTPUT_FILE:-} ]] || write_xml >"$XML_OUTPUT_FILE"
if (($(count '^pass') < ${#verdicts[@]})); then
    if [[ -s $work/console.log ]]; then
        echo "The cases and their guests in full:"
        tr -d '\r' <"$work/console.log"
    fi
    if [[ -n $fault && -s $work/xen.log ]]; then
        echo "The end of the machine's own log:"
        tail -n 40 "$work/xen.log"
    fi
    exit 1
fi
