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
    [[ -e $1 ]] || misuse "there is no file $1"
    [[ -f $1 && -r $1 ]] || misuse "$1 is no file that can be read"
    [[ $verb == lint ]] || option=("--$verb")
    enter_work
    ensure_packages
    build //tools/lint
    "$ATMAN_HOME/bazel-bin/tools/lint/lint" "${option[@]}" "$(unpacked "$1")" || status=$?
    exit $status
}

# unpacked FILE: the ELF of a kernel that is compressed, as xl would unpack it; any other file itself.
unpacked() {
    local packed offset length command
    if packed=$("$ATMAN_HOME/bazel-bin/tools/lint/lint" --packed "$1") && read -r offset length command <<<"$packed" &&
        type -P "${command%% *}" >/dev/null; then
        # What lies behind the payload may make it complain; what comes out is looked at anyway.
        # shellcheck disable=SC2086 # words of a command
        tail -c "+$((offset + 1))" "$1" | head -c "$length" | $command >"$work/kernel" 2>/dev/null || true
        say "$1 is compressed; this is of what '$command' unpacks"
        echo "$work/kernel"
    else
        realpath "$1"
    fi
}
