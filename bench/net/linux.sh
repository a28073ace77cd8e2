#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# linux.sh FOLDER NGINX: puts the Linux guest that `atman bench net` measures into FOLDER, with nginx, iperf3 and what
# they need. NGINX is nginx's program.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
# shellcheck source=bench/linux_guest.sh
. "$HERE/../linux_guest.sh"

folder=$1 nginx=$2
linux_guest_begin xen-netfront iperf3 "$nginx"
mkdir -p "${root:?}"/{srv,etc/nginx}
cp -L "$nginx" "$root/usr/sbin/nginx"
cp "$HERE/nginx.conf" "$root/etc/nginx"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=linux -days 3650 \
    -keyout "$root/etc/nginx/key.pem" -out "$root/etc/nginx/certificate.pem" 2>/dev/null
head -c 1048576 /dev/zero >"$root/srv/megabyte"
echo 'root:x:0:0::/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
cp "$HERE/linux_init" "$root/init"
linux_guest_end "$folder" 'vif = ["mac=00:16:3e:00:00:03,bridge=xenbr0"]'
