# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# image.sh: `atman image`.
# shellcheck disable=SC2154 # `kernel` and `label` from kernel.sh

# shellcheck source=tools/atman/kernel.sh
. "$ATMAN_HOME/tools/atman/kernel.sh"

help_image() {
    cat <<'END'
Usage: ./atman image TARGET [-o FILE] [-a ARGUMENTS]

Builds TARGET, an atman_kernel, and makes a raw disk image from which PV-GRUB boots it, as EC2, Linode and Rackspace
booted PV guests: an ext2 file system without partitions, with /boot/grub/menu.lst for the old PV-GRUB and
/boot/grub/grub.cfg for GRUB 2's (Debian's package grub-xen-host). Needs no root; equal kernels give equal images.

    -o FILE         the image; NAME.img in the current folder without
    -a ARGUMENTS    the kernel's command line

How xl boots it: kernel = "/usr/lib/grub-xen/grub-x86_64-xen.bin" and disk = ["format=raw,vdev=xvda,target=FILE"], with
32 MiB of memory or more, which GRUB itself wants.
END
}

verb_image() {
    local target='' file='' arguments='' folder=$PWD
    while (($#)); do
        case $1 in
            -o | -a) (($# > 1)) || misuse "$1 wants a value (./atman image --help)" ;;&
            -o) file=$2 && shift ;;
            -a) arguments=$2 && shift ;;
            -*) misuse "image does not know $1 (./atman image --help)" ;;
            *) [[ -z $target ]] || misuse "one kernel at a time, not '$target' and '$1'" && target=$1 ;;
        esac
        shift
    done
    [[ -z $file || -d $(dirname "$file") ]] || misuse "there is no folder $(dirname "$file") to put the image in"
    [[ -n $target ]] || misuse "say one kernel, for example: ./atman image //examples:net"
    build_kernel image "$target"
    file=${file:-${label##*:}.img}
    [[ $file == /* ]] || file=$folder/$file
    "$ATMAN_HOME/tools/image/image.sh" "${label##*:}" "$kernel" "$file" "$arguments" || exit $?
    say "made $file, $(stat -c %s "$file") bytes"
}
