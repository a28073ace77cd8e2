# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# run.sh: `atman run`, a guest from a kernel of the project's.

# shellcheck source=tools/atman/bazel.sh
. "$ATMAN_HOME/tools/atman/bazel.sh"
# shellcheck source=tools/atman/vm.sh
. "$ATMAN_HOME/tools/atman/vm.sh"

help_run() {
    cat <<END
Usage: ./atman run TARGET [-- COMMAND...]

Builds TARGET, an atman_kernel, boots it on real Xen with the memory and the network interfaces that its rule gives it,
and connects the terminal to its console. For example: ./atman run //examples:net

$VM_HELP
END
}

verb_run() {
    local target=${1:-} kernel
    [[ -n $target && $target != -* ]] || misuse "say which kernel, for example: ./atman run //examples:net"
    shift
    if (($#)); then
        [[ $1 == -- ]] || misuse "after the target only '-- COMMAND' is understood, not '$1'"
        shift
    fi
    enter_work
    ensure_packages
    query "$target"
    [[ $labels != *$'\n'* ]] || misuse "$target is more than one target; run one of them"
    build "$labels"
    kernel=$(built_file "$labels")
    { [[ -f $kernel.cfg ]] && is_kernel "$kernel"; } || misuse "$target is no kernel: only an atman_kernel can be run"
    cp -L "$kernel.cfg" "$work/guest.cfg"
    vm_run "$kernel" "$work/guest.cfg" "$@"
}
