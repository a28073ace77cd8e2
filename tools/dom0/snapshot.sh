# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# snapshot.sh, sourced by machine.sh: machines that need not be booted, for they were once and then saved, at the point
# where dom0 waits for its job (see init).
#
#   snapshot_find                         prints the first of MACHINE_SNAPSHOTS that fits the machine that is wanted
#   snapshot_restore FILE WORK TERMINAL   starts a machine from FILE, with the job of WORK/disk: a second instead of ten
#   snapshot_take FILE WORK               boots a machine and saves it in FILE; takes as long as a boot
#
# A snapshot is one file, a tar archive: `stamp`, what it was made with and of, without which it is of no use; `xen`,
# the hypervisor's file; `ram`, the machine's memory; and `state`, the rest in QEMU's migration format. The memory stays
# out of that, which x-ignore-shared is for, because QEMU would look at each of its pages, used or not, saving and
# restoring: ten times what all the rest takes. It is a file with holes instead, which a machine maps privately.

# Files that snapshot_take wrote; the first ones are where tests of Bazel's find them. A caller may add some.
MACHINE_SNAPSHOTS=("$MACHINE_HOME"/booted{,_virtual}.snapshot)

# What a machine is made with and of, as text.
snapshot_stamp() {
    local scripts=(collect.sh checks.sh guest.sh init machine.sh root.sh snapshot.sh vif-bridge)
    echo "${MACHINE_ACCEL[*]}"
    cat "${scripts[@]/#/$MACHINE_HOME/}" | cksum
    { "$MACHINE_HOME/root.sh" --sources && type -P qemu-system-x86_64; } | xargs realpath | xargs stat -c '%n %s %Y'
}

# None fits a machine whose hypervisor or QEMU gets options of its own.
snapshot_find() {
    local file stamp
    [[ -z $MACHINE_XEN_OPTIONS${ATMAN_QEMU:-} ]] && stamp=$(snapshot_stamp 2>/dev/null) || return 0
    for file in "${MACHINE_SNAPSHOTS[@]}"; do
        if [[ -s $file && $(tar -xOf "$file" --occurrence stamp 2>/dev/null) == "$stamp" ]]; then
            echo "$file"
            return
        fi
    done
}

# QEMU must be given files to boot from, for that is a part of the machine, but it boots from none of them.
snapshot_restore() {
    local work=$2 terminal=$3
    tar -xf "$1" -C "$work" && : >"$work/initrd" || return 1
    snapshot_open_monitor "$work"
    SNAPSHOT_STATE=$work/state machine_qemu "$work" "$terminal" -incoming defer -initrd "$work/initrd none" \
        "${snapshot_options[@]}"
    snapshot_command qmp_capabilities
    snapshot_command migrate-set-capabilities '"capabilities": [{"capability": "x-ignore-shared", "state": true}]'
    snapshot_command migrate-incoming '"uri": "exec:cat <$SNAPSHOT_STATE"'
}

snapshot_take() {
    local work=$2 line='' end=$((SECONDS + 300))
    snapshot_stamp >"$work/stamp" && : >"$work/disk" && truncate -s 4G "$work/disk"
    snapshot_open_monitor "$work"
    SNAPSHOT_STATE=$work/state machine_boot "$work" null "${snapshot_options[@]/share=off/share=on}" </dev/null ||
        return 1
    while machine_next_event 1 && [[ $machine_event != booted ]]; do
        ((SECONDS < end)) || return 1
    done
    [[ $machine_event == booted ]] || return 1
    snapshot_command qmp_capabilities
    snapshot_command migrate-set-capabilities '"capabilities": [{"capability": "x-ignore-shared", "state": true},
        {"capability": "events", "state": true}]'
    snapshot_command migrate '"uri": "exec:cat >$SNAPSHOT_STATE"'
    until [[ $line == *'"status": "completed"'* ]]; do
        IFS= read -r -t 60 -u "$snapshot_answers" line && [[ $line != *'"error"'* && $line != *failed* ]] || return 1
    done
    machine_stop
    fallocate --dig-holes "$work/ram"
    tar -cSf "$1" -C "$work" stamp xen ram state
}

# snapshot_open_monitor WORK: leaves in snapshot_options how QEMU finds its monitor and the memory.
snapshot_open_monitor() {
    local work=$1
    mkfifo "$work/monitor.in" "$work/monitor.out"
    exec {snapshot_monitor}<>"$work/monitor.in" {snapshot_answers}<>"$work/monitor.out"
    snapshot_options=(-chardev "pipe,id=monitor,path=$work/monitor" -mon chardev=monitor,mode=control
        -object "memory-backend-file,id=ram,size=${MACHINE_MEMORY}M,mem-path=$work/ram,share=off"
        -machine memory-backend=ram)
}

# snapshot_command NAME [ARGUMENTS]: to QEMU, in the language of its monitor (QMP), which answers on snapshot_answers.
snapshot_command() {
    echo "{\"execute\": \"$1\", \"arguments\": {${2:-}}}" >&"$snapshot_monitor"
}
