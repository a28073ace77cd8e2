/* SPDX-License-Identifier: ISC */
/* The system calls of musl that the kit serves; <atman/libc/syscall.h> is the contract. */

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atman/base/console.h>
#include <atman/libc/syscall.h>

static long console_write(long fd, const char *text, size_t size)
{
    if (fd != STDOUT_FILENO && fd != STDERR_FILENO) {
        return -EBADF;
    }
    if (size != 0) {
        at_console_write(text, size);
    }
    return (long)size;
}

long at_libc_syscall(long number, long a1, long a2, long a3, long a4, long a5, long a6)
{
    (void)a4, (void)a5, (void)a6;
    switch (number) {
    case SYS_write:
        return console_write(a1, (const char *)a2, (size_t)a3);
    default:
        return -ENOSYS;
    }
}
