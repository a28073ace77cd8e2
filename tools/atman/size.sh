# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# size.sh: `atman size`.
# shellcheck disable=SC2154 # `kernel` from kernel.sh

# shellcheck source=tools/atman/kernel.sh
. "$ATMAN_HOME/tools/atman/kernel.sh"

help_size() {
    cat <<'END'
Usage: ./atman size TARGET

Builds TARGET, an atman_kernel, and prints where the bytes of its image come from, by component, and its largest
symbols. For example: ./atman size //examples:net

A budget in the kernel's BUILD (`budget = 24576`) makes the build fail when the image has more bytes than that.
END
}

verb_size() {
    (($# == 1)) || misuse "say one kernel, for example: ./atman size //examples:net"
    build_kernel size "$1"
    "$ATMAN_HOME/tools/size/size.sh" "$kernel" "$kernel.debug"
}
