/* SPDX-License-Identifier: ISC */
#include <atman/sched/lock.h>

void at_sched_semaphore_init(struct at_sched_semaphore *semaphore, struct at_sched *sched, const char *name,
                             uint64_t count)
{
    at_sched_wait_queue_init(&semaphore->queue, sched, name);
    semaphore->queue.kind = "semaphore";
    semaphore->count = count;
}

at_status at_sched_semaphore_try_wait(struct at_sched_semaphore *semaphore)
{
    if (semaphore->count == 0)
        return AT_AGAIN;
    semaphore->count--;
    return AT_OK;
}

at_status at_sched_semaphore_wait(struct at_sched_semaphore *semaphore, uint64_t deadline_ns)
{
    if (at_sched_semaphore_try_wait(semaphore) == AT_OK)
        return AT_OK;
    return at_sched_wait(&semaphore->queue, deadline_ns); /* whoever posts hands the unit over, uncounted */
}

void at_sched_semaphore_post(struct at_sched_semaphore *semaphore)
{
    if (!at_sched_wake_one(&semaphore->queue))
        semaphore->count++;
}
