#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# image_size_test.sh [KERNEL KERNEL.debug KERNEL.cfg BUDGET]...: no image is larger than its budget of bytes.
set -euo pipefail

status=0
while (($#)); do
    size=$(stat -L -c %s "$1")
    verdict=PASS
    if ((size > $4)); then verdict=FAIL status=1; fi
    echo "$verdict $1 has $size bytes of $4"
    shift 4
done
exit $status
