#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# format.sh [--fix] [ROOT]: whether all C and C++ is as clang-format 14 would write it, in the styles of .clang-format
# and cxx.clang-format; with --fix, makes it so. Names each file that is not; status 1 if there is one.
set -euo pipefail

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly HERE
# shellcheck source=tools/house/files.sh
. "$HERE/files.sh"
mode=--dry-run
if [[ ${1:-} == --fix ]]; then
    mode=-i
    shift
fi
cd "${1:-$HERE/../..}"
# Another version formats otherwise.
clang_format=$(type -P clang-format-14) || { echo "clang-format-14 is not installed: run ./atman setup" && exit 1; }

# format STYLE <FILES
format() {
    xargs -d '\n' -n 50 "$clang_format" "$mode" "--style=file:$1" 2>&1 |
        sed -n 's/^\(.*\.\(c\|h\|cc\)\):[0-9]*:[0-9]*: warning: code should be clang-formatted.*/\1/p' | sort -u
}

found=$(c_files | format .clang-format && cxx_files | format "$HERE/cxx.clang-format")
if [[ $found ]]; then
    sed 's/$/: not as clang-format writes it (.\/atman check format --fix)/' <<<"$found"
    exit 1
fi
echo "format: $(c_files | wc -l) files of C and $(cxx_files | wc -l) of C++ are as clang-format writes them"
