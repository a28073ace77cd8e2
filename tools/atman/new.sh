# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# new.sh: `atman new`.

help_new() {
    cat <<'END'
Usage: ./atman new component NAME

Makes components/NAME: a small component in the form that every component here has (README, design, changelog, header,
source, test), which builds and passes all checks, to be changed into what it is to be. NAME is a small letter, then up
to 19 small letters and digits.
END
}

verb_new() {
    [[ $# == 2 && $1 == component ]] || misuse "say what to make, for example: ./atman new component clock"
    local said
    type -P abidw >/dev/null || ensure_packages
    said=$("$ATMAN_HOME/tools/new/component.sh" "$ATMAN_HOME" "$2" 2>&1) || misuse "$said"
    say "made components/$2; test it: bazel test //components/$2/..."
}
