# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# explain.sh: `atman explain`.
# shellcheck disable=SC2154 # `kernel` and `label` from kernel.sh

# shellcheck source=tools/atman/kernel.sh
. "$ATMAN_HOME/tools/atman/kernel.sh"

help_explain() {
    cat <<'END'
Usage: ./atman explain TARGET

Builds TARGET, an atman_kernel, and prints the components that it is linked against with their versions and what each
of them uses, and for each object file that the linker took out of a component the symbol that it was taken for and the
file that wanted that symbol first. A component of which nothing was taken is not in the image. For example:
./atman explain //examples:net
END
}

verb_explain() {
    (($# == 1)) || misuse "say one kernel, for example: ./atman explain //examples:net"
    build_kernel explain --output_groups=+map,+components "$1"
    "$ATMAN_HOME/tools/size/explain.sh" "$label" "$kernel.components" "$kernel.map"
}
