# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# bazel.sh: what the verbs that take a TARGET share.
# shellcheck disable=SC2034,SC2154 # `labels` is for the verbs, `work` from common.sh

# Bazel's own lines, less those that only say that all is well. Its progress is for terminals.
BAZEL_QUIET=(--ui_event_filters=-info --show_result=0)
if [[ ! -t 2 ]]; then BAZEL_QUIET+=(--noshow_progress); fi
readonly BAZEL_QUIET

# in_checkout COMMAND...: so that labels mean this project, wherever the user stands.
in_checkout() {
    (cd "$ATMAN_HOME" && "$@")
}

# query EXPRESSION: leaves the labels that it means, one a line, in `labels`; a bad one is the user's mistake.
labels=
query() {
    progress "asking Bazel about $1"
    if ! labels=$(in_checkout bazel query --noshow_progress "$1" 2>"$work/query.log"); then
        misuse "$(sed -n 's/^ERROR: //p' "$work/query.log" | head -n 1 | cut -c -300)"
    fi
    progress_end
}

# build TARGET...
build() {
    [[ -t 2 ]] || say "building $*"
    in_checkout bazel build "${BAZEL_QUIET[@]}" "$@" || fail "$* does not build; what Bazel says is above"
}

# built_file LABEL: where `bazel build` leaves the file that the target is named after.
built_file() {
    local path=${1#//}
    echo "$ATMAN_HOME/bazel-bin/${path/://}"
}
