# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# lint.sh: `atman lint`.

# shellcheck source=tools/atman/elf.sh
. "$ATMAN_HOME/tools/atman/elf.sh"

help_lint() {
    cat <<'END'
Usage: ./atman lint FILE

Checks an ELF file that is to be a Xen PV guest, of this project or any other, before xl does: notes, entry, segments
and their permissions, load addresses against VIRT_BASE, features, the least memory. Prints a sentence for each finding:

    error: ...      xl or Xen refuses it, or it dies at once; in quotes, what xl says
    warning: ...    it starts, and something is wrong
    note: ...       good to know

A compressed kernel, such as Linux's vmlinuz, is unpacked first, as xl does it.

The status is 0 if it would start, 1 if there is an error, 2 if FILE cannot be read. Nothing is booted.
END
}

verb_lint() {
    look_into_elf lint "$@"
}
