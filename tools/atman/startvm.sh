# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# startvm.sh: `atman startvm`, a guest from any ELF file.

# shellcheck source=tools/atman/vm.sh
. "$ATMAN_HOME/tools/atman/vm.sh"

help_startvm() {
    cat <<END
Usage: ./atman startvm KERNEL [-m MiB] [-c CONFIG]... [-a ARGUMENTS] [-- COMMAND...]

Boots KERNEL, a Xen PV guest's ELF file, on real Xen and connects the terminal to its console.

    -m MiB          its memory; 32 without
    -c CONFIG       a line of xl configuration, as in xl.cfg(5): -c 'vif = ["bridge=xenbr0"]'
    -a ARGUMENTS    its command line

$VM_HELP
END
}

verb_startvm() {
    local kernel='' config=() command=()
    while (($#)); do
        case $1 in
            -m | -c | -a) (($# > 1)) || misuse "$1 wants a value (./atman startvm --help)" ;;&
            -m) [[ $2 =~ ^[1-9][0-9]*$ ]] || misuse "-m wants a number of MiB, not '$2'" ;;&
            -m) config+=("memory=$2") && shift ;;
            -c) config+=("$2") && shift ;;
            -a) config+=("cmdline=$(xl_string "$2")") && shift ;;
            --) shift && command=("$@") && break ;;
            -*) misuse "startvm does not know $1 (./atman startvm --help)" ;;
            *) [[ -z $kernel ]] || misuse "one kernel at a time, not '$kernel' and '$1'" && kernel=$1 ;;
        esac
        shift
    done
    [[ -n $kernel ]] || misuse "say which kernel: ./atman startvm bazel-bin/examples/hello"
    [[ -f $kernel ]] || misuse "there is no file $kernel"
    enter_work
    type -P readelf >/dev/null || ensure_packages
    is_kernel "$kernel" || misuse "$kernel is no kernel: no ELF file with Xen notes"
    printf '%s\n' 'memory=32' "${config[@]}" >"$work/guest.cfg"
    vm_run "$kernel" "$work/guest.cfg" "${command[@]}"
}
