#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# cppcheck.sh [ROOT]: cppcheck over the C of components, examples and tools; status 1 if it has something to say.
set -euo pipefail

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly HERE
# shellcheck source=tools/house/files.sh
. "$HERE/files.sh"
cd "${1:-$HERE/../..}"
type -P cppcheck >/dev/null || { echo "cppcheck is not installed: run ./atman setup" && exit 1; }

mapfile -t folders < <(printf -- '-I%s\n' components/*/include components/*/testing/include platforms/*/include)
list=$(mktemp)
trap 'rm -f "$list"' EXIT
c_files | grep -E '^(components|examples|tools)/.*\.c$' >"$list"
cppcheck -q -j 2 --std=c11 --enable=warning,performance,portability --suppress=missingInclude --error-exitcode=1 \
    "${folders[@]}" --file-list="$list"
echo "cppcheck: finds nothing in $(wc -l <"$list") files"
