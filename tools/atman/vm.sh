# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# vm.sh: what `run` and `startvm` share: one guest on real Xen, with its console on this terminal. In a Xen dom0 that is
# here; elsewhere in a machine under QEMU (tools/dom0). The dom0's half is tools/dom0/run.sh in both.

# shellcheck source=tools/dom0/machine.sh
. "$ATMAN_HOME/tools/dom0/machine.sh"

# A guest without network that has not ended by itself by then is asked to.
readonly VM_LIMIT=${ATMAN_LIMIT:-120}

# The network of a machine under QEMU: who else is on the bridge. The guest is the first to ask for an address.
readonly VM_LAN=net=10.0.0.0/24,host=10.0.0.254,dns=10.0.0.253,dhcpstart=10.0.0.2,ipv6=off

# A machine that was booted when `run` was used first. Bazel builds it, and does not know when it is stale.
readonly VM_SNAPSHOT=$ATMAN_HOME/bazel-bin/tools/dom0/booted.snapshot
MACHINE_SNAPSHOTS+=("$VM_SNAPSHOT")

# shellcheck disable=SC2034 # for the verbs' help
readonly VM_HELP="\
    -a ARGUMENTS    the guest's command line:        -a 'ip=10.0.0.2/24 gw=10.0.0.254'
    -m MiB          its memory
    -c CONFIG       a line of xl configuration, as in xl.cfg(5): -c 'vif = [\"bridge=xenbr0\"]'
    -p [ADDRESS:]PORT:GUESTPORT[/udp]
                    this machine's PORT, at 127.0.0.1 or ADDRESS, leads to the guest's: -p 8080:80, then
                    curl localhost:8080. A guest without a network interface gets one. In a Xen dom0
                    nothing needs to be forwarded: it says where the guest is

The guest's network is 10.0.0.0/24 on the bridge xenbr0 with dom0 at 10.0.0.1. Under QEMU there are a DHCP server too,
which gives it 10.0.0.2, a gateway to this machine's own network at 10.0.0.254, and a name server at 10.0.0.253.

A guest with a network interface gets some traffic from dom0 (10.0.0.1, for a guest at 10.0.0.2) so that it has
something to show. With -- COMMAND that runs in dom0 instead, where \$GUEST, \$GUEST_ID, \$GUEST_MAC and \$GUEST_ADDRESS
are set; it can be any program of this machine:    -- xl list

On a terminal the guest runs until it ends or Ctrl-C. Otherwise it ends by itself: when the traffic or the command is
done, with -p only after \$ATMAN_LIMIT seconds (120), as without network interface, dom0 asks it to shut down. The
status is 0 only if it shut down with reason poweroff (and the command, if any, ended with 0)."

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

# vm_arguments VERB ARGUMENT...: leaves in vm_subject the kernel that the user named, and in vm_settings (xl's
# language), vm_forwards ("PROTOCOL ADDRESS PORT GUESTPORT") and vm_command what is to be done with it.
vm_arguments() {
    local verb=$1
    shift
    vm_subject='' vm_settings=() vm_forwards=() vm_command=()
    while (($#)); do
        case $1 in
            -a | -c | -m | -p) (($# > 1)) || misuse "$1 wants a value (./atman $verb --help)" ;;&
            -m) [[ $2 =~ ^[1-9][0-9]*$ ]] || misuse "-m wants a number of MiB, not '$2'" ;;&
            -m) vm_settings+=("memory=$2") && shift ;;
            -c) vm_settings+=("$2") && shift ;;
            -a) vm_settings+=("cmdline=$(xl_string "$2")") && shift ;;
            -p) vm_forward "$2" && shift ;;
            --) shift && vm_command=("$@") && break ;;
            -*) misuse "$verb does not know $1 (./atman $verb --help)" ;;
            *) [[ -z $vm_subject ]] || misuse "one kernel at a time, not '$vm_subject' and '$1'" && vm_subject=$1 ;;
        esac
        shift
    done
}

# vm_forward [ADDRESS:]PORT:GUESTPORT[/udp]
vm_forward() {
    local port=0 guest_port=0
    if [[ $1 =~ ^(([0-9]+(\.[0-9]+){3}):)?([0-9]{1,5}):([0-9]{1,5})(/(tcp|udp))?$ ]]; then
        port=$((10#${BASH_REMATCH[4]})) guest_port=$((10#${BASH_REMATCH[5]}))
    fi
    ((port >= 1 && port <= 65535 && guest_port >= 1 && guest_port <= 65535)) ||
        misuse "-p wants [ADDRESS:]PORT:GUESTPORT[/udp] with ports from 1 to 65535, for example 8080:80, not '$1'"
    vm_forwards+=("${BASH_REMATCH[7]:-tcp} ${BASH_REMATCH[2]:-127.0.0.1} $port $guest_port")
}

# vm_build_snapshot: takes the time of a boot once, and spares it from then on.
vm_build_snapshot() {
    [[ ! -s $VM_SNAPSHOT || -n $(snapshot_find) ]] || rm -f "$VM_SNAPSHOT"
    build //tools/dom0:booted
}

# vm_run KERNEL CONFIG: boots the guest and returns when it is gone; the status is atman's. CONFIG is text.
vm_run() {
    vm_name=$(basename "$1")
    vm_interactive=0
    if [[ -t 0 && -t 1 ]]; then vm_interactive=1; fi
    printf '%s\n' "$2" "${vm_settings[@]}" >"$work/guest.cfg"
    ((${#vm_forwards[@]} == 0)) || vm_has_network || echo 'vif=["bridge=xenbr0"]' >>"$work/guest.cfg"
    vm_address=$(vm_find_address)
    vm_pack "$1" "$work/guest.cfg"
    if in_dom0; then
        vm_start_here
    else
        vm_start_machine
    fi
    vm_follow
}

# Does the guest's configuration give it a network interface? (The last line of a kind counts.)
vm_has_network() {
    [[ $(sed -n 's/^ *vif *= *\(.*\)/\1/p' "$work/guest.cfg" | tail -n 1) == *[\"\']* ]]
}

# The address that the guest is configured with, or else the one that it gets by DHCP.
vm_find_address() {
    local given
    given=$(grep -oE '\bip=[0-9]+(\.[0-9]+){3}' "$work/guest.cfg" | tail -n 1) || true
    given=${given#ip=}
    echo "${given:-10.0.0.2}"
}

# The job: what run.sh finds in its working folder.
vm_pack() {
    local kernel=$1 config=$2 job=$work/job name=$vm_name interactive=$vm_interactive limit=$VM_LIMIT command
    local address=$vm_address serving=$((${#vm_forwards[@]} > 0))
    command=("${vm_command[@]}")
    ((!interactive)) || limit=$((7 * 24 * 3600))
    mkdir "$job"
    cp -L "$kernel" "$job/kernel"
    cp -L "$config" "$job/guest.cfg"
    chmod u+w "$job"/*
    cp "$ATMAN_HOME/tools/dom0/run.sh" "$job/run"
    declare -p name interactive limit command address serving | sed 's/^declare -[-a-z]* //' >"$job/settings"
}

vm_start_machine() {
    local program lan=user,$VM_LAN forward protocol address port guest_port
    ensure_packages
    progress "starting Xen and a Linux dom0 under QEMU"
    ((vm_interactive)) || exec </dev/null
    if program=$(type -P "${vm_command[0]:-}"); then MACHINE_PROGRAMS=("$program"); fi
    if vm_has_network; then
        for forward in "${vm_forwards[@]}"; do
            read -r protocol address port guest_port <<<"$forward"
            lan+=",hostfwd=$protocol:$address:$port-$vm_address:$guest_port"
        done
        MACHINE_PROGRAMS+=(e1000.ko)
        MACHINE_LAN=$lan
    fi
    machine_start "$work" "$work/job" stdio ||
        fail "the machine cannot be built, see above (./atman setup)"
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
            running) phase='' && progress_end && vm_say_forwards ;;
            say\ *) say "${machine_event#* }" ;;
            command\ *) command_status=${machine_event#* } ;;
            *) verdict=$machine_event && phase='' && progress_end ;;
        esac
        [[ -z ${progress_text:-} ]] || progress "$progress_text"
        [[ -z $phase ]] || ((SECONDS < phase_end)) || vm_fail "$phase in time"
    done
    vm_verdict "$verdict" "$command_status"
}

vm_say_forwards() {
    local forward protocol address port guest_port
    for forward in "${vm_forwards[@]}"; do
        read -r protocol address port guest_port <<<"$forward"
        if in_dom0; then
            say "the guest's $protocol port $guest_port is at $vm_address, unless DHCP gives it another address"
        else
            say "$protocol port $port of $address leads to port $guest_port of the guest"
        fi
    done
}

# Was it the ports that QEMU did not like? Says which.
vm_refused_forward() {
    sed -n "s/.*Could not set up host forwarding rule '\([a-z]*\):\(.*\)-.*/\1 port \2/p" "$work/qemu.log" 2>/dev/null
}

vm_verdict() {
    local port
    case $1 in
        'ended poweroff') (($2 == 0)) || vm_fail "the command in dom0 ended with status $2" ;;
        ended\ *) vm_fail "the guest ended with reason ${1#* }" ;;
        refused\ *) vm_fail "xl did not create the guest: ${1#* }" ;;
        silent) vm_fail "the guest did not end when xl asked it to shut down" ;;
        *)
            port=$(vm_refused_forward)
            [[ -z $port ]] || fail "$port cannot be listened on: it is in use, or not for you to use"
            vm_fail "the machine stopped before the guest ended: not the guest's fault, perhaps the bench's"
            ;;
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
