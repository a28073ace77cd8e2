#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# size.sh [--largest N] IMAGE DEBUG: what the bytes of a kernel's image come from, as a table; or its N largest parts,
# as words for a sentence.
#
# A kernel is compiled as one program, so its functions are no measure: what was inlined would count as its caller's. So
# each instruction counts for the source file that the line table names, and each constant or variable for the file of
# its declaration. What has neither (texts, unnamed constants, padding, headers) is shown as that.
set -euo pipefail
export LC_ALL=C

# Part of a source path, in awk: components by name, upstream sources with the component that builds them.
# shellcheck disable=SC2016 # awk's own $
readonly PART='
function part(path) {
    sub(/^\.\//, "", path)
    if (path ~ /^external\/musl\//) return "libc"
    if (match(path, /^(external\/[^\/]*\/)?components\/[^\/]+\//)) {
        path = substr(path, RSTART, RLENGTH - 1)
        sub(/.*\//, "", path)
        return path
    }
    if (path ~ /platforms\/xen_pv\//) return "platform"
    if (path ~ /^external\//) { split(path, word, "/"); return word[2] }
    if (path ~ /^[^?<].*\//) return "application"
    return "unknown"
}
function number(hex,    i, value) {
    value = 0
    for (i = 1; i <= length(hex); i++) value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return value
}'

# "NAME TYPE ADDRESS SIZE" for each section, which only DEBUG has; the addresses are hexadecimal everywhere below.
sections() {
    readelf -SW "$debug" |
        sed -n 's/^ *\[ *[0-9]*\] \([.a-z][^ ]*\) *\([A-Z]*\) *\([0-9a-f]*\) [0-9a-f]* \([0-9a-f]*\) .*/\1 \2 \3 \4/p'
}

# "ADDRESS BYTES FILE" for each instruction.
instructions() {
    objdump -d --no-show-raw-insn "$debug" | sed -n 's/^ *\([0-9a-f]*\):\t.*/\1/p' >"$work/addresses"
    # shellcheck disable=SC2094 # both read
    addr2line -e "$debug" <"$work/addresses" | sed 's/:[0-9?]*\( (.*\)\{0,1\}$//' | paste -d ' ' "$work/addresses" -
}

# "ADDRESS FILE" for each variable or constant that debug information has a place for. Declarations come after what
# refers to them, hence twice the same.
declarations() {
    readelf --debug-dump=info "$debug" 2>/dev/null >"$work/info"
    # shellcheck disable=SC2016
    awk '
        / Abbrev Number: / {
            split($1, field, /[<>]+/)
            die = field[3]; is_unit = /DW_TAG_compile_unit/; origin = ""
        }
        is_unit && / DW_AT_name / { unit = $NF }
        NR == FNR && / Abbrev Number: .*DW_TAG_variable/ { home[die] = 1; next }
        NR == FNR { if (die in home) home[die] = unit; next }
        / DW_AT_(abstract_origin|specification)/ { origin = $NF; gsub(/[<>]|0x/, "", origin) }
        / DW_AT_location .*\(DW_OP_addr: [0-9a-f]*\)$/ {
            address = $NF; sub(/\)/, "", address)
            print address, (origin in home) ? home[origin] : unit
        }' "$work/info" "$work/info"
}

# "SYMBOL ADDRESS SIZE TYPE" of what has a size.
symbols() {
    nm -S --defined-only "$debug" | awk 'NF == 4 { print $4, $1, $2, $3 }'
}

account() {
    sections >"$work/sections"
    instructions >"$work/code"
    declarations >"$work/data"
    symbols >"$work/symbols"
    # Rows "part NAME CODE CONSTANTS DATA MEMORY" and "symbol SIZE NAME PART", then "file BYTES".
    # shellcheck disable=SC2016
    awk -v size="$(stat -L -c %s "$image")" "$PART"'
        function count(kind, where, bytes) { parts[where] = 1; sum[kind, where] += bytes; total[kind] += bytes }
        FILENAME ~ /sections$/ { start[$1] = number($3); bytes[$1] = number($4); next }
        FILENAME ~ /code$/ {
            at = number($1)
            if (previous != "") count("code", from, at - previous)
            previous = at; from = part($2); code_of[at] = from
            next
        }
        FILENAME ~ /data$/ { sub(/^0*/, "", $1); declared[number($1)] = part($2); next }
        FILENAME ~ /symbols$/ {
            if (previous != "") {
                count("code", from, start[".text"] + bytes[".text"] - previous)
                previous = ""
            }
            at = number($2); long = number($3)
            kind = "code"
            if ($4 ~ /[rR]/) kind = "constants"
            if ($4 ~ /[dD]/) kind = "data"
            if ($4 ~ /[bB]/) kind = "memory"
            where = kind == "code" ? code_of[at] : declared[at]
            if (where == "") where = "unknown"
            if (kind != "code") count(kind, where, long)
            print "symbol", long, $1, where, kind
        }
        END {
            count("constants", "texts", bytes[".rodata"] - total["constants"])
            count("data", "unknown", bytes[".data"] - total["data"])
            for (name in bytes) if (name ~ /^\.note/) notes += bytes[name]
            count("constants", "notes", notes)
            count("constants", "headers", size - total["code"] - total["constants"] - total["data"])
            for (where in parts)
                print "part", where, sum["code", where] + 0, sum["constants", where] + 0, sum["data", where] + 0,
                    sum["memory", where] + 0
        }' "$work/sections" "$work/code" "$work/data" "$work/symbols"
}

print_largest() {
    account | awk '$1 == "part" { print $3 + $4 + $5, $2 }' | sort -k 1,1nr -k 2 | head -n "$1" |
        awk '{ printf "%s%s (%d)", (NR > 1 ? ", " : ""), $2, $1 }'
}

print_table() {
    account >"$work/account"
    printf '%-14s %9s %9s %9s %9s %12s\n' part code constants data in\ image memory\ only
    awk '$1 == "part" && $3 + $4 + $5 + $6 > 0 { print $2, $3, $4, $5, $3 + $4 + $5, $6 }' "$work/account" |
        sort -k 5,5nr -k 1,1 | awk '
            { printf "%-14s %9d %9d %9d %9d %12d\n", $1, $2, $3, $4, $5, $6; for (i = 2; i <= 6; i++) sum[i] += $i }
            END { printf "%-14s %9d %9d %9d %9d %12d\n", "all", sum[2], sum[3], sum[4], sum[5], sum[6] }'
    cat <<'END'

platform: platforms/xen_pv. texts: strings and constants without a name, of whichever part. headers: of the ELF file,
with padding. unknown: what the compiler made itself. Inlined code counts where it was written. "memory only" leaves
out the page tables and the boot stack. A symbol has all its bytes, inlined code included.

largest symbols
END
    awk '$1 == "symbol" { print $2, $3, $4, $5 }' "$work/account" | sort -k 1,1nr -k 2 | head -n 15 |
        awk '{ printf "%9d  %-10s %-12s %s\n", $1, $4, $3, $2 }'
}

largest=0
if [[ ${1:-} == --largest ]]; then
    largest=$2
    shift 2
fi
(($# == 2)) || { echo "usage: size.sh [--largest N] IMAGE DEBUG" >&2 && exit 2; }
image=$1 debug=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ((largest)); then print_largest "$largest"; else print_table; fi
