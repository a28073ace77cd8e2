#!/bin/bash
# SPDX-License-Identifier: ISC
#
# cases.sh: the dom0's half of xen_test: runs the cases named in `settings`, functions of the file `cases`, one after
# another, each in a shell of its own and for a limited time. Events on descriptor 8 (xen_test.sh is the other end):
#
#   begin CASE
#   pass CASE MILLISECONDS
#   fail CASE MILLISECONDS WHY       the guest did not do what the case asks
#   bench CASE MILLISECONDS WHY      the case cannot tell: dom0 itself is broken
#   done
set -uo pipefail

# shellcheck source=tools/dom0/guest.sh
. /lib/guest.sh
declare cases limit
# shellcheck source=/dev/null
. ./settings

readonly WHY=/tmp/why LATE=124

event() {
    echo "$*" >&8
}

# Of the time since the start, to ten of them: a case may set the clock, and back.
milliseconds() {
    local up
    read -r up _ </proc/uptime
    echo $((10#${up/./} * 10))
}

# Is there still a dom0 that could have judged? Says what is missing.
find_bench_fault() {
    pidof xenconsoled >/dev/null || { echo "xenconsoled has died" && return; }
    timeout 10 xenstore-read /tool/xenstored >/dev/null || { echo "xenstored does not answer" && return; }
    timeout 10 xl info >/dev/null || echo "xl info fails"
}

# A line of the serial port's can be lost, so all verdicts are said once more at the end.
verdicts=()
verdict() {
    verdicts+=("$*")
    event "$@"
}

judge() {
    local case=$1 status=$2 took=$3 why fault
    if ((status == 0)); then
        verdict pass "$case" "$took"
        return
    fi
    why=$(cat $WHY 2>/dev/null)
    if ((status == LATE)); then why="no verdict in $limit s"; fi
    fault=$(find_bench_fault)
    if [[ -n $fault ]]; then
        verdict bench "$case" "$took" "$fault"
    else
        verdict fail "$case" "$took" "${why:-ended with status $status and gave no reason}"
    fi
}

# run_one CASE: in a process group of its own, which is gone when the time is up. Returns LATE then.
run_one() {
    local child clock status
    set -m
    (
        set -eE
        trap 'explain "line $LINENO: $BASH_COMMAND" ' ERR
        trap 'stop_children; show_guests' EXIT
        "$1"
    ) &
    child=$!
    set +m
    # A second at a time: a case may set the clock.
    (
        for ((; limit > 0; limit--)); do guest_pause 1; done
        kill -- -$child
        guest_pause 5
        kill -KILL -- -$child
    ) 2>/dev/null &
    clock=$!
    wait $child
    status=$?
    if ! kill $clock 2>/dev/null || ((status > 128)); then status=$LATE; fi
    return $status
}

run_all() {
    local case start status line
    for case in "${cases[@]}"; do
        event begin "$case"
        printf '\n==== %s\n' "$case"
        rm -f $WHY
        start=$(milliseconds)
        run_one "$case"
        status=$?
        guest_destroy_all
        judge "$case" $status $(($(milliseconds) - start))
    done
    for line in "${verdicts[@]}"; do event "$line"; done
    event "done"
}

# shellcheck source=tools/dom0/checks.sh
. /lib/checks.sh
# shellcheck source=/dev/null
. ./cases
run_all >&9 2>&1
