/* SPDX-License-Identifier: ISC */
#include <atman/sched/lock.h>

void at_sched_condition_init(struct at_sched_condition *condition, struct at_sched *sched, const char *name)
{
    at_sched_wait_queue_init(&condition->queue, sched, name);
    condition->queue.kind = "condition";
}

at_status at_sched_condition_wait(struct at_sched_condition *condition, struct at_sched_mutex *mutex,
                                  uint64_t deadline_ns)
{
    at_status status;

    at_sched_mutex_unlock(mutex);
    status = at_sched_wait(&condition->queue, deadline_ns);
    at_sched_mutex_lock(mutex);
    return status;
}

void at_sched_condition_signal(struct at_sched_condition *condition)
{
    at_sched_wake_one(&condition->queue);
}

void at_sched_condition_broadcast(struct at_sched_condition *condition)
{
    at_sched_wake_all(&condition->queue);
}
