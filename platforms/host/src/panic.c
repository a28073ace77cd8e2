/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE

#include <atman/base/panic.h>

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* One writev(2): whole even when another process writes to the same file, and no lock or buffer that may be broken. */
void at_panic(const char *reason)
{
    const struct iovec parts[] = {
        {.iov_base = (char *)"panic: ", .iov_len = 7},
        {.iov_base = (char *)reason, .iov_len = strlen(reason)},
        {.iov_base = (char *)"\n", .iov_len = 1},
    };
    ssize_t ignored = writev(STDERR_FILENO, parts, 3);

    (void)ignored;
    abort();
}
