/* SPDX-License-Identifier: ISC */
/*
 * The locks inside musl. It takes them only when it knows of a second thread (libc.need_locks; a FILE's lock that is
 * not -1), and no call of this library makes one, so reaching a lock is a bug. In the place of musl's __lock.c and
 * __lockfile.c, which would spin for ever on a futex that no kernel serves.
 */

#include <atman/base/panic.h>

#include "libc.h"
#include "lock.h"
#include "stdio_impl.h"

void __lock(volatile int *lock)
{
    (void)lock;
    if (libc.need_locks) {
        at_panic("libc: a lock is wanted");
    }
}

void __unlock(volatile int *lock)
{
    (void)lock;
}

int __lockfile(FILE *file)
{
    (void)file;
    at_panic("libc: a lock is wanted");
}

void __unlockfile(FILE *file)
{
    (void)file;
}
