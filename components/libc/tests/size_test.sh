#!/bin/bash
# SPDX-License-Identifier: ISC
# What a program pays for the C library, in bytes: size_test.sh PUTS SNPRINTF. The budgets are README.md's figures with
# little room, so that a change that costs something is seen. And nothing that is not used is linked.
set -euo pipefail

failed=0

# within BUDGET PROGRAM: code and constants
within() {
    local used
    used=$(size "$2" | awk 'NR == 2 { print $1 }')
    echo "$(basename "$2"): $used of $1 bytes"
    [ "$used" -le "$1" ] || failed=1
}

# lacks PROGRAM SYMBOL...
lacks() {
    local program=$1 symbol
    shift
    for symbol; do
        if nm "$program" | grep -q " $symbol\$"; then
            echo "$(basename "$program"): links $symbol, which it does not use"
            failed=1
        fi
    done
}

within 1400 "$1"
lacks "$1" vfprintf strerror at_libc_sys_write at_libc_thread_current memset __stderr_FILE
within 11800 "$2"
lacks "$2" __stdout_FILE __stdio_write at_libc_sys_write exit
exit $failed
