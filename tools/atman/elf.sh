# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# elf.sh: what the verbs that look into a FILE share.
# shellcheck disable=SC2154 # `work` from common.sh

# shellcheck source=tools/atman/bazel.sh
. "$ATMAN_HOME/tools/atman/bazel.sh"

# look_into_elf VERB ARGUMENT...: runs tools/lint on the one file that the arguments must be; its status is atman's.
look_into_elf() {
    local verb=$1 option=() status=0
    shift
    [[ $# == 1 && ${1:-} != -* ]] || misuse "say one file, for example: ./atman $verb bazel-bin/examples/hello"
    [[ -f $1 && -r $1 ]] || misuse "there is no file $1"
    [[ $verb == lint ]] || option=("--$verb")
    enter_work
    ensure_packages
    build //tools/lint
    "$ATMAN_HOME/bazel-bin/tools/lint/lint" "${option[@]}" "$(realpath "$1")" || status=$?
    exit $status
}
