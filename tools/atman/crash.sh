# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# crash.sh: `atman crash`.
# shellcheck disable=SC2154 # `work` from common.sh

help_crash() {
    cat <<'END'
Usage: ./atman crash FILE DEBUG

Tells what a guest said when it crashed, with the functions and lines that the addresses are of. FILE is a log of its
console or what `xl dump-core` wrote: in that, the capsule of a guest that has one (platforms/xen_pv/README.md), else
the console's last 2 KiB; if the capsule is empty, as after a stack overflow, where the guest was. DEBUG is the image
with symbols, as in bazel-bin/examples/net.debug. What is of another build is refused; a log says so only of a guest
with a capsule, so of others compare the build ids by `./atman inspect`. The status is 1 if there is no report.
END
}

verb_crash() {
    [[ $# == 2 && $1 != -* ]] || misuse "say a log or dump, and the image with symbols: ./atman crash FILE DEBUG"
    local file
    for file in "$@"; do
        [[ -f $file && -r $file ]] || misuse "there is no file $file"
    done
    type -P addr2line >/dev/null || ensure_packages
    "$ATMAN_HOME/tools/crash/crash.sh" "$@"
}
