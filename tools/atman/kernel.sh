# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# kernel.sh: what the verbs that look at a TARGET's kernel share.
# shellcheck disable=SC2034,SC2154 # `labels` from bazel.sh; what is left for the verbs

# shellcheck source=tools/atman/bazel.sh
. "$ATMAN_HOME/tools/atman/bazel.sh"

# build_kernel VERB OPTION... TARGET: builds the one kernel that TARGET must be, and leaves its label in `label` and the
# image's path in `kernel`.
build_kernel() {
    local verb=$1 target=${*: -1}
    [[ $# -gt 1 && -n $target && $target != -* ]] || misuse "say one kernel, for example: ./atman $verb //examples:net"
    enter_work
    ensure_packages
    query "kind('^_kernel rule', $target)"
    [[ -n $labels ]] || misuse "$target is no kernel, which only an atman_kernel is"
    [[ $labels != *$'\n'* ]] || misuse "$target is more than one kernel; say one of them"
    label=$labels
    build "${@:2:$#-2}" "$label"
    kernel=$(built_file "$label")
}
