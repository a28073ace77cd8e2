# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# linux_guest.sh, to be sourced: the Linux guest that a bench measures beside the kit's own.
#
#   linux_guest_begin "MODULES" "PROGRAMS" [FILE]...
#       its files, in the folder $root, to add to: busybox, the kernel's MODULES (/etc/modules lists their
#       files), this machine's PROGRAMS, and what these and each FILE, a program that the caller adds, load
#   linux_guest_end FOLDER [SETTING]...
#       puts into FOLDER `linux` (the kernel), `linux.cpio` (all files; /init is what runs) and `linux.cfg`, with
#       SETTINGs in xl's language
PATH=$PATH:/usr/sbin:/sbin

# shellcheck source=tools/dom0/collect.sh
. "${BASH_SOURCE[0]%/*}/../tools/dom0/collect.sh"

linux_guest_begin() {
    local modules programs file
    read -ra modules <<<"$1"
    read -ra programs <<<"busybox $2"
    shift 2
    find_linux
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    root=$work/root
    mkdir -p "$root"/{dev,proc,sys,tmp,run,etc,usr/{bin,sbin,lib,lib64}}
    ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root"
    "$(type -P busybox)" --install -s "$root/usr/bin"
    module_files "${modules[@]}" >"$root/etc/modules"
    {
        type -P "${programs[@]}"
        cat "$root/etc/modules"
        { type -P "${programs[@]}" && for file; do echo "$file"; done; } | library_files
    } | copy_into_root
}

linux_guest_end() {
    local folder=$1
    shift
    pack_root >"$folder/linux.cpio"
    cp "/boot/vmlinuz-${linux:?}" "$folder/linux"
    printf '%s\n' 'type = "pv"' 'memory = 256' 'ramdisk = "linux.cpio"' \
        'cmdline = "console=hvc0 quiet mitigations=off rdinit=/init"' "$@" >"$folder/linux.cfg"
}
