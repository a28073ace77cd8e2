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
Usage: ./atman run [OPTION]... TARGET [-- COMMAND...]

Builds TARGET, an atman_kernel, boots it on real Xen with the memory and the network interfaces that its rule gives it,
and connects the terminal to its console. For example: ./atman run //examples:net

$VM_HELP
END
}

verb_run() {
    local kernel
    vm_arguments run "$@"
    [[ -n $vm_subject ]] || misuse "say which kernel, for example: ./atman run //examples:net"
    enter_work
    ensure_packages
    query "$vm_subject"
    [[ $labels != *$'\n'* ]] || misuse "$vm_subject is more than one target; run one of them"
    build "$labels"
    kernel=$(built_file "$labels")
    { [[ -f $kernel.cfg ]] && is_kernel "$kernel"; } ||
        misuse "$vm_subject is no kernel: only an atman_kernel can be run"
    in_dom0 || vm_build_snapshot
    vm_run "$kernel" "$(<"$kernel.cfg")"
}
