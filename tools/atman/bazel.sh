# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# bazel.sh: what the verbs that take a TARGET share.
# shellcheck disable=SC2034,SC2154 # `labels` is for the verbs, `work` from common.sh

# Bazel's own lines, less those that say that all is well, or warn (it does at every place where an upstream source is
# not, and says so again in every command after). Its progress is for terminals.
BAZEL_QUIET=("--ui_event_filters=-info,-warning" --show_result=0)
if [[ ! -t 2 ]]; then BAZEL_QUIET+=(--noshow_progress); fi
readonly BAZEL_QUIET

# in_checkout COMMAND...: so that labels mean this project, wherever the user stands.
in_checkout() {
    (cd "$ATMAN_HOME" && "$@")
}

# query EXPRESSION: leaves the labels that it means, one a line, in `labels`; a bad one is the user's mistake.
labels=
query() {
    local status=0 why
    progress "asking Bazel about $1"
    labels=$(in_checkout bazel query --noshow_progress -- "$1" 2>"$work/query.log") || status=$?
    progress_end
    ((status)) || return 0
    why=$(sed -n 's/ in any of the following directories\..*//; s/^\(ERROR\|FATAL\): //p' "$work/query.log" | head -n 1)
    why=${why:-$(tail -n 1 "$work/query.log")}
    # 2: no expression; 7: no such target. Others are not about what was asked.
    ((status == 2 || status == 7)) || fail "Bazel does not work here (status $status): ${why:0:300}"
    misuse "${why:0:300}"
}

# build TARGET...
build() {
    # shellcheck disable=SC2048,SC2086 # the words that are no options
    [[ -t 2 ]] || say building ${*/#-*/}
    in_checkout bazel build "${BAZEL_QUIET[@]}" "$@" || fail "$* does not build; what Bazel says is above"
}

# built_file LABEL: where `bazel build` leaves the file that the target is named after.
built_file() {
    local path=${1#//}
    echo "$ATMAN_HOME/bazel-bin/${path/://}"
}
