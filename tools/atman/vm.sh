# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# vm.sh: what `run` and `startvm` share: one guest on real Xen, with its console on this terminal. In a Xen dom0 that is
# here; elsewhere in a machine under QEMU (tools/dom0). The dom0's half is tools/dom0/run.sh in both.

# shellcheck source=tools/dom0/machine.sh
. "$ATMAN_HOME/tools/dom0/machine.sh"

# A guest without network that has not ended by itself by then is asked to.
readonly VM_LIMIT=${ATMAN_LIMIT:-120}

# shellcheck disable=SC2034 # for the verbs' help
readonly VM_HELP="\
A guest with a network interface gets some traffic from dom0 (10.0.0.1, for a guest at 10.0.0.2) so that it has
something to show. With -- COMMAND that runs in dom0 instead, where \$GUEST, \$GUEST_ID, \$GUEST_MAC and \$GUEST_ADDRESS
are set; it can be any program of this machine:    -- xl list

On a terminal the guest runs until it ends or Ctrl-C. Otherwise it ends by itself: when the traffic or the command is
done, or after \$ATMAN_LIMIT seconds (120), dom0 asks it to shut down. The status is 0 only if it shut down with reason
poweroff (and the command, if any, ended with 0)."

# xl_string TEXT: TEXT as a string of xl's configuration language.
xl_string() {
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

is_kernel() {
    [[ -f $1 ]] && [[ $(readelf --notes "$1" 2>/dev/null) == *$'\n  Xen '* ]]
}

in_dom0() {
    grep -qs control_d /proc/xen/capabilities
}

# vm_run KERNEL CONFIG [COMMAND...]: boots the guest and returns when it is gone; the status is atman's.
vm_run() {
    vm_name=$(basename "$1")
    vm_command=("${@:3}")
    vm_interactive=0
    if [[ -t 0 && -t 1 ]]; then vm_interactive=1; fi
    vm_pack "$@"
    if in_dom0; then
        vm_start_here
    else
        vm_start_machine
    fi
    vm_follow
}

# The job: what run.sh finds in its working folder.
vm_pack() {
    local kernel=$1 config=$2 job=$work/job name=$vm_name interactive=$vm_interactive limit=$VM_LIMIT command
    command=("${vm_command[@]}")
    ((!interactive)) || limit=$((7 * 24 * 3600))
    mkdir "$job"
    cp -L "$kernel" "$job/kernel"
    cp -L "$config" "$job/guest.cfg"
    chmod u+w "$job"/*
    cp "$ATMAN_HOME/tools/dom0/run.sh" "$job/run"
    declare -p name interactive limit command | sed 's/^declare -[-a-z]* //' >"$job/settings"
}

vm_start_machine() {
    local program
    ensure_packages
    progress "starting Xen and a Linux dom0 under QEMU"
    ((vm_interactive)) || exec </dev/null
    if program=$(type -P "${vm_command[0]:-}"); then MACHINE_PROGRAMS=("$program"); fi
    machine_start "$work" "$work/job" stdio || fail "the machine cannot be built, see above (./atman setup)"
}

# Xen runs this very machine. Ctrl-C must stay a signal, so the console client gets a pipe, and we prepare the terminal.
vm_start_here() {
    ((EUID == 0)) || type -P sudo >/dev/null || fail "xl wants root, and there is no sudo"
    if ((vm_interactive)); then
        vm_terminal=$(stty -g)
        stty -icanon -echo
    fi
    machine_start_here "$work" "$work/job" "$ATMAN_HOME/tools/dom0/guest.sh"
    progress "creating the guest"
}

# Passes on what dom0 has to say until the machine is off, then judges.
vm_follow() {
    local verdict='' command_status=0 phase="dom0 did not come up" phase_end=$((SECONDS + 180))
    while machine_next_event 1; do
        case $machine_event in
            '') ;;
            ready) phase="the guest was not created" && phase_end=$((SECONDS + 60)) && progress "creating the guest" ;;
            running) phase='' && progress_end ;;
            say\ *) say "${machine_event#* }" ;;
            command\ *) command_status=${machine_event#* } ;;
            *) verdict=$machine_event && phase='' && progress_end ;;
        esac
        [[ -z ${progress_text:-} ]] || progress "$progress_text"
        [[ -z $phase ]] || ((SECONDS < phase_end)) || vm_fail "$phase in time"
    done
    vm_verdict "$verdict" "$command_status"
}

vm_verdict() {
    case $1 in
        'ended poweroff') (($2 == 0)) || vm_fail "the command in dom0 ended with status $2" ;;
        ended\ *) vm_fail "the guest ended with reason ${1#* }" ;;
        refused\ *) vm_fail "xl did not create the guest: ${1#* }" ;;
        silent) vm_fail "the guest did not end when xl asked it to shut down" ;;
        *) vm_fail "the machine stopped before the guest ended: not the guest's fault, perhaps the bench's" ;;
    esac
}

# vm_fail TEXT: fails, and keeps what the hypervisor, dom0 and the guest's console had to say.
vm_fail() {
    local log kept=()
    make_logs
    machine_stop
    [[ -s $work/xen.log ]] || mv "$work/qemu.log" "$work/xen.log" 2>/dev/null || true
    for log in xen console; do
        [[ -s $work/$log.log ]] || continue
        cp --remove-destination "$work/$log.log" "$ATMAN_LOGS/$vm_name.$log.log"
        kept+=("$vm_name.$log.log")
    done
    fail "$1 (logs in ${ATMAN_LOGS#"$PWD/"}: ${kept[*]:-none})"
}

at_exit() {
    progress_end
    machine_stop
    [[ -z ${vm_terminal:-} ]] || stty "$vm_terminal"
}
