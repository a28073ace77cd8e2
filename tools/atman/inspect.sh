# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# inspect.sh: `atman inspect`.

# shellcheck source=tools/atman/elf.sh
. "$ATMAN_HOME/tools/atman/elf.sh"

help_inspect() {
    cat <<'END'
Usage: ./atman inspect FILE

Prints what a kernel's ELF file says of itself: the components it was built from with their versions, its build id (the
same as that of its .debug file, and as any other file's with the same content), the system it claims to be. Reads the
file only, so it works on what is deployed. The status is 1 if the file says nothing of that kind.
END
}

verb_inspect() {
    look_into_elf inspect "$@"
}
