# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# bench.sh: `atman bench`. Each bench is a file beside this one with bench_NAME and help_bench_NAME.

# shellcheck source=tools/atman/bazel.sh
. "$ATMAN_HOME/tools/atman/bazel.sh"
# shellcheck source=tools/dom0/machine.sh
. "$ATMAN_HOME/tools/dom0/machine.sh"
# shellcheck source=tools/atman/bench_boot.sh
. "$ATMAN_HOME/tools/atman/bench_boot.sh"
# shellcheck source=tools/atman/bench_net.sh
. "$ATMAN_HOME/tools/atman/bench_net.sh"
# shellcheck source=tools/atman/bench_netfront.sh
. "$ATMAN_HOME/tools/atman/bench_netfront.sh"

help_bench() {
    cat <<END
Usage: ./atman bench boot
       ./atman bench net [SUBJECT | MEASURE]...
       ./atman bench netfront [SUBJECT]...

All count instructions, not time, so it does not matter how fast this machine is or what else it does.

$(help_bench_boot)

$(help_bench_net)

$(help_bench_netfront)
END
}

verb_bench() {
    local what=${1:-}
    [[ $what == boot || $what == net || $what == netfront ]] ||
        misuse "say what to measure: ./atman bench boot, ./atman bench net, or ./atman bench netfront"
    shift
    enter_work
    "bench_$what" "$@"
}

# bench_start JOB TERMINAL: a machine for which one instruction is one nanosecond of its time, and
# idling costs none. What it measures comes into `measured`.
bench_start() {
    declare -gA measured=()
    MACHINE_ACCEL=("${MACHINE_VIRTUAL_CLOCK[@]}")
    cp "$ATMAN_HOME/bench/events.sh" "$1"
    progress "starting Xen and a Linux dom0, counting instructions"
    machine_start "$work" "$@" </dev/null || fail "the machine cannot be built, see above (./atman setup)"
}

# bench_follow SECONDS [EVENT COMMAND]: until the machine is off; the command is what an event of the bench's own calls.
bench_follow() {
    local limit=$1 own=${2:-} command=${3:-} end=$((SECONDS + $1)) kind name value
    while machine_next_event 1; do
        read -r kind name value <<<"$machine_event"
        case $kind in
            '') ;;
            ready) progress "measuring" ;;
            say) progress "$name${value:+ $value}" ;;
            result) measured[$name]=$value ;;
            fault) bench_fail "$name $value" ;;
            "$own") "$command" ;;
        esac
        progress "${progress_text:-measuring}"
        ((SECONDS < end)) || bench_fail "not done in $((limit / 60)) minutes"
    done
    progress_end
}

bench_fail() {
    local log
    make_logs
    for log in xen console; do
        cp --remove-destination "$work/$log.log" "$ATMAN_LOGS/bench.$log.log"
    done
    fail "$1 (logs: ${ATMAN_LOGS#"$PWD/"}/bench.xen.log and bench.console.log)"
}

at_exit() {
    progress_end
    machine_stop
}
