# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# check.sh: `atman check`.

# shellcheck source=tools/atman/bazel.sh
. "$ATMAN_HOME/tools/atman/bazel.sh"

help_check() {
    cat <<'END'
Usage: ./atman check [house | format [--fix] | cppcheck | tidy | analyzer | layering]

Checks the sources, without booting anything: all of these, or one.

    house       folders, lengths, names, licences, and what each layer includes (docs/house-rules.md)
    format      as clang-format writes it; --fix makes it so
    cppcheck    cppcheck has nothing to say
    tidy        clang-tidy has nothing to say, less its analyzer; no C includes a header of what it does not depend on
    analyzer    clang's analyzer has nothing to say (a minute)
    layering    Bazel's layering_check: the same for C++, tests and fakes (minutes: it compiles with clang)

`./atman test` has the first four among its tests. The status is 1 if one of them finds something.
END
}

verb_check() {
    local what=${1:-all} status=0
    case $what in
        all | house | cppcheck | tidy | analyzer | layering) (($# <= 1)) || misuse "check $what takes no '$2'" ;;
        format) [[ $# == 1 || $*  == 'format --fix' ]] || misuse "check format takes --fix or nothing" ;;
        *) misuse "there is no check '$what' (./atman check --help)" ;;
    esac
    enter_work
    ensure_packages
    if [[ $what == all ]]; then
        for what in house format cppcheck tidy analyzer layering; do "check_$what" || status=1; done
    else
        "check_$what" "${@:2}" || status=1
    fi
    return $status
}

check_house() {
    "$ATMAN_HOME/tools/house/house.sh"
}

check_format() {
    "$ATMAN_HOME/tools/house/format.sh" "$@"
}

check_cppcheck() {
    "$ATMAN_HOME/tools/house/cppcheck.sh"
}

check_tidy() {
    query "kind('tidy_test rule', //...)"
    # shellcheck disable=SC2086 # one word a label
    in_checkout bazel build "${BAZEL_QUIET[@]}" --keep_going -- $labels
}

check_analyzer() {
    "$ATMAN_HOME/tools/house/analyzer.sh" "$(in_checkout bazel info output_base 2>/dev/null)/external"
}

check_layering() {
    in_checkout bazel build "${BAZEL_QUIET[@]}" --config=clang --features=layering_check -- //components/... \
        //platforms/host/...
}
