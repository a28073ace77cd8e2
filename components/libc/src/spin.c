/* SPDX-License-Identifier: ISC */
/* pthread_spin_lock() lets its owner run. In the place of musl's, which would spin for ever. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>

int pthread_spin_lock(pthread_spinlock_t *lock)
{
    while (pthread_spin_trylock(lock) == EBUSY) {
        sched_yield();
    }
    return 0;
}
