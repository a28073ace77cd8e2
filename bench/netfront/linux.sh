#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# linux.sh FOLDER: puts the Linux guest that `atman bench netfront` measures into FOLDER: `linux` (its kernel),
# `linux.cpio` (all of its files) and `linux.cfg`.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
# shellcheck source=tools/dom0/collect.sh
. "$HERE/../../tools/dom0/collect.sh"

fill_root() {
    mkdir -p "$root"/{dev,proc,sys,tmp,etc,usr/{bin,sbin,lib,lib64}}
    ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root"
    "$(type -P busybox)" --install -s "$root/usr/bin"
    module_files xen-netfront sch_ingress cls_matchall act_mirred >"$root/etc/modules"
    {
        type -P busybox tc
        cat "$root/etc/modules"
        type -P busybox tc | library_files
    } | copy_into_root
    cp "$HERE/linux_init" "$root/init"
}

folder=$1
find_linux
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
fill_root
pack_root >"$folder/linux.cpio"
cp "/boot/vmlinuz-$linux" "$folder/linux"
cat >"$folder/linux.cfg" <<END
type = "pv"
memory = 256
ramdisk = "linux.cpio"
cmdline = "console=hvc0 quiet mitigations=off rdinit=/init"
END
