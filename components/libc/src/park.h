/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_PARK_H
#define ATMAN_LIBC_PARK_H

/* Where every wait of the C library ends: a thread that is parked, and what ends it. */

#include <stdbool.h>
#include <stdint.h>

#include <atman/base/list.h>

/* A wait, on the stack of whoever waits. */
struct at_libc_parked {
    struct at_list_node all;
    void *place;  /* the platform's */
    void *thread; /* musl's state of who waits */
    bool over;
    long result;
    long error; /* the last one, be it that something else had ended the wait */
};

/*
 * at_libc_park blocks the calling thread until at_libc_unpark(), or `deadline_ns`. `what` is for a deadlock's report.
 * Returns what at_libc_unpark() was given, or -ETIMEDOUT.
 */
long at_libc_park(struct at_libc_parked *parked, uint64_t deadline_ns, const char *what);

/*
 * at_libc_unpark ends a wait, once, with `result`. Never switches. A thread that was woken, and has not run since,
 * keeps what it was woken with: it may find, and must not lose, what it waited for. If not, `error` is its end.
 */
void at_libc_unpark(struct at_libc_parked *parked, long result);

/* at_libc_self returns musl's state of the thread that runs. */
void *at_libc_self(void);

/* at_libc_interrupt ends the wait of the thread whose state is `thread` with -EINTR, if it waits. */
void at_libc_interrupt(void *thread);

#endif /* ATMAN_LIBC_PARK_H */
