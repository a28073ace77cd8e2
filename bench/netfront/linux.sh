#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# linux.sh FOLDER: puts the Linux guest that `atman bench netfront` measures into FOLDER.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
# shellcheck source=bench/linux_guest.sh
. "$HERE/../linux_guest.sh"

linux_guest_begin "xen-netfront sch_ingress cls_matchall act_mirred" tc
cp "$HERE/linux_init" "${root:?}/init"
linux_guest_end "$1"
