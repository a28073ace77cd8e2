#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# image_file_test.sh IMAGE_SH KERNEL: the disk image of `atman image` as a file. That its menus lead to the kernel is
# judged by Xen's pygrub, which reads both forms: the old PV-GRUB itself is not to be had any more. disk_test boots it.
set -uo pipefail
export PATH=$PATH:/usr/sbin:/sbin

image_sh=$1 kernel=$2
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

verdict() {
    if (($1)); then echo "FAIL $2" && status=1; else echo "PASS $2"; fi
}

# boots MENU: pygrub uses it, takes out the kernel as it was put in, and has the arguments.
boots() {
    local said
    rm -rf "$work/out" && mkdir "$work/out"
    said=$("$pygrub" --quiet --output-format=simple --output-directory="$work/out" "$work/disk" 2>&1)
    [[ $said == *"$1"* && $said == *$'args one two=2'* ]] && cmp "$work"/out/boot_kernel.* "$kernel" && return
    echo "$said"
    return 1
}

pygrub=$(printf '%s\n' /usr/lib/xen-*/bin/pygrub | tail -n 1)
"$image_sh" hello "$kernel" "$work/disk" 'one two=2'
verdict $? "an image is made"
e2fsck -fn "$work/disk" >"$work/log" 2>&1
verdict $? "its file system is sound"
boots grub.cfg
verdict $? "grub.cfg leads to the kernel"
debugfs -w -R 'rm /boot/grub/grub.cfg' "$work/disk" >/dev/null 2>&1
boots menu.lst
verdict $? "menu.lst leads to the kernel"

# Another time, another mask, another name and mode of the same kernel.
"$image_sh" hello "$kernel" "$work/one"
cp "$kernel" "$work/kernel" && chmod 600 "$work/kernel"
(umask 077 && E2FSPROGS_FAKE_TIME=12345 "$image_sh" hello "$work/kernel" "$work/two")
cmp "$work/one" "$work/two"
verdict $? "equal kernels give equal images"
"$image_sh" hello "$kernel" "$work/two" other
! cmp -s "$work/one" "$work/two"
verdict $? "other arguments give another image"

said=$("$image_sh" hello "$kernel" "$work/bad" 'x; reboot' 2>&1)
[[ $? == 2 && $said == 'only letters'* && ! -e $work/bad ]]
verdict $? "what a menu cannot hold is refused"
exit $status
