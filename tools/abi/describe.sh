#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# describe.sh OUT NAME VERSION HEADER... -- OPTION...: writes what the public HEADERs of a component promise to compiled
# code, as libabigail's XML. The OPTIONs are gcc's, for what the headers include.
#
# The description is that of a small unit which has a pointer to each function, structure and enumeration that the
# headers declare (api_NAME), and an enumeration for each integer constant. So it holds what no object file of the
# component shows: inline functions, the seams that others implement, macros.
set -euo pipefail
export LC_ALL=C

out=$1 name=$2 version=$3
shift 3
headers=()
while [[ $1 != -- ]]; do headers+=("$1") && shift; done
shift
options=(-std=gnu11 -w "$@")

for tool in gcc abidw; do
    type -P "$tool" >/dev/null ||
        { echo "$tool is missing: install the packages gcc and abigail-tools (./atman setup does)" >&2 && exit 1; }
done
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT

# From stdin, since a file's name would be part of what gcc writes.
compile() {
    gcc "${options[@]}" "$@" -x c -
}

includes() {
    printf '#include <%s>\n' "${headers[@]##*/include/}"
}

# The functions that are declared in these headers and not in what they include.
includes | compile -fsyntax-only -aux-info "$work/declared"
for header in "${headers[@]}"; do grep -F "/* $header:" "$work/declared" || true; done |
    sed -E 's/^[^*]*\*[^*]*\*\/ //; s/ \(.*//; s/.*[ *]//' | sort -u >"$work/functions"

# The kit's style has every type and every constant begin a line.
cat "${headers[@]}" >"$work/text"
sed -nE 's/^(struct|union|enum) (at_\w+) \{.*/\1 \2/p' "$work/text" | sort -u >"$work/types"
{
    sed -nE 's/^#define (AT_[A-Z0-9_]+) .*/\1/p' "$work/text"
    sed -nE '/^enum \{/,/^\}/s/^ +(AT_[A-Z0-9_]+).*/\1/p' "$work/text"
} | sort -u >"$work/names"

# Of the constants those that are integers: gcc names the lines of the others.
constants() {
    sed 's/.*/enum api_& { API_& = (unsigned long long)(&) } api_&;/' "$1"
}
{ includes && constants "$work/names"; } |
    compile -fsyntax-only -fmax-errors=0 -ftrack-macro-expansion=0 2>"$work/refused" || true
sed -nE 's/^<stdin>:([0-9]+):.*error:.*/\1/p' "$work/refused" | sort -un |
    awk -v before=${#headers[@]} '{ print $1 - before "d" }' >"$work/others"
sed -f "$work/others" "$work/names" >"$work/integers"

# A header, because abidw leaves out what no header defines.
constants "$work/integers" >"$work/constants.h"
{
    includes
    echo '#include <constants.h>'
    sed 's/.*/__typeof__(\&&) api_&;/' "$work/functions"
    sed -E 's/(.*) (.*)/\1 \2 *api_\1_\2;/' "$work/types"
} | compile -I"$work" -g -gdwarf-4 -fno-pie -c -o "$work/$name-$version"

include=$(realpath "${headers[0]%/include/*}/include")
# A relative name, for it is written down.
(cd "$work" && abidw --no-comp-dir-path --no-show-locs --no-architecture --type-id-style hash --drop-private-types \
    --headers-dir "$include" --header-file constants.h "$name-$version") >"$work/description"
mv "$work/description" "$out"
