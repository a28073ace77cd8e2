#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# linux.sh FOLDER NGINX: puts the Linux guest that `atman bench net` measures into FOLDER: `linux` (its kernel),
# `linux.cpio` (all of its files: nginx, iperf3 and what they need) and `linux.cfg`. NGINX is nginx's program.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
# shellcheck source=tools/dom0/collect.sh
. "$HERE/../../tools/dom0/collect.sh"

readonly PROGRAMS=(busybox iperf3)
readonly MODULES=(xen-netfront)

fill_root() {
    mkdir -p "$root"/{dev,proc,sys,tmp,run,srv,etc/nginx,usr/{bin,sbin,lib,lib64}}
    ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root"
    "$(type -P busybox)" --install -s "$root/usr/bin"
    module_files "${MODULES[@]}" >"$root/etc/modules"
    {
        type -P "${PROGRAMS[@]}"
        cat "$root/etc/modules"
        { type -P "${PROGRAMS[@]}" && echo "$nginx"; } | library_files
    } | copy_into_root
    cp -L "$nginx" "$root/usr/sbin/nginx"
    cp "$HERE/nginx.conf" "$root/etc/nginx"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=linux -days 3650 \
        -keyout "$root/etc/nginx/key.pem" -out "$root/etc/nginx/certificate.pem" 2>/dev/null
    head -c 1048576 /dev/zero >"$root/srv/megabyte"
    echo 'root:x:0:0::/root:/bin/sh' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
    cp "$HERE/linux_init" "$root/init"
}

folder=$1 nginx=$2
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
vif = ["mac=00:16:3e:00:00:03,bridge=xenbr0"]
END
