/* SPDX-License-Identifier: ISC */
/*
 * What a program gets that makes no threads and cancels none, in musl's own way: weak definitions, which the real ones
 * of clone.c and cancel.c take the place of when pthread_create() or pthread_cancel() brings them in. Nobody else can
 * hold a lock, so there is nothing to wait for.
 */

#include "serve.h"
#include "stdio_impl.h"

__attribute__((__weak__)) long at_libc_cancellation(void)
{
    return 0;
}

__attribute__((__weak__)) void __lock(volatile int *lock)
{
    (void)lock;
}

__attribute__((__weak__)) void __unlock(volatile int *lock)
{
    (void)lock;
}

__attribute__((__weak__)) int __lockfile(FILE *file)
{
    (void)file;
    return 0; /* nothing to unlock */
}

__attribute__((__weak__)) void __unlockfile(FILE *file)
{
    (void)file;
}
