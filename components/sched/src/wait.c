/* SPDX-License-Identifier: ISC */
#include <atman/sched/wait.h>

#include "internal.h"

void at_sched_wait_queue_init(struct at_sched_wait_queue *queue, struct at_sched *sched, const char *name)
{
    at_list_init(&queue->waiting);
    queue->sched = sched;
    queue->kind = "queue";
    queue->name = name;
    queue->owner = NULL;
}

void at_sched_wake_up(struct at_sched_thread *thread, at_status status)
{
    thread->waits_for = NULL;
    thread->wake_status = status;
    at_sched_make_ready(thread->end.sched, thread);
}

static void time_out(struct at_sched_timer *timer)
{
    struct at_sched_thread *thread = AT_CONTAINER_OF(timer, struct at_sched_thread, timeout);

    if (thread->waits_for)
        at_list_remove(&thread->link);
    at_sched_wake_up(thread, AT_TIMED_OUT);
}

/* Blocks `self`, the current thread, which has stopped running and is in the queue it waits for, if there is one. */
static at_status block(struct at_sched_thread *self, uint64_t deadline_ns)
{
    struct at_sched *sched = self->end.sched;

    if (deadline_ns != AT_NEVER)
        at_sched_timer_start(&sched->timers, &self->timeout, deadline_ns, time_out);
    at_sched_give_way(sched);
    return self->wake_status;
}

at_status at_sched_wait(struct at_sched_wait_queue *queue, uint64_t deadline_ns)
{
    struct at_sched_thread *self = at_sched_self(queue->sched);

    at_sched_stop_running(self);
    self->waits_for = queue;
    at_list_push_back(&queue->waiting, &self->link);
    return block(self, deadline_ns);
}

void at_sched_thread_sleep(struct at_sched *sched, uint64_t deadline_ns)
{
    struct at_sched_thread *self = at_sched_self(sched);

    at_sched_stop_running(self);
    block(self, deadline_ns);
}

struct at_sched_thread *at_sched_wake_one(struct at_sched_wait_queue *queue)
{
    struct at_list_node *node = at_list_pop_front(&queue->waiting);
    struct at_sched_thread *thread;

    if (!node)
        return NULL;
    thread = AT_CONTAINER_OF(node, struct at_sched_thread, link);
    at_sched_timer_stop(&queue->sched->timers, &thread->timeout);
    at_sched_wake_up(thread, AT_OK);
    return thread;
}

size_t at_sched_wake_all(struct at_sched_wait_queue *queue)
{
    size_t woken = 0;

    while (at_sched_wake_one(queue))
        woken++;
    return woken;
}
