/* SPDX-License-Identifier: ISC */
/* write(): to the console until a program opens something, by the table of descriptors from then on. */

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include <atman/base/console.h>

#include "file.h"
#include "serve.h"

long (*at_libc_file_writer)(int fd, const struct iovec *parts, int count);

long at_libc_sys_writev(int fd, const struct iovec *parts, int count)
{
    if (at_libc_file_writer != NULL) {
        return at_libc_file_writer(fd, parts, count);
    }
    if (fd != STDOUT_FILENO && fd != STDERR_FILENO) {
        return -EBADF;
    }
    long size = 0;
    for (int i = 0; i < count; i++) {
        if (parts[i].iov_len != 0) {
            at_console_write(parts[i].iov_base, parts[i].iov_len);
            size += (long)parts[i].iov_len;
        }
    }
    return size;
}

long at_libc_sys_write(int fd, const void *bytes, size_t size)
{
    const struct iovec part = {(void *)bytes, size};
    return at_libc_sys_writev(fd, &part, 1);
}
