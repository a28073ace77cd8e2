# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# build.sh: `atman build`.

# shellcheck source=tools/atman/bazel.sh
. "$ATMAN_HOME/tools/atman/bazel.sh"

help_build() {
    cat <<'END'
Usage: ./atman build TARGET

Builds a Bazel target, for example //examples:net, which leaves the kernel in bazel-bin/examples/net. The same as
`bazel build TARGET`, after installing what is missing.
END
}

verb_build() {
    (($# == 1)) || misuse "say one target, for example: ./atman build //examples:net"
    enter_work
    ensure_packages
    query "$1"
    build "$1"
}
