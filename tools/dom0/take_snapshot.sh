#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# take_snapshot.sh FILE [-v]: boots a machine, with -v one whose clock is virtual, and saves it in FILE (snapshot.sh).
# When that does not work here, FILE is empty and stderr says why: who wants a machine then boots one, and sees.
set -uo pipefail

# shellcheck source=tools/dom0/machine.sh
. "$(dirname "${BASH_SOURCE[0]}")/machine.sh"

finish() {
    trap '' INT TERM
    machine_stop
    rm -rf "$work"
}

file=$1
[[ ${2:-} != -v ]] || MACHINE_ACCEL=("${MACHINE_VIRTUAL_CLOCK[@]}")
work=$(mktemp -d)
trap finish EXIT
trap 'exit 143' INT TERM
why=$(machine_missing)
if [[ -n $why ]] || ! snapshot_take "$file" "$work"; then
    echo "no snapshot of a booted machine: ${why:-$(cat "$work/qemu.log" "$work/xen.log" 2>&1 | tail -n 5)}" >&2
    : >"$file"
fi
