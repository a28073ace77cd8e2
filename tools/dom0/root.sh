#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# root.sh FOLDER [PROGRAM | MODULE.ko]...: puts a Xen machine's parts into FOLDER, from the packages that this machine
# has: `xen` (the hypervisor), `vmlinuz` (a Linux that can be its dom0) and `root.cpio` (that dom0's whole file system,
# see init).
# A PROGRAM is a file, with a slash in its name, which is put into the dom0's /usr/bin, or the name of a program of this
# machine, which keeps its place. Both bring the libraries that they load and what the tables below say they need. A
# MODULE is one of the Linux kernel's, which dom0 loads when it starts.
#
# Needs no root: the archive says that everything in it is root's, and device nodes are devtmpfs' business.
# The same packages and the same scripts give the same bytes.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
# shellcheck source=tools/dom0/collect.sh
. "$HERE/collect.sh"

# What dom0 runs besides busybox. The xl family comes from the hypervisor's own folder, so that versions match.
readonly PROGRAMS=(bash busybox ip ping arping curl socat tcpdump xenstore-read xenstore-write xenstore-list xenstore-ls
    xenstore-rm xenstore-chmod xenstore-watch)
readonly XEN_PROGRAMS=(xl xenstored xenconsoled xenconsole xen-init-dom0 libxl-save-helper)
readonly MODULES=(xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs xen-netback bridge tun)
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

find_xen() {
    local image
    image=$(newest /boot/xen-*-amd64.gz)
    [[ -n $image ]] || die "no hypervisor in /boot: install xen-hypervisor-4.17-amd64"
    xen=${image#/boot/xen-}
    xen=${xen%-amd64.gz}
    xen_bin=/usr/lib/xen-$xen/bin
    [[ -x $xen_bin/xl ]] || die "no $xen_bin/xl: install xen-utils-$xen"
}

# The full paths of all programs of this machine, one a line.
program_files() {
    local program
    for program in "${PROGRAMS[@]}" "${named[@]}"; do
        type -P "$program" || die "no $program: run ./atman setup"
    done
    printf '%s\n' "${XEN_PROGRAMS[@]/#/$xen_bin/}"
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
    mkdir -p "$root"/{dev,proc,sys,tmp,run,job,root,etc/xen/scripts}
    mkdir -p "$root"/{var/log/xen/console,var/lib/xen,usr/{bin,sbin,lib,lib64}}
    ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root"
    ln -s ../run ../run/lock "$root/var"
    "$(type -P busybox)" --install -s "$root/usr/bin"
    program_files >"$work/programs"
    module_files "${MODULES[@]}" "${modules[@]}" >"$work/modules"
    {
        cat "$work/programs" "$work/modules"
        wanted_of PROGRAM_FILES
        printf '%s\n' "${files[@]}" | cat "$work/programs" - | library_files
    } | copy_into_root
    ((${#files[@]} == 0)) || cp -L --remove-destination "${files[@]}" "$root/usr/bin"
    ln -s "$xen_bin" "$root/xen"
    cp "$work/modules" "$root/etc/modules"
    : >"$root/etc/xen/xl.conf"
    echo 'root:x:0:0::/root:/bin/bash' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
    install -m 755 "$HERE/init" "$root/init"
    install -m 755 "$HERE/vif-bridge" "$root/etc/xen/scripts/vif-bridge"
    install -m 644 "$HERE/guest.sh" "$HERE/checks.sh" "$root/lib"
}

(($# > 0)) || die "usage: root.sh FOLDER [PROGRAM | MODULE.ko]..."
folder=$1
shift
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
find_xen
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
fill_root
mkdir -p "$folder"
pack_root >"$folder/root.cpio"
cp "/boot/vmlinuz-$linux" "$folder/vmlinuz"
gzip -dc "/boot/xen-$xen-amd64.gz" >"$folder/xen"
