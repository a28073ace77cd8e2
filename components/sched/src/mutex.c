/* SPDX-License-Identifier: ISC */
#include <atman/base/clock.h>
#include <atman/base/panic.h>
#include <atman/sched/lock.h>

#include "internal.h"

void at_sched_mutex_init(struct at_sched_mutex *mutex, struct at_sched *sched, const char *name)
{
    at_sched_wait_queue_init(&mutex->queue, sched, name);
    mutex->queue.kind = "mutex";
}

at_status at_sched_mutex_try_lock(struct at_sched_mutex *mutex)
{
    struct at_sched_thread *self = at_sched_self(mutex->queue.sched);

    if (mutex->queue.owner)
        return AT_BUSY;
    mutex->queue.owner = self;
    return AT_OK;
}

at_status at_sched_mutex_lock_until(struct at_sched_mutex *mutex, uint64_t deadline_ns)
{
    if (at_sched_mutex_try_lock(mutex) == AT_OK)
        return AT_OK;
    if (mutex->queue.owner == mutex->queue.sched->current)
        at_panic("sched: a thread locked a mutex twice");
    return at_sched_wait(&mutex->queue, deadline_ns); /* whoever unlocks hands it over */
}

void at_sched_mutex_lock(struct at_sched_mutex *mutex)
{
    at_sched_mutex_lock_until(mutex, AT_NEVER);
}

void at_sched_mutex_unlock(struct at_sched_mutex *mutex)
{
    if (mutex->queue.owner != at_sched_self(mutex->queue.sched))
        at_panic("sched: a thread unlocked a mutex that it does not own");
    mutex->queue.owner = at_sched_wake_one(&mutex->queue);
}
