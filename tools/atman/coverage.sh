# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# coverage.sh: `atman coverage`.
# shellcheck disable=SC2154 # `labels` is from bazel.sh, `work` from common.sh

# shellcheck source=tools/atman/bazel.sh
. "$ATMAN_HOME/tools/atman/bazel.sh"

# What CONTRIBUTING.md promises, in per cent of branches.
readonly COVERAGE_LEAST=95

help_coverage() {
    cat <<END
Usage: ./atman coverage [--missing] [TARGET]

Runs the host tests of all components, or of TARGET (//components/mm/...), compiled so that they count which way each
branch went, and prints by component how many of its branches were taken and how many of its lines ran. --missing lists
the branches that were not. The status is 1 if a component has less than $COVERAGE_LEAST% of its branches.

What counts is the kit's own C in components/*/src and components/*/include: not its fakes and tests, and not what it
takes from upstream. libc's, which is a guest's, is compiled by clang for that, and the tests of its threads in
//tests/libc count too. The platform for Xen is not among it, since it runs nowhere else. Takes minutes, mostly to
compile.
END
}

verb_coverage() {
    local missing=() target=//components/... label profiles status=0 programs=() components
    if [[ ${1:-} == --missing ]]; then
        missing=(--missing)
        shift
    fi
    [[ $# -le 1 && ${1:-} != -* ]] || misuse "say one target or none (./atman coverage --help)"
    target=${1:-$target}
    enter_work
    ensure_packages
    query "kind(cc_test, tests($target))"
    [[ -n $labels ]] || misuse "$target has no host tests"
    if [[ $labels == *//components/libc:* ]]; then
        # Those of its threads lie elsewhere: they need a scheduler, which is above it.
        target=$labels
        query "kind(cc_test, //tests/libc/...)"
        labels=$target$'\n'$labels
    fi
    profiles=$work/profiles
    mkdir -m 777 "$profiles"
    # shellcheck disable=SC2086 # one word a label
    in_checkout bazel test --config=coverage --keep_going "${BAZEL_QUIET[@]}" --nocache_test_results \
        --test_summary=none --sandbox_writable_path="$profiles" \
        --test_env=LLVM_PROFILE_FILE="$profiles/%p-%m%c.profraw" -- $labels || status=$?
    ((status == 0)) || fail "what fails cannot be measured; what Bazel says is above"
    for label in $labels; do programs+=("$(built_file "$label")"); done
    find "$profiles" -name '*.profraw' -size +0 >"$work/raw"
    llvm-profdata-14 merge -input-files="$work/raw" -o "$work/profile"
    # A component counts if it is asked for: what of it others use says little.
    components=$(sed -n 's|^//components/\([a-z0-9_]*\):.*|\1|p' <<<"$labels" | sort -u | paste -sd,)
    in_checkout tools/coverage/coverage.py "${missing[@]}" "$components" "$COVERAGE_LEAST" "$work/profile" \
        "${programs[@]}"
}
