/* SPDX-License-Identifier: ISC */
#include <atman/sched/cancel.h>

#include "internal.h"

void at_sched_thread_cancel(struct at_sched_thread *thread)
{
    thread->cancelled = true;
    if (!thread->cancellable || !thread->waits_for)
        return;
    at_list_remove(&thread->link);
    at_sched_timer_stop(&thread->end.sched->timers, &thread->timeout);
    at_sched_wake_up(thread, AT_CANCELLED);
}

at_status at_sched_wait_cancellable(struct at_sched_wait_queue *queue, uint64_t deadline_ns)
{
    struct at_sched_thread *self = at_sched_self(queue->sched);
    at_status status;

    if (self->cancelled)
        return AT_CANCELLED;
    self->cancellable = true;
    status = at_sched_wait(queue, deadline_ns);
    self->cancellable = false;
    return status;
}

/* In a queue that nobody else knows: a thread that waits in none could not be told from one that was woken. */
at_status at_sched_sleep_cancellable(struct at_sched *sched, uint64_t deadline_ns)
{
    struct at_sched_wait_queue queue;

    at_sched_wait_queue_init(&queue, sched, "the clock");
    return at_sched_wait_cancellable(&queue, deadline_ns);
}

static uint64_t now_ns(void *ctx)
{
    const struct at_sched_wait_queue *queue = ctx;

    return at_sched_now_ns(queue->sched);
}

static at_status sleep_until(void *ctx, uint64_t deadline_ns)
{
    return at_sched_wait_cancellable(ctx, deadline_ns);
}

static void wake(void *ctx)
{
    at_sched_wake_all(ctx);
}

struct at_wait at_sched_cancellable_waiter(struct at_sched_wait_queue *queue)
{
    static const struct at_wait_ops ops = {now_ns, sleep_until, wake};

    return (struct at_wait){&ops, queue};
}
