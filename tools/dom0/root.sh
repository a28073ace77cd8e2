#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# root.sh FOLDER: puts a Xen machine's parts into FOLDER, from the packages that this machine has: `xen` (the
# hypervisor), `vmlinuz` (a Linux that can be its dom0) and `root.cpio` (that dom0's whole file system, see init).
# root.sh --sources: names the files that decide about them, one a line.
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
readonly PROGRAMS=(bash busybox ip bridge ping arping curl socat tcpdump xenstore-read xenstore-write xenstore-list
    xenstore-ls xenstore-rm xenstore-chmod xenstore-watch)
readonly XEN_PROGRAMS=(xl xenstored xenconsoled xenconsole xen-init-dom0 libxl-save-helper)
# The last two are the job's disk.
readonly MODULES=(xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs xen-netback bridge tun virtio_pci virtio_blk)

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
    for program in "${PROGRAMS[@]}"; do
        type -P "$program" || die "no $program: run ./atman setup"
    done
    printf '%s\n' "${XEN_PROGRAMS[@]/#/$xen_bin/}"
}

fill_root() {
    mkdir -p "$root"/{dev,proc,sys,tmp,run,root,etc/xen/scripts}
    mkdir -p "$root"/{var/log/xen/console,var/lib/xen,usr/{bin,sbin,lib,lib64}}
    ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root"
    ln -s ../run ../run/lock "$root/var"
    "$(type -P busybox)" --install -s "$root/usr/bin"
    program_files >"$work/programs"
    module_files "${MODULES[@]}" >"$work/modules"
    {
        cat "$work/programs" "$work/modules"
        library_files <"$work/programs"
    } | copy_into_root
    ln -s "$xen_bin" "$root/xen"
    cp "$work/modules" "$root/etc/modules"
    : >"$root/etc/xen/xl.conf"
    echo 'root:x:0:0::/root:/bin/bash' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
    install -m 755 "$HERE/init" "$root/init"
    install -m 755 "$HERE/vif-bridge" "$root/etc/xen/scripts/vif-bridge"
    install -m 644 "$HERE/guest.sh" "$HERE/checks.sh" "$root/lib"
}

(($# == 1)) || die "usage: root.sh FOLDER | --sources"
find_linux
find_xen
if [[ $1 == --sources ]]; then
    printf '%s\n' "/boot/xen-$xen-amd64.gz" "/boot/vmlinuz-$linux" "/lib/modules/$linux"
    program_files
    exit
fi
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
fill_root
mkdir -p "$folder"
pack_root >"$folder/root.cpio"
cp "/boot/vmlinuz-$linux" "$folder/vmlinuz"
gzip -dc "/boot/xen-$xen-amd64.gz" >"$folder/xen"
