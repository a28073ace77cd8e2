# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# machine.sh, to be sourced: a whole Xen machine under QEMU, without hardware virtualisation: Debian's hypervisor, a
# Linux dom0 built by root.sh, and a job: a folder whose executable `run` is what the dom0 is for.
#
#   machine_start WORK JOB TERMINAL
#   while machine_next_event SECONDS; do ... "$machine_event" ...; done
#   machine_stop
#
# WORK is a folder of the caller's, who also removes it: afterwards it holds xen.log (hypervisor and dom0), console.log
# (what the job printed) and qemu.log. TERMINAL says where the job prints besides and what it reads: `stdio`, `null`, or
# another of QEMU's character devices. A machine is not booted if there is a snapshot of one that was, see snapshot.sh.
# machine_start_here does the same where Xen runs already: the job is then a child of the caller (who has a function
# as_root).

MACHINE_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly MACHINE_HOME
# shellcheck source=tools/dom0/snapshot.sh
. "$MACHINE_HOME/snapshot.sh"

# TCG's "max" CPU crashes Linux as a PV dom0; these features are what components may want to find.
readonly MACHINE_MEMORY=2048 # MiB
readonly MACHINE_CPU=qemu64,+rdrand,+aes,+pclmulqdq,+ssse3,+sse4.1,+sse4.2,+popcnt
# What a caller may change before it starts a machine: how QEMU executes, further programs for dom0, by the names that
# this machine knows them by, or as files, and further modules (see job.sh), and further options for the hypervisor.
MACHINE_ACCEL=(-accel 'tcg,thread=multi')
# Another way: the machine's clock counts instructions, a nanosecond each, and leaps when it has nothing to do. Waiting
# takes no time then, and how busy the host is makes no difference; a seventh more work for the host.
# shellcheck disable=SC2034 # the callers use it
readonly MACHINE_VIRTUAL_CLOCK=(-accel 'tcg,thread=single' -icount 'shift=0,sleep=off')
MACHINE_PROGRAMS=()
MACHINE_XEN_OPTIONS=
# The network behind dom0's eth0, in the words of QEMU's -netdev. For those who have dom0 load the card's driver, e1000.
MACHINE_LAN=hubport,hubid=0
# What guards against neighbours and attackers, which a bench does not have, costs time under emulation: with Linux'
# mitigations, and its clearing of every page that it takes, a guest's life takes dom0 a quarter longer.
readonly MACHINE_XEN="console=com1 com1=115200,8n1 guest_loglvl=all dom0_mem=512M,max:512M dom0_max_vcpus=1 \
sched=credit2 spec-ctrl=no xpti=no bootscrub=no pv-l1tf=domu"
readonly MACHINE_LINUX="console=hvc0 quiet mitigations=off init_on_alloc=0 hardened_usercopy=off norandmaps nokaslr \
cgroup_disable=memory audit=0 lsm=landlock preempt=none panic=-1 rdinit=/init"

# machine_missing: says, in a sentence, if a program that the machine or its caller needs is not installed.
machine_missing() {
    local program
    for program in qemu-system-x86_64 cpio "${MACHINE_PROGRAMS[@]}"; do
        [[ $program == */* || $program == *.ko ]] || PATH=$PATH:/usr/sbin:/sbin type -P "$program" >/dev/null ||
            { echo "$program is not installed: run ./atman setup" && return; }
    done
}

machine_start() {
    local work=$1 job=$2 terminal=$3 snapshot
    "$MACHINE_HOME/job.sh" "$work/disk" "$job" "${MACHINE_PROGRAMS[@]}" || return 1
    snapshot=$(snapshot_find)
    if [[ -n $snapshot ]]; then
        snapshot_restore "$snapshot" "$work" "$terminal"
    else
        machine_boot "$work" "$terminal"
    fi
}

# machine_boot WORK TERMINAL [QEMU OPTION]...: the machine of `disk` in WORK, from power-on.
machine_boot() {
    local work=$1
    "$MACHINE_HOME/root.sh" "$work" || return 1
    machine_qemu "$@" -initrd "$work/vmlinuz $MACHINE_LINUX,$work/root.cpio"
}

# machine_qemu WORK TERMINAL [QEMU OPTION]...: all machines have the same devices, or a snapshot would not fit them.
machine_qemu() {
    local work=$1 terminal=$2
    shift 2
    machine_open_events "$work"
    [[ $terminal != stdio ]] || terminal=stdio,signal=on
    # shellcheck disable=SC2086 # a developer's words: ATMAN_QEMU=-s for gdb, see CONTRIBUTING.md
    set -- "$@" ${ATMAN_QEMU:-}
    qemu-system-x86_64 "${MACHINE_ACCEL[@]}" -cpu "$MACHINE_CPU" -m "$MACHINE_MEMORY" \
        -display none -monitor none -parallel none -nic none -no-reboot -no-user-config \
        -serial "file:$work/xen.log" \
        -chardev "$terminal,id=terminal,logfile=$work/console.log" -device isa-serial,chardev=terminal \
        -chardev "file,id=events,path=$work/events" -device pci-serial,chardev=events \
        -drive "if=none,id=job,format=raw,readonly=on,file=$work/disk" -device virtio-blk-pci,drive=job \
        -netdev "$MACHINE_LAN,id=lan" -device e1000,netdev=lan,romfile= \
        -kernel "$work/xen" -append "$MACHINE_XEN $MACHINE_XEN_OPTIONS" "$@" <&0 2>"$work/qemu.log" &
    machine_pid=$!
}

# machine_start_here WORK JOB GUEST_LIBRARY
machine_start_here() {
    local work=$1 job=$2 library=$3 typed
    machine_open_events "$work"
    # Never at its end: the console client would leave.
    mkfifo "$work/typed"
    exec {typed}<>"$work/typed"
    if [[ -t 0 ]]; then
        cat <&0 >&"$typed" &
        machine_typist=$!
    fi
    machine_job=$job
    (
        cd "$job" || exit
        # shellcheck disable=SC2016 # the inner shell's
        as_root env GUEST_LIBRARY="$library" bash -c 'echo $$ >pid && exec ./run 7<"$1" 8>"$2" 9>&1 2>"$3"' run \
            "$work/typed" "$work/events" "$work/xen.log"
        as_root xl dmesg | tail -n 100 >>"$work/xen.log"
        echo off >"$work/events"
    ) &
    machine_pid=$!
}

machine_open_events() {
    mkfifo "$1/events"
    exec {machine_events}<>"$1/events"
    machine_line=
}

# machine_next_event SECONDS: waits for the dom0's next line and leaves it in `machine_event`, empty when none came in
# time. Fails when the machine is off: nothing more will come, and all that was printed is there.
machine_next_event() {
    local part
    machine_event=
    if IFS= read -r -t "$1" -u "$machine_events" part; then
        machine_event=$machine_line$part
        machine_line=
        [[ $machine_event != off ]]
    else
        machine_line+=$part
        [[ -n $part ]] || kill -0 "$machine_pid" 2>/dev/null
    fi
}

# machine_stop: ends QEMU if it still runs, or the job; returns when it is gone.
machine_stop() {
    [[ -n ${machine_pid:-} ]] || return 0
    if [[ -n ${machine_job:-} ]]; then
        [[ -z ${machine_typist:-} ]] || kill "$machine_typist" 2>/dev/null || true
        as_root kill "$(<"$machine_job/pid")" 2>/dev/null || true
    else
        kill "$machine_pid" 2>/dev/null || true
    fi
    wait "$machine_pid" 2>/dev/null || true
    machine_pid=
}
