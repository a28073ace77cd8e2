# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# test.sh: `atman test`.

# shellcheck source=tools/atman/bazel.sh
. "$ATMAN_HOME/tools/atman/bazel.sh"

help_test() {
    cat <<'END'
Usage: ./atman test [TARGET]

Tests everything, the components on this host and the kernels on real Xen, or only TARGET: //components/mm/... or
//tests:net_test. Ends with what each target's cases came to and a line `N passed, N failed`. The status is 0 if all
passed. The same tests as `bazel test //...`, after installing what is missing; logs are under bazel-testlogs.
END
}

verb_test() {
    local target=${1:-//...} status=0 manual=
    (($# <= 1)) || misuse "say one target or none (./atman test --help)"
    enter_work
    ensure_packages
    # A pattern leaves out what is to be asked for by name, as Bazel does.
    [[ ! $target =~ \.\.\.$|:all$|:\*$ ]] || manual=" except attr(tags, '\\bmanual\\b', tests($target))"
    query "tests($target)$manual"
    [[ -n $labels ]] || misuse "$target has no tests"
    : >"$work/events"
    in_checkout bazel test --keep_going "${BAZEL_QUIET[@]}" --test_summary=none \
        --build_event_json_file="$work/events" -- "$target" || status=$?
    # 3: built, but some test failed; 1: something does not build, and the tests that need it have no result.
    ((status == 0 || status == 1 || status == 3)) || fail "Bazel gave up with status $status; what it says is above"
    summarize "$status"
}

# "LABEL STATUS" of every test that ran, from Bazel's build events.
outcomes() {
    sed -n 's/^{"id":{"testSummary":{"label":"\([^"]*\)".*"overallStatus":"\([A-Z_]*\)".*/\1 \2/p' "$work/events"
}

# "PASSED FAILED SKIPPED" cases in a test.xml, then the names of those that failed. A test that keeps no such books
# counts as one case.
count_cases() {
    awk -v RS='<testcase ' -v passed="$2" '
        NR == 1 { next }
        { split($0, part, "\""); name = $0; sub(/^(.*[ ])?name="/, "", name); sub(/".*/, "", name) }
        /<failure|<error/ { failed++; names = names " " name; next }
        /<skipped|status="notrun"|result="skipped"/ { skipped++; next }
        { good++ }
        END {
            if (!passed && !failed) failed = 1
            if (passed && !good && !skipped) good = 1
            print good + 0, failed + 0, skipped + 0 names
        }' "$1"
}

# summarize STATUS, which was Bazel's.
summarize() {
    local label status path result passed failed skipped names total_passed=0 total_failed=0 total_skipped=0
    declare -A outcome=()
    while read -r label status; do outcome[$label]=$status; done < <(outcomes)
    echo
    while read -r label; do
        status=${outcome[$label]:-NO_STATUS}
        path=${label#//}
        result=$ATMAN_HOME/bazel-testlogs/${path/://}/test.xml
        [[ -f $result ]] || result=/dev/null
        case $status in
            PASSED) read -r passed failed skipped names < <(count_cases "$result" 1) ;;
            NO_STATUS) passed=0 failed=1 skipped=0 names="(did not build, or did not run)" ;;
            *) read -r passed failed skipped names < <(count_cases "$result" 0) ;;
        esac
        total_passed=$((total_passed + passed))
        total_failed=$((total_failed + failed))
        total_skipped=$((total_skipped + skipped))
        if ((failed)); then
            printf 'FAIL %4d of %-4d %s: %s\n' "$failed" $((passed + failed)) "$label" "${names:-$status}"
        elif ((skipped && !passed)); then
            printf 'skip %4d         %s: %s\n' "$skipped" "$label" \
                "$(sed -n 's/.*<skipped message="\([^"]*\)".*/\1/p' "$result" | head -n 1)"
        else
            printf 'ok   %4d         %s\n' "$passed" "$label"
        fi
    done <<<"$labels"
    if (($1 == 1 && total_failed == 0)); then
        echo "FAIL    1         something that no test needs does not build; what Bazel says of it is above"
        total_failed=1
    fi
    echo
    ((total_skipped == 0)) || echo "$total_skipped skipped"
    echo "$total_passed passed, $total_failed failed"
    ((total_failed == 0))
}
