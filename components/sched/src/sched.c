/* SPDX-License-Identifier: ISC */
#include "internal.h"

#include <atman/base/panic.h>

#include "context.h"
#include "sanitizer.h"

void at_sched_init(struct at_sched *sched, const struct at_sched_config *config)
{
    struct at_sched_thread *main = &sched->main;

    *sched = (struct at_sched){.current = main, .config = *config};
    at_list_init(&sched->threads);
    at_list_init(&sched->dead);
    at_sched_wait_queue_init(&main->end, sched, "main");
    main->release = AT_SCHED_RELEASE_NEVER;
    main->local = config->local;
    at_list_push_back(&sched->threads, &main->all);
    at_sched_make_ready(sched, main);
}

at_status at_sched_fini(struct at_sched *sched)
{
    if (at_sched_self(sched) != &sched->main)
        at_panic("sched: at_sched_fini() is for the main thread");
    at_sched_release_dead(sched);
    return at_list_next(&sched->threads, &sched->main.all) || sched->timers.pending ? AT_BUSY : AT_OK;
}

struct at_sched_thread *at_sched_self(struct at_sched *sched)
{
    if (sched->in_handler)
        at_panic("sched: a handler or timer callback tried to wait");
    return sched->current;
}

/*
 * The run queue is a ring without a head, in which the thread that runs stays: the next one is first, it is last. So a
 * yield writes to no link, it goes one further. `place` is where the ring begins, that is, ends: the thread that runs,
 * or, once that one has given way, the first in the queue.
 */
void at_sched_make_ready(struct at_sched *sched, struct at_sched_thread *thread)
{
    struct at_list_node *node = &thread->link;

    if (sched->place) {
        at_list_insert_before(sched->place, node);
    } else {
        *node = (struct at_list_node){node, node};
        sched->place = node;
    }
    sched->ready++;
}

void at_sched_stop_running(struct at_sched_thread *self)
{
    struct at_sched *sched = self->end.sched;
    struct at_list_node *next = self->link.next;

    at_list_remove(&self->link);
    sched->place = next == &self->link ? NULL : next;
    sched->ready--;
}

/* Ends a look at events: runs the timers that are due and begins the next round. */
static void begin_round(struct at_sched *sched)
{
    if (at_sched_timer_next(&sched->timers) != AT_NEVER)
        at_sched_timer_run(&sched->timers, at_sched_now_ns(sched));
    sched->in_handler = false;
    sched->round_left = sched->ready > AT_SCHED_ROUND_MIN ? sched->ready : AT_SCHED_ROUND_MIN;
}

/* Looks at events and timers while threads are ready. */
static void poll(struct at_sched *sched)
{
    at_sched_release_dead(sched);
    sched->in_handler = true;
    sched->config.ops->poll(sched->config.ctx);
    begin_round(sched);
}

/* Waits for events and timers when no thread is ready. */
static void idle(struct at_sched *sched)
{
    at_status status;

    at_sched_release_dead(sched);
    sched->in_handler = true;
    status = sched->config.ops->idle(sched->config.ctx, at_sched_timer_next(&sched->timers));
    if (status == AT_DEADLOCK)
        at_sched_report_deadlock(sched);
    if (status != AT_OK && status != AT_TIMED_OUT)
        at_panic("sched: idle() failed");
    begin_round(sched);
}

void at_sched_give_way(struct at_sched *sched)
{
    struct at_sched_thread *self = sched->current;
    struct at_sched_thread *next;
    void *fake_stack;

    if (sched->round_left == 0 && sched->place)
        poll(sched);
    while (!sched->place)
        idle(sched);
    sched->round_left--;
    next = AT_CONTAINER_OF(sched->place, struct at_sched_thread, link);
    if (next == self)
        return;

    sched->current = next;
    fake_stack = at_sched_sanitizer_leave(self, next);
    self = at_sched_context_switch(self, next);
    at_sched_sanitizer_arrive(fake_stack, self);
}

void at_sched_thread_yield(struct at_sched *sched)
{
    const struct at_list_node *self = &at_sched_self(sched)->link;
    struct at_list_node *next = self->next;

    AT_ASSERT(next->prev == self); /* a corrupted list is never walked */
    sched->place = next;
    at_sched_give_way(sched);
}
