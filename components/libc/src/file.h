/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_SRC_FILE_H
#define ATMAN_LIBC_SRC_FILE_H

/* What the files about descriptors share. */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/libc/file.h>

#include "park.h"

/*
 * What writes to a descriptor once there is a table of them; NULL before, when 1 and 2 are the console and nothing else
 * is. A variable, so that a program that only writes to the console links no table.
 */
extern long (*at_libc_file_writer)(int fd, const struct iovec *parts, int count);

/* at_libc_file_write is that writer. */
long at_libc_file_write(int fd, const struct iovec *parts, int count);

/* The file of descriptors 0, 1 and 2. */
extern struct at_libc_file at_libc_console_file;

/* at_libc_file_enter returns the file that `fd` names, which stays until at_libc_file_leave(); NULL if none. */
struct at_libc_file *at_libc_file_enter(int fd);
void at_libc_file_leave(struct at_libc_file *file);

/* at_libc_file_open_from is at_libc_file_open() with the lowest free descriptor not below `from`. */
int at_libc_file_open_from(struct at_libc_file *file, int from);

/*
 * at_libc_file_put makes `fd` name `file`, or nothing if NULL; what it named before is closed. Returns 0, or -EBADF for
 * an `fd` that no table could hold, -ENOMEM.
 */
int at_libc_file_put(int fd, struct at_libc_file *file);

/* at_libc_file_discard closes a file that never had a descriptor. */
void at_libc_file_discard(struct at_libc_file *file);

/* A call that may have to wait. */
struct at_libc_call {
    struct at_libc_file *file;
    int wanted; /* POLL... */
    bool waits;
    uint64_t timeout_ns;  /* 0: none */
    uint64_t deadline_ns; /* 0: not begun */
    bool woken;           /* by a change that others wait for too: what it leaves is theirs */
    int error;            /* 0, or what came between the wake-up and the thread's turn: counts if there is nothing */
};

/*
 * at_libc_call_again returns whether an operation that answered `*result` is to be tried again, after waiting; if not,
 * `*result` is the call's: -EINTR when the wait was interrupted, -EBADF when the descriptor was closed meanwhile.
 */
bool at_libc_call_again(struct at_libc_call *call, long *result);

/*
 * at_libc_parts_after stores in `rest` what is left of `count` buffers behind their first `done` bytes, as far as there
 * is room. Returns how many it stored: 0 at the end.
 */
#define AT_LIBC_REST 8
int at_libc_parts_after(struct iovec rest[AT_LIBC_REST], const struct iovec *parts, int count, size_t done);

/* A poll() or select() that sleeps. */
struct at_libc_poller {
    struct at_list_node link;
    struct at_libc_parked parked;
    const struct pollfd *fds;
    size_t count;
};

/* at_libc_poller_sleep parks until one of the poller's files changes; results as at_libc_park(). */
long at_libc_poller_sleep(struct at_libc_poller *poller, uint64_t deadline_ns);

/* at_libc_file_ready returns ops.ready(), in both spellings that poll() knows. */
int at_libc_file_ready(struct at_libc_file *file);

#endif /* ATMAN_LIBC_SRC_FILE_H */
