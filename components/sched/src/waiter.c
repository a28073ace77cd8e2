/* SPDX-License-Identifier: ISC */
#include <atman/sched/thread.h>
#include <atman/sched/wait.h>

static uint64_t now_ns(void *ctx)
{
    const struct at_sched_wait_queue *queue = ctx;

    return at_sched_now_ns(queue->sched);
}

static at_status sleep_until(void *ctx, uint64_t deadline_ns)
{
    return at_sched_wait(ctx, deadline_ns);
}

static void wake(void *ctx)
{
    at_sched_wake_all(ctx);
}

struct at_wait at_sched_wait_queue_waiter(struct at_sched_wait_queue *queue)
{
    static const struct at_wait_ops ops = {now_ns, sleep_until, wake};

    return (struct at_wait){&ops, queue};
}
