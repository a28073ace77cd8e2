/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_SELF_H
#define ATMAN_LIBC_SELF_H

/* Where the state of the thread that runs is: <atman/libc/thread.h>, at_libc_thread_follow(). */
extern void *const *const *at_libc_thread_current;

/* at_libc_self returns musl's state of the thread that runs. */
static inline void *at_libc_self(void)
{
    return **at_libc_thread_current;
}

#endif /* ATMAN_LIBC_SELF_H */
