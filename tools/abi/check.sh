#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# check.sh RECORDED CURRENT CHANGELOG: whether a component's version says enough about what changed between two of
# describe.sh's descriptions. Says in one sentence what to do if not. The status is 0 if there is nothing to do, 3 if
# only the description has to be recorded (RECORDED need not be there), 1 if version or changelog are wrong.
set -euo pipefail
export LC_ALL=C

recorded=$1 current=$2 changelog=$3

type -P abidiff >/dev/null || { echo "abidiff is missing: install abigail-tools (./atman setup does)" && exit 1; }

# "NAME VERSION", from the name under which it was described.
identity() {
    sed -nE "s/^<abi-corpus .*path='([a-z0-9_]+)-([0-9.]+)'.*/\1 \2/p" "$1"
}

differ() {
    local status=0
    abidiff --no-architecture "$@" "$recorded" "$current" || status=$?
    ((!(status & 3))) || { echo "abidiff failed with status $status" && exit 1; }
    return $((status != 0))
}

read -r name version < <(identity "$current")
if [[ ! -e $recorded ]]; then
    echo "$name's interface is not recorded: run ./atman abi --update $name and commit the result."
    exit 3
fi
read -r _ old < <(identity "$recorded")
IFS=. read -r major minor _ <<<"$old"

# What callers may have to do: nothing; nothing, but there is more to use; be compiled or written anew.
report=$(differ --no-added-syms) || what=broken
if [[ -z ${what:-} ]]; then
    report=$(differ --harmless) || what=extended
fi
case ${what:-same} in
    same) least=$old ;;
    extended) least=$major.$((minor + 1)).0 ;;
    broken) if ((major)); then least=$((major + 1)).0.0; else least=0.$((minor + 1)).0; fi ;;
esac

if [[ $(printf '%s\n' "$least" "$version" | sort -V | head -n 1) != "$least" ]]; then
    echo "$report"
    if [[ ${what:-same} == same ]]; then
        echo "$name's version is $version, older than the recorded $old: give it a newer one in its BUILD file."
    else
        echo "$name's interface was $what since $old, but its version is $version: make it $least in its BUILD file," \
            "say so in $changelog, and run ./atman abi --update $name."
    fi
    exit 1
fi
newest=$(awk '/^## /{ n++ } n == 1' "$changelog")
if [[ ${what:-} == broken && $newest != *'**BREAKING**'* && $newest != *'**SOURCE**'* ]]; then
    echo "$report"
    echo "$name's interface was broken since $old: label that **BREAKING** or **SOURCE** in $changelog."
    exit 1
fi
if [[ $version != "$old" ]]; then
    echo "$name is at $version, its recorded interface at $old: run ./atman abi --update $name and commit the result."
    exit 3
fi
