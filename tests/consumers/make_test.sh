#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# make_test.sh ARCHIVE...: a component in a kernel that is built by make, as docs/howto/take-one-component.md says; and
# what the page says that such a kernel has to define is what the linker misses.
set -uo pipefail

. tests/consumers/howto.sh

readonly SECTION="With make"
export HOME=$TEST_TMPDIR/home
work=$TEST_TMPDIR/mine
mkdir -p "$HOME/atman" "$work"
for archive; do cp -L "$archive" "$HOME/atman/"; done

howto_file "$SECTION" Makefile >"$work/Makefile"
commands=$(howto_commands "$SECTION")
howto_output "$SECTION" >"$work/expected"
cd "$work" || exit 1
bash -euc "$commands" >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
# make says what it runs; what it ran prints names.
grep -vE '^(ar|cc|ld|gcc) ' "$work/log" | diff "$work/expected" -
