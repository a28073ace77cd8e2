#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# packed_test.sh KERNEL: what `atman lint` and `atman inspect` look at when the file is compressed: the kernel in it,
# with whatever lies behind it, as in Linux's bzImage.
set -uo pipefail

kernel=$(realpath "$1")
status=0
# A checkout in which the tool has been built.
readonly ATMAN_HOME=$TEST_TMPDIR/home
mkdir -p "$ATMAN_HOME"
ln -s "$PWD/tools" "$ATMAN_HOME/tools"
ln -s "$PWD" "$ATMAN_HOME/bazel-bin"
. tools/atman/common.sh
. tools/atman/elf.sh
work=$TEST_TMPDIR

# finds NAME FILE: the kernel, byte by byte.
finds() {
    if cmp "$kernel" "$(unpacked "$2" 2>"$work/said")"; then echo "PASS $1"; else echo "FAIL $1" && status=1; fi
}

gzip -c "$kernel" >"$work/kernel.gz"
xz -c "$kernel" >"$work/kernel.xz"
finds "a kernel by itself" "$kernel"
[[ ! -s $work/said ]] || { echo "FAIL without a word: $(<"$work/said")" && status=1; }
finds "gzip" "$work/kernel.gz"
grep -q "kernel.gz is compressed" "$work/said" || { echo "FAIL with a word" && status=1; }
finds "xz" "$work/kernel.xz"

# A bzImage: one sector of set-up, then the payload at 16 bytes behind, then its size.
{
    head -c 497 /dev/zero && printf '\x00' && head -c 16 /dev/zero && printf 'HdrS\x0c\x02'
    head -c 64 /dev/zero
    printf '\x60\x00\x00\x00'
    printf '%08x' "$(stat -c %s "$work/kernel.xz")" | sed 's/\(..\)\(..\)\(..\)\(..\)/\\x\4\\x\3\\x\2\\x\1/' |
        xargs -0 printf
    head -c 16 /dev/zero
    cat "$work/kernel.xz"
    printf 'size'
} >"$work/bzimage"
finds "the payload of a bzImage" "$work/bzimage"
exit $status
