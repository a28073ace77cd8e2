#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# features_test.sh ATMAN: each test and case that docs/features.md names is there, in the checkout that ATMAN is in.
set -euo pipefail

cd "$(dirname "$(readlink -f "$1")")"

# is_there WORD: a test or a fuzzer by its file's name, or a case in a script or in a contract suite.
is_there() {
    if [[ $1 == *_test || $1 == *_fuzz ]]; then
        compgen -G "components/*/tests/$1.*" || compgen -G "components/*/fuzz/$1.cc" || compgen -G "tests/$1.*" ||
            compgen -G "t*s/*/$1.*" || compgen -G "examples/tests/$1.cc"
    else
        grep -rlE "^$1\(\) \{|\{\"$1\"" tests components/*/testing
    fi >/dev/null
}

status=0 count=0
while read -r word; do
    count=$((count + 1))
    is_there "$word" || { echo "FAIL there is no $word" && status=1; }
done < <(grep '^| [a-z]' docs/features.md | cut -d '|' -f 4,5 | grep -o '`[^`]*`' | tr -d '`' | sort -u)
((count > 50)) || { echo "FAIL only $count names are found" && status=1; }
! is_there no_such_test || { echo "FAIL what is not there is found" && status=1; }
! is_there NoSuch_Case || { echo "FAIL what is not there is found" && status=1; }
((status)) || echo "PASS $count tests and cases"
exit $status
