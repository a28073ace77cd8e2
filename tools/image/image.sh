#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# image.sh NAME KERNEL DISK [ARGUMENTS]: a raw disk image from which PV-GRUB boots KERNEL, in either of its forms: the
# old one reads /boot/grub/menu.lst (EC2, Linode and Rackspace had it), the one of GRUB 2 reads /boot/grub/grub.cfg. The
# disk has no partitions: it is one ext2 file system, which is what "pv-grub-hd0" expects.
#
# Needs no root, and the same kernel and arguments give the same bytes anywhere: the file system's identity comes from
# its content, and all its times are 0.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C E2FSPROGS_FAKE_TIME=1

readonly FILES=(/boot /boot/grub /boot/grub/grub.cfg /boot/grub/menu.lst /boot/kernel)

# What a line of a menu cannot hold.
check_text() {
    [[ $1 == *[!a-zA-Z0-9\ _=,.:/@%+-]* ]] || return 0
    echo "only letters, digits and ' _=,.:/@%+-' can be passed on: $1" >&2
    exit 2
}

fill_folder() {
    local name=$1 kernel=$2 arguments=$3
    mkdir -p "$work/tree/boot/grub"
    cp -L "$kernel" "$work/tree/boot/kernel"
    cat >"$work/tree/boot/grub/menu.lst" <<END
default 0
timeout 0
title $name
root (hd0)
kernel /boot/kernel$arguments
END
    cat >"$work/tree/boot/grub/grub.cfg" <<END
set default=0
set timeout=0
menuentry "$name" {
    linux /boot/kernel$arguments
}
END
    # Whatever the umask and the kernel's own mode.
    chmod -R a=rX,u+w "$work/tree"
    chmod 644 "$work/tree/boot/kernel"
}

# A UUID of the content's: 32 hexadecimal digits in groups.
identity() {
    local sum
    sum=$(cd "$work/tree" && find . -type f | sort | xargs sha256sum | sha256sum)
    echo "${sum:0:8}-${sum:8:4}-4${sum:13:3}-8${sum:17:3}-${sum:20:12}"
}

# The copies have the times and the owner of their originals; debugfs gives them others.
forget_origin() {
    local file field
    for file in "${FILES[@]}"; do
        for field in atime ctime mtime; do
            echo "set_inode_field $file $field @1"
        done
        echo "set_inode_field $file uid 0"
        echo "set_inode_field $file gid 0"
    done
}

make_disk() {
    local disk=$1 uuid kib
    uuid=$(identity)
    kib=$(du -sk --apparent-size "$work/tree" | cut -f 1)
    kib=$(((kib / 1024 + 2) * 1024))
    rm -f "$disk"
    {
        mke2fs -q -t ext2 -b 1024 -I 128 -N 32 -m 0 -O ^resize_inode,^dir_index -L atman -U "$uuid" \
            -E "hash_seed=$uuid,root_owner=0:0,nodiscard" -d "$work/tree" "$disk" "$kib" &&
            forget_origin | debugfs -w -f - "$disk"
    } >"$work/log" 2>&1 || { cat "$work/log" >&2 && exit 1; }
}

(($# == 3 || $# == 4)) || { echo "usage: image.sh NAME KERNEL DISK [ARGUMENTS]" >&2 && exit 2; }
type -P mke2fs debugfs >/dev/null || { echo "mke2fs and debugfs are not installed: run ./atman setup" >&2 && exit 1; }
check_text "$1"
check_text "${4:-}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fill_folder "$1" "$2" "${4:+ $4}"
make_disk "$3"
