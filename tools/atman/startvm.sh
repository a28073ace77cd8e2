# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# startvm.sh: `atman startvm`, a guest from any ELF file.

# shellcheck source=tools/atman/vm.sh
. "$ATMAN_HOME/tools/atman/vm.sh"

help_startvm() {
    cat <<END
Usage: ./atman startvm [OPTION]... KERNEL [-- COMMAND...]

Boots KERNEL, a Xen PV guest's ELF file, on real Xen with 32 MiB and connects the terminal to its console.

$VM_HELP
END
}

verb_startvm() {
    vm_arguments startvm "$@"
    [[ -n $vm_subject ]] || misuse "say which kernel: ./atman startvm bazel-bin/examples/hello"
    [[ -f $vm_subject ]] || misuse "there is no file $vm_subject"
    enter_work
    type -P readelf >/dev/null || ensure_packages
    is_kernel "$vm_subject" || misuse "$vm_subject is no kernel: no ELF file with Xen notes"
    vm_run "$vm_subject" memory=32
}
