#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# explain.sh LABEL COMPONENTS MAP: why each component is in a kernel: from the table that bazel/composition.bzl writes
# and from the linker's map.
set -euo pipefail
export LC_ALL=C

(($# == 3)) || { echo "usage: explain.sh LABEL COMPONENTS MAP" >&2 && exit 2; }
echo "$1"
# The map has two lines for each member of an archive: which, then who wanted it and for which symbol.
# shellcheck disable=SC2016 # awk's own $
awk '
    function file(path) { sub(/.*\//, "", path); sub(/.*\(/, "", path); sub(/\)$/, "", path); return path }
    function package(path) { sub(/^.*\/bin\//, "", path); sub(/\/[^\/]*$/, "", path); return path }
    FILENAME == ARGV[1] {
        known[$3] = 1; order[++count] = $3
        title[$3] = $1 " " $2 ($4 == "" ? "" : "   uses " $4)
        gsub(/components\//, "", title[$3]); gsub(/,/, " ", title[$3])
        next
    }
    /^(Discarded input sections|Memory Configuration|Cross Reference Table)/ { exit }
    /^[^ ].*\.a\(.*\)$/ { member = $1; next }
    /^ / && member != "" {
        symbol = $NF; gsub(/[()]/, "", symbol)
        wanted = NF > 1 ? "wanted by " file($1) : "wanted by the linker script"
        line = sprintf("    %-18s for %s, %s\n", file(member), symbol, wanted)
        where = package(member)
        if (!(where in known)) {
            known[where] = 1; order[++count] = where
            title[where] = where ", no component"
        }
        lines[where] = lines[where] line
        member = ""
    }
    END {
        for (i = 1; i <= count; i++) {
            print ""
            print title[order[i]]
            printf "%s", lines[order[i]] == "" ? "    nothing of it was needed\n" : lines[order[i]]
        }
    }' "$2" "$3"
