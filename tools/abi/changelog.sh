#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# changelog.sh CHANGELOG NAME VERSION: whether a component's changelog has an entry for its version and keeps to its
# form: "## VERSION" with the newest first, and in every entry but the first version's one of **BREAKING**, **SOURCE**
# and **BINARY**.
set -euo pipefail

awk -v name="$2" -v version="$3" '
    function wrong(text) {
        print FILENAME ": " text
        status = 1
    }
    function number(text, part) {
        split(text, part, ".")
        return (part[1] * 10000 + part[2]) * 10000 + part[3]
    }
    NR == 1 && $0 != "# Changelog of " name { wrong("the first line is not \"# Changelog of " name "\"") }
    /^## / {
        if ($0 !~ /^## [0-9]+\.[0-9]+\.[0-9]+$/)
            wrong("\"" $0 "\" is not \"## MAJOR.MINOR.PATCH\"")
        if (!entries++ && $2 != version)
            wrong("its newest entry is " $2 ", but " name "\047s BUILD file says " version ": the two must be equal")
        if (entries > 1) {
            if (number($2) >= number(entry)) wrong($2 " stands below " entry ", but is not older")
            if (!labelled)
                wrong("say in " entry " what it means to callers: **BREAKING**, **SOURCE** or **BINARY** compatible")
        }
        entry = $2
        labelled = 0
        next
    }
    entries && /\*\*(BREAKING|SOURCE|BINARY)\*\*/ { labelled = 1 }
    END {
        if (!entries) wrong("it has no entry \"## " version "\"")
        exit status
    }' "$1"
