# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# A guest that comes from a disk: PV-GRUB of GRUB 2, as Debian has it, finds the kernel on what `atman image` made and
# starts it, with Linux's own block back-end below. pv-grub and the disks are given to dom0 as if they were programs.

# What libxl runs for a disk, instead of Xen's own script: names the loop device and says that it is there.
start_block_script() {
    cat >/etc/xen/scripts/block <<'END'
#!/bin/sh
[ "$1" = add ] || exit 0
device=$(losetup -f)
losetup -r "$device" "$(xenstore-read "$XENBUS_PATH/params")"
xenstore-write "$XENBUS_PATH/physical-device" "$(stat -c '%t:%T' "$device")"
xenstore-write "$XENBUS_PATH/hotplug-status" connected
END
    chmod 755 /etc/xen/scripts/block
}

# boot_disk FILE: as the help of `atman image` says.
boot_disk() {
    start_block_script
    guest_start hello "kernel=\"$(command -v pv-grub)\"" memory=32 \
        "disk=[\"format=raw,vdev=xvda,access=r,target=$(command -v "$1")\"]"
}

GrubCfg_BootsTheKernel() {
    boot_disk hello.img
    guest_ends poweroff 60
    console_has 'Hello from a Xen guest with nothing below it.'
}

CommandLine_IsTheMenus() {
    boot_disk hello_arguments.img
    guest_ends poweroff 60
    console_matches '^first$'
    console_matches '^second=2$'
}
