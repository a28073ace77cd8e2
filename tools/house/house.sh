#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# house.sh [ROOT]: whether the tree keeps to the house's rules: the shape of a component's folder, the length of files
# and functions, licence lines, names, and what each layer may include. Prints a sentence for each breach; status 1 if
# there is one. The rules and their reasons: docs/house-rules.md. Beside this: ratchet.txt, figures that may only sink,
# and exceptions.txt, what is otherwise on purpose.
set -euo pipefail
export LC_ALL=C.UTF-8

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly HERE
# shellcheck source=tools/house/files.sh
. "$HERE/files.sh"
cd "${1:-$HERE/../..}"

breaches=$(mktemp)

breach() {
    echo "$*" >>"$breaches"
}

# check_shape FOLDER: of a component.
check_shape() {
    local folder=$1 name file lines
    name=$(basename "$folder")
    for file in README.md DESIGN.md CHANGELOG.md BUILD; do
        [[ -f $folder/$file ]] || breach "$folder: there is no $file"
    done
    [[ -d $folder/include/atman/$name || -f $folder/include/atman/$name.h ]] ||
        breach "$folder: its public headers are not in include/atman/$name"
    compgen -G "$folder/tests/*_test.cc" >/dev/null || breach "$folder: there is no test in tests/*_test.cc"
    for file in "$folder"/*; do
        case $(basename "$file") in
            README.md | DESIGN.md | CHANGELOG.md | BUILD | *.bzl) ;;
            abi | arch | fuzz | include | port | src | testing | tests | tool) ;;
            *) breach "$file: a component has no such file; docs/house-rules.md lists those it may have" ;;
        esac
    done
    [[ -f $folder/README.md ]] || return 0
    lines=$(sed '/^<!-- given:/,/-->/d' "$folder/README.md" | wc -l)
    ((lines >= 40 && lines <= 150)) || breach "$folder/README.md: $lines lines, and a README has 40 to 150"
    grep -q '^```c$' "$folder/README.md" || breach "$folder/README.md: there is no example in C"
}

# "FILE LIMIT" of a file that may be longer than others.
ratchet() {
    sed '/^#/d; /^$/d' "$HERE/ratchet.txt"
}

check_texts() {
    local list=$1
    grep -E '\.(c|h|cc|S|lds|sh|bzl)$|(^|/)(BUILD|WORKSPACE|MODULE\.bazel|atman)$' "$list" >"$list.code"
    # shellcheck disable=SC2016 # awk's own $
    ratchet | xargs -d '\n' -a "$list.code" awk '
        function wrong(text) { print FILENAME (FNR ? ":" FNR : "") ": " text }
        function finish(    limit) {
            if (file == "") return
            limit = 400
            if (file ~ /\/include\/.*\.h$/) limit = 250
            if (file in allowed) limit = allowed[file]
            if (lines > limit) print file ": " lines " lines, and " limit " are the limit"
            if (file in allowed && lines < allowed[file])
                print file ": " lines " lines, fewer than ratchet.txt allows: write that there, or take the line out"
            if (licences != 1) print file ": " licences " SPDX lines instead of one"
        }
        FILENAME == "-" { allowed[$1] = $2; next }
        FNR == 1 {
            finish()
            file = FILENAME; licences = function_start = 0; in_struct = 0
            is_c = file ~ /\.(c|h)$/
            is_header = file ~ /^components\/[^\/]*\/include\/.*\.h$/
            component = ""
            if (match(file, /^components\/[^\/]*/)) component = substr(file, 12, RLENGTH - 11)
            of_tests = file ~ /\/(tests|testing|fuzz)\//
        }
        { lines = FNR }
        /SPDX-License-Identifier:/ && FNR <= 4 {
            licences++
            if (!/SPDX-License-Identifier: ISC( \*\/)?$/) wrong("the licence is not ISC")
        }
        length($0) > 120 { wrong(length($0) " columns, and 120 are the limit") }
        /\t/ && !/Makefile/ && file !~ /\.sh$/ { wrong("a tab") }
        / $/ { wrong("a blank at the end of the line") }
        /T[O]DO|FIX[M]E/ { wrong("nothing is left to be done later") }
        /\/(work|home|root)\// && !/\/home\/me/ && file !~ /\.sh$/ { wrong("a path of one machine") }
        is_c && /^\{/ { function_start = FNR }
        is_c && /^\}/ && function_start {
            if (FNR - function_start > 71)
                wrong("a function of " FNR - function_start - 1 " lines, and 70 are the limit")
            function_start = 0
        }
        is_c && /^ *(struct|union)[ a-z0-9_]* \{$/ { in_struct = 1 }
        is_c && /^ *\}.*;/ { in_struct = 0 }
        in_struct && /^ *# *if/ { wrong("the layout of a structure depends on a condition") }
        is_header && /^extern [^"(]*;/ { wrong("a public variable") }
        is_header && /^[a-z][a-z0-9_ ]*[ *][a-z0-9_]+\(/ {
            name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
            prefix = "^at_"
            if (name !~ prefix && name !~ /^(typedef|sizeof|attribute__|_Static_assert)/)
                wrong("the public name " name " does not begin with at_")
        }
        component != "" && !of_tests && match($0, /^#include [<"](xen|atman)\/[a-z_\/0-9]*/) {
            what = substr($0, RSTART + 10, RLENGTH - 10)
            split(what, part, "/")
            if (part[1] == "xen" && component !~ /^(xen|xenstore|[a-z]+front|[a-z]+back)$/)
                wrong(component " is below Xen or beside it, and does not include its headers")
            if (part[1] == "atman" && part[2] ~ /^(guest\.h|guest|host)$/)
                wrong("a component does not see the platform")
            if (part[1] == "atman" && part[2] == "testing") wrong("only tests include what is for tests")
            if (component ~ /^(ip|tls|stream|netdev|mm|sched|base)$/ && part[2] ~ /^[a-z]+front$/)
                wrong(component " does not see the driver " part[2])
            if (component == "tls" && part[2] == "ip") wrong("tls works over any stream, and does not see ip")
            if (component ~ /^(mm|sched)$/ && part[1] == "atman" && part[2] ~ /^(xen|xenstore|libc|ip|tls)/)
                wrong(component " does not see " part[2])
            if (component == "base" && part[1] == "atman" && part[2] != "base") wrong("base does not see " part[2])
        }
        END { finish() }' - >>"$breaches"
}

# What a component's own sources include, its BUILD file names.
check_edges() {
    local folder=$1 name neighbour
    name=$(basename "$folder")
    { grep -rhoE '^#include <atman/[a-z0-9_]+/' "$folder"/include "$folder"/src 2>/dev/null || true; } |
        sed 's|.*<atman/||; s|/$||' | sort -u | while read -r neighbour; do
        [[ $neighbour == "$name" || ! -d components/$neighbour ]] ||
            grep -q "\"//components/$neighbour[\":]" "$folder/BUILD" ||
            breach "$folder: it includes headers of $neighbour, which its BUILD file does not name"
    done
}

# Components use what docs/architecture.md draws below them. One that is not drawn yet is above all others.
check_layers() {
    local page=docs/architecture.md
    [[ -f $page ]] || return 0
    # shellcheck disable=SC2016 # awk's own $
    awk '
        FNR == 1 { files++; inside = 0 }
        files == 1 && /^## Layers and seams/ { drawn = 1 }
        files == 1 && drawn && /^    / {
            rank++
            count = split($0, word, /[^a-z0-9_\/]+/)
            for (i = 1; i <= count; i++) if (!(word[i] in at)) at[word[i]] = rank
        }
        files == 1 && drawn && rank && /^$/ { drawn = 0 }
        files == 1 { next }
        FNR == 1 { name = FILENAME; sub(/^components\//, "", name); sub(/\/.*/, "", name) }
        /^atman_component\(/ { inside = 1 }
        /^\)/ { inside = 0 }
        inside && match($0, /"\/\/components\/[a-z0-9_]+/) {
            used = substr($0, RSTART + 14, RLENGTH - 14)
            if (at[used] + 0 <= at[name] + 0)
                print FILENAME ": " name " uses " used ", which docs/architecture.md does not draw below it"
        }' "$page" components/*/BUILD >>"$breaches"
}

check_names() {
    local file
    while read -r file; do
        case $file in
            *[A-Z]*.c | *[A-Z]*.h | *[A-Z]*.cc | *-*.c | *-*.h) breach "$file: C files have names like_this.c" ;;
            */util.[ch] | */utils.[ch] | */misc.[ch] | */common.[ch]) breach "$file: say what is in it" ;;
        esac
    done <"$1"
}

list=$(mktemp)
trap 'rm -f "$breaches" "$list"*' EXIT
all_files >"$list"
for folder in components/*/; do
    check_shape "${folder%/}"
    check_edges "${folder%/}"
done
check_layers
check_texts "$list"
check_names "$list"
# What is as it is on purpose is no breach; a purpose that is gone is one.
except() {
    local line
    sort -u "$breaches" | sed 's/^\([^ ]*\):[0-9]*: /\1: /' | sort -u >"$list.plain"
    while read -r line; do
        grep -qxF -- "$line" "$list.plain" || echo "$HERE/exceptions.txt: this is no more: $line"
    done < <(grep -v '^#' "$HERE/exceptions.txt")
    sort -u "$breaches" | while read -r line; do
        grep -qxF -- "$(sed 's/^\([^ ]*\):[0-9]*: /\1: /' <<<"$line")" "$HERE/exceptions.txt" || echo "$line"
    done
}

left=$(except)
if [[ $left ]]; then
    echo "$left"
    exit 1
fi
echo "house: $(wc -l <"$list") files keep to the rules"
