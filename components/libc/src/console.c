/* SPDX-License-Identifier: ISC */
/* The console as a file: descriptors 0, 1 and 2. */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include <atman/base/console.h>
#include <atman/libc/console.h>

#include "file.h"

static long console_read(struct at_libc_file *file, const struct iovec *parts, int count)
{
    (void)file;
    for (int i = 0; i < count; i++) {
        size_t got;
        if (parts[i].iov_len == 0) {
            continue;
        }
        at_status status = at_libc_console_read(parts[i].iov_base, &got, parts[i].iov_len);
        if (status == AT_CLOSED) {
            return 0;
        }
        return status == AT_OK ? (long)got : -EAGAIN;
    }
    return 0;
}

static long console_write(struct at_libc_file *file, const struct iovec *parts, int count)
{
    long size = 0;
    (void)file;
    for (int i = 0; i < count; i++) {
        if (parts[i].iov_len != 0) {
            at_console_write(parts[i].iov_base, parts[i].iov_len);
            size += (long)parts[i].iov_len;
        }
    }
    return size;
}

static int console_ready(struct at_libc_file *file)
{
    size_t got;
    (void)file;
    return POLLOUT | (at_libc_console_read(NULL, &got, 0) == AT_AGAIN ? 0 : POLLIN);
}

/* Enough for isatty(): a terminal, of which nobody knows the size. */
static long console_ioctl(struct at_libc_file *file, unsigned long request, void *argument)
{
    (void)file;
    if (request != TIOCGWINSZ) {
        return -ENOTTY;
    }
    memset(argument, 0, sizeof(struct winsize));
    return 0;
}

static const struct at_libc_file_ops ops = {
    .read = console_read, .write = console_write, .ready = console_ready, .ioctl = console_ioctl};

/* As at_libc_file_init() and three descriptors make it, and once more so that it never ends. */
struct at_libc_file at_libc_console_file = {
    .ops = &ops,
    .waiters = {{&at_libc_console_file.waiters.head, &at_libc_console_file.waiters.head}},
    .references = 4,
    .names = 4,
    .flags = O_RDWR,
};

void at_libc_console_changed(void)
{
    at_libc_file_changed(&at_libc_console_file);
}
