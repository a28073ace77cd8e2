#!/bin/bash
# SPDX-License-Identifier: ISC
# What a program pays for the C library, in bytes: size_test.sh PROGRAM... The budgets are README.md's figures with
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

for program; do
    case ${program##*/} in
        memory_program.elf)
            within 200 "$program"
            lacks "$program" at_libc_file_of at_libc_sys_futex vfprintf
            ;;
        puts_program.elf)
            within 1400 "$program"
            lacks "$program" vfprintf strerror at_libc_sys_write at_libc_thread_current memset __stderr_FILE
            ;;
        read_program.elf)
            within 4500 "$program"
            lacks "$program" at_libc_sys_futex at_libc_sys_poll at_libc_sys_socket __stdio_write
            ;;
        serve_program.elf)
            within 5700 "$program"
            lacks "$program" at_libc_sys_futex at_libc_sys_poll at_libc_sys_pipe2 __stdio_write
            ;;
        snprintf_program.elf)
            within 11950 "$program"
            lacks "$program" __stdout_FILE __stdio_write at_libc_sys_write exit
            ;;
        thread_program.elf)
            within 5750 "$program"
            lacks "$program" at_libc_file_of pthread_cancel vfprintf __stdout_FILE
            ;;
        *)
            echo "$program: nobody said what it may weigh"
            failed=1
            ;;
    esac
done
exit $failed
