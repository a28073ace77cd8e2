# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# fuzz.sh: `atman fuzz`.

# shellcheck source=tools/atman/bazel.sh
. "$ATMAN_HOME/tools/atman/bazel.sh"

help_fuzz() {
    cat <<'END'
Usage: ./atman fuzz [-t SECONDS] [TARGET]

Runs every fuzzer, or TARGET's (//components/xenstore:client_fuzz, //components/xen/...), one after another, each for
SECONDS (3600). What finds new paths is kept in .atman/fuzz, a folder for each, and is where the next run begins. A
finding is printed with the line that repeats it. The same fuzzers run for 30 seconds in `./atman test`.
END
}

verb_fuzz() {
    local seconds=3600 target=//... status=0 label path keep=$ATMAN_HOME/.atman/fuzz
    if [[ ${1:-} == -t ]]; then
        [[ ${2:-} =~ ^[1-9][0-9]{0,6}$ ]] || misuse "-t wants a number of seconds, not '${2:-}'"
        seconds=$2
        shift 2
    fi
    (($# <= 1)) || misuse "say one target or none (./atman fuzz --help)"
    target=${1:-$target}
    enter_work
    ensure_packages
    query "attr(tags, '\\bfuzz\\b', tests($target))"
    [[ -n $labels ]] || misuse "$target has no fuzzers"
    mkdir -p "$keep"
    say "fuzzing $(wc -l <<<"$labels") target(s) for $seconds seconds each"
    # shellcheck disable=SC2086 # one word a label
    in_checkout bazel test --keep_going "${BAZEL_QUIET[@]}" --nocache_test_results --local_test_jobs=1 \
        --test_timeout=$((seconds + 300)) --sandbox_writable_path="$keep" --test_env=ATMAN_FUZZ_KEEP="$keep" \
        --test_env=ATMAN_FUZZ_SECONDS="$seconds" -- $labels || status=$?
    for label in $labels; do
        path=${label#//}
        printf '%s\n' "$label"
        grep -aE '^(executed|each second): ' "$ATMAN_HOME/bazel-testlogs/${path/://}/test.log" || echo "no figures"
    done
    ((status == 0 || status == 3)) || fail "Bazel gave up with status $status; what it says is above"
    return "$status"
}
