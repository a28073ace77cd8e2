#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# same_bytes_test.sh KERNEL KERNEL.debug KERNEL.cfg KERNEL.xml KERNEL...: two kernels that were built apart from the
# same source are the same to the byte: no time, folder or order of the build is in an image.
set -euo pipefail

cmp "$1" "$5"
