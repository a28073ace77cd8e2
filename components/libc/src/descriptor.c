/* SPDX-License-Identifier: ISC */
/* The table of descriptors, and how long a file lives. */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include <atman/libc/heap.h>

#include "file.h"
#include "serve.h"

static struct at_libc_file *console_only[16] = {&at_libc_console_file, &at_libc_console_file, &at_libc_console_file};

static struct at_libc_file **table = console_only;
static unsigned room = sizeof console_only / sizeof console_only[0];
static unsigned lowest = 3; /* no descriptor below it is free */

void at_libc_file_init(struct at_libc_file *file, const struct at_libc_file_ops *ops)
{
    *file = (struct at_libc_file){.ops = ops};
    at_list_init(&file->waiters);
}

struct at_libc_file *at_libc_file_of(int fd)
{
    return fd >= 0 && (unsigned)fd < room ? table[fd] : NULL;
}

struct at_libc_file *at_libc_file_enter(int fd)
{
    struct at_libc_file *file = at_libc_file_of(fd);
    if (file != NULL) {
        file->references++;
    }
    return file;
}

void at_libc_file_leave(struct at_libc_file *file)
{
    if (--file->references == 0 && file->ops->close != NULL) {
        file->ops->close(file);
    }
}

void at_libc_file_discard(struct at_libc_file *file)
{
    file->references = 1;
    at_libc_file_leave(file);
}

/* Makes room for descriptor `fd`. */
static int grow(unsigned fd)
{
    unsigned more = room;
    if (fd >= AT_LIBC_FILES_MAX) {
        return -EMFILE;
    }
    while (more <= fd) {
        more *= 2;
    }
    struct at_libc_file **larger =
        at_libc_heap_realloc(table == console_only ? NULL : table, more * sizeof(struct at_libc_file *));
    if (larger == NULL) {
        return -ENOMEM;
    }
    if (table == console_only) {
        for (unsigned i = 0; i < room; i++) {
            larger[i] = console_only[i];
        }
    }
    for (unsigned i = room; i < more; i++) {
        larger[i] = NULL;
    }
    table = larger;
    room = more;
    return 0;
}

/* Makes the free descriptor `fd`, for which there is room, name `file`. */
static void name(unsigned fd, struct at_libc_file *file)
{
    table[fd] = file;
    file->names++;
    file->references++;
    at_libc_file_writer = at_libc_file_write;
}

int at_libc_file_open_from(struct at_libc_file *file, int from)
{
    unsigned fd = (unsigned)from > lowest ? (unsigned)from : lowest;
    while (fd < room && table[fd] != NULL) {
        fd++;
    }
    if (fd >= room) {
        int status = grow(fd);
        if (status != 0) {
            return status;
        }
    }
    if ((unsigned)from <= lowest) {
        lowest = fd + 1;
    }
    name(fd, file);
    return (int)fd;
}

int at_libc_file_open(struct at_libc_file *file, int flags)
{
    file->flags = flags;
    return at_libc_file_open_from(file, 0);
}

int at_libc_file_put(int fd, struct at_libc_file *file)
{
    struct at_libc_file *before = at_libc_file_of(fd);
    if (fd < 0 || fd >= AT_LIBC_FILES_MAX || (file == NULL && before == NULL)) {
        return -EBADF;
    }
    if ((unsigned)fd >= room) {
        int status = grow((unsigned)fd);
        if (status != 0) {
            return status;
        }
    }
    at_libc_file_writer = at_libc_file_write;
    if (file != NULL) {
        name((unsigned)fd, file);
    } else {
        table[fd] = NULL;
        lowest = (unsigned)fd < lowest ? (unsigned)fd : lowest;
    }
    if (before != NULL) {
        if (--before->names == 0) {
            at_libc_file_changed(before); /* nobody can name it again: whoever waits on it shall not wait for ever */
        }
        at_libc_file_leave(before);
    }
    return 0;
}

long at_libc_sys_close(int fd)
{
    return at_libc_file_put(fd, NULL);
}

long at_libc_sys_dup(int fd)
{
    struct at_libc_file *file = at_libc_file_of(fd);
    return file != NULL ? at_libc_file_open_from(file, 0) : -EBADF;
}

long at_libc_sys_dup2(int from, int to)
{
    struct at_libc_file *file = at_libc_file_of(from);
    if (file == NULL) {
        return -EBADF;
    }
    int status = from == to ? 0 : at_libc_file_put(to, file);
    return status != 0 ? status : to;
}

long at_libc_sys_fcntl(int fd, int command, long argument)
{
    struct at_libc_file *file = at_libc_file_of(fd);
    if (file == NULL) {
        return -EBADF;
    }
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (argument < 0 || argument >= AT_LIBC_FILES_MAX) {
            return -EINVAL;
        }
        return at_libc_file_open_from(file, (int)argument);
    case F_GETFL: return file->flags;
    case F_SETFL: file->flags = (file->flags & ~O_NONBLOCK) | ((int)argument & O_NONBLOCK); return 0;
    case F_GETFD: /* nothing is ever executed, so it does not matter what is closed then */
    case F_SETFD: return 0;
    default: return -EINVAL;
    }
}
