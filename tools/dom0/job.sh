#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# job.sh DISK FOLDER [PROGRAM | MODULE.ko]...: makes the disk that brings a job to a machine's dom0 (see init), an
# archive with FOLDER as /job, and with what the job needs besides.
# A PROGRAM is a file, with a slash in its name, which is put into the dom0's /usr/bin, or the name of a program of this
# machine, which keeps its place. Both bring the libraries that they load and what the tables below say they need. A
# MODULE is one of the Linux kernel's, which dom0 loads.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
# shellcheck source=tools/dom0/collect.sh
. "$HERE/collect.sh"

# All disks are as large as the one that a kept machine has seen: its driver does not look again.
readonly DISK_SIZE=4G
# By a program's name: files and folders that it reads, and modules that the kernel needs to serve it.
# shellcheck disable=SC2034 # wanted_of names them
declare -rA PROGRAM_FILES=(
    [nmap]="/usr/share/nmap/nmap-services /usr/share/nmap/nmap-protocols /usr/share/nmap/nmap-payloads
        /usr/share/nmap/nmap-mac-prefixes"
    [openssl]=/usr/lib/ssl/openssl.cnf
    [tc]=/usr/lib/x86_64-linux-gnu/tc
)
# shellcheck disable=SC2034
declare -rA PROGRAM_MODULES=(
    [tc]="sch_netem veth"
)

# The full paths of the programs of this machine, one a line.
program_files() {
    local program
    for program in "${named[@]}"; do
        type -P "$program" || die "no $program: run ./atman setup"
    done
}

# The words that a table has for the programs that were asked for.
wanted_of() {
    local -n table=$1
    local program
    for program in "${named[@]}" "${files[@]##*/}"; do
        printf '%s\n' "${table[$program]:-}"
    done | xargs -r -n 1
}

fill_root() {
    local links=(usr/bin usr/sbin usr/lib usr/lib64)
    mkdir -p "${links[@]/#/$root/}"
    ln -s "${links[@]}" "$root" # as in root.sh: a library's name may begin with /lib
    cp -RL "$1" "$root/job"
    date +%s >"$root/job/now"
    module_files "${modules[@]}" >"$root/job/modules"
    program_files >"$work/programs"
    printf '%s\n' "${files[@]}" | cat "$work/programs" - >"$work/executables"
    {
        cat "$work/programs" "$root/job/modules"
        wanted_of PROGRAM_FILES
        library_files <"$work/executables"
    } | copy_into_root
    ((${#files[@]} == 0)) || cp -L --remove-destination "${files[@]}" "$root/usr/bin"
    rm "${links[@]/#usr/$root}"
}

(($# > 1)) || die "usage: job.sh DISK FOLDER [PROGRAM | MODULE.ko]..."
disk=$1 folder=$2
shift 2
named=() files=() modules=()
for word in "$@"; do
    case $word in
        */*) files+=("$word") ;;
        *.ko) modules+=("${word%.ko}") ;;
        *) named+=("$word") ;;
    esac
done
mapfile -t -O "${#modules[@]}" modules < <(wanted_of PROGRAM_MODULES)
find_linux
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
fill_root "$folder"
pack_root >"$disk"
truncate -s "$DISK_SIZE" "$disk"
