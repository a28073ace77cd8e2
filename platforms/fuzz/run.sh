#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# run.sh TARGET SECONDS FUZZER CORPUS_FILE...: what a fuzz test runs. First every file of the corpus once, then the
# fuzzer's own ideas for ATMAN_FUZZ_SECONDS, or else SECONDS. A finding is written to the test's outputs, and the line
# that repeats it is printed. A test has the same ideas each time, so that what it says is about the change that it
# tests; new ones are what ATMAN_FUZZ_SECONDS, and with it `./atman fuzz`, is for.
set -uo pipefail

target=$1 seconds=${ATMAN_FUZZ_SECONDS:-$2} fuzzer=$3
shift 3
outputs=${TEST_UNDECLARED_OUTPUTS_DIR:-$(mktemp -d)}
keep=${ATMAN_FUZZ_KEEP:+$ATMAN_FUZZ_KEEP/$(basename "$fuzzer" .bin)}
keep=${keep:-$(mktemp -d)}
seeds=$(mktemp -d)
ideas=(-seed=1)
[[ -z ${ATMAN_FUZZ_SECONDS:-} ]] || ideas=()
# A small quarantine: it keeps what an input has freed beyond its end, and with ASan's 256 MiB most of a fuzzer's time
# goes into touching new pages. Who called malloc() and free() is noted for one frame only; a finding that is run again
# by itself tells them all.
export ASAN_OPTIONS=abort_on_error=0:detect_leaks=1:quarantine_size_mb=4:malloc_context_size=1

mkdir -p "$keep" || exit 1
(($# == 0)) || cp -L "$@" "$seeds" || exit 1
if (($# > 0)) && ! "$fuzzer" -artifact_prefix="$outputs/" "$@" >"$outputs/corpus.log" 2>&1; then
    tail -n 60 "$outputs/corpus.log"
    echo "FAILED: $target on its corpus"
    exit 1
fi
"$fuzzer" -artifact_prefix="$outputs/" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 -verbosity=0 \
    -print_funcs=0 -entropic="${ATMAN_FUZZ_ENTROPIC:-1}" "${ideas[@]}" "$keep" "$seeds" >"$outputs/fuzz.log" 2>&1
status=$?
if ((status != 0)); then
    tail -n 60 "$outputs/fuzz.log"
    for finding in "$outputs"/crash-* "$outputs"/timeout-* "$outputs"/leak-* "$outputs"/oom-*; do
        [[ -f $finding ]] || continue
        echo "FAILED: $target on these bytes, which belong into its corpus once it is mended (base64):"
        base64 -w 100 "$finding"
    done
    exit 1
fi
sed -n -e 's/^stat::number_of_executed_units: */executed: /p' -e 's/^stat::average_exec_per_sec: */each second: /p' \
    "$outputs/fuzz.log"
