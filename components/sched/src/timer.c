/* SPDX-License-Identifier: ISC */
#include <atman/sched/timer.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * Pairing heap (Fredman, Sedgewick, Sleator, Tarjan: The Pairing Heap, Algorithmica 1986). A timer's children are a
 * list through `sibling`, of which the first one's `previous` is the parent. The roots' `sibling` and `previous` are
 * NULL.
 */

static bool is_before(const struct at_sched_timer *a, const struct at_sched_timer *b)
{
    return a->deadline_ns < b->deadline_ns || (a->deadline_ns == b->deadline_ns && a->order < b->order);
}

/* Makes one heap of two, either of which may be NULL. */
static struct at_sched_timer *meld(struct at_sched_timer *a, struct at_sched_timer *b)
{
    if (!a)
        return b;
    if (!b)
        return a;
    if (is_before(b, a)) {
        struct at_sched_timer *later = a;

        a = b;
        b = later;
    }
    b->previous = a;
    b->sibling = a->child;
    if (a->child)
        a->child->previous = b;
    a->child = b;
    return a;
}

/* Makes one heap of a list of siblings: melds them in pairs, then the pairs from the last to the first. */
static struct at_sched_timer *meld_siblings(struct at_sched_timer *first)
{
    struct at_sched_timer *pairs = NULL;
    struct at_sched_timer *root = NULL;

    while (first) {
        struct at_sched_timer *a = first;
        struct at_sched_timer *b = a->sibling;

        first = b ? b->sibling : NULL;
        a->sibling = a->previous = NULL;
        if (b)
            b->sibling = b->previous = NULL;
        a = meld(a, b);
        a->sibling = pairs;
        pairs = a;
    }
    while (pairs) {
        struct at_sched_timer *next = pairs->sibling;

        pairs->sibling = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

void at_sched_timer_start(struct at_sched_timer_queue *queue, struct at_sched_timer *timer, uint64_t deadline_ns,
                          at_sched_timer_fn fn)
{
    at_sched_timer_stop(queue, timer);
    timer->deadline_ns = deadline_ns;
    timer->order = queue->started++;
    timer->fn = fn;
    queue->young = meld(queue->young, timer);
    queue->pending++;
}

int at_sched_timer_stop(struct at_sched_timer_queue *queue, struct at_sched_timer *timer)
{
    struct at_sched_timer *heir;
    struct at_sched_timer **place;

    if (!timer->fn)
        return 0;

    /* Its children, made one heap, are due after its parent: they take its place, whichever heap that is in. */
    heir = meld_siblings(timer->child);
    if (timer->previous)
        place = timer->previous->child == timer ? &timer->previous->child : &timer->previous->sibling;
    else
        place = queue->old == timer ? &queue->old : &queue->young;
    if (heir) {
        heir->previous = timer->previous;
        heir->sibling = timer->sibling;
        if (timer->sibling)
            timer->sibling->previous = heir;
        *place = heir;
    } else {
        if (timer->sibling)
            timer->sibling->previous = timer->previous;
        *place = timer->sibling;
    }
    timer->fn = NULL;
    timer->child = timer->sibling = timer->previous = NULL;
    queue->pending--;
    return 1;
}

uint64_t at_sched_timer_next(const struct at_sched_timer_queue *queue)
{
    uint64_t next_ns = AT_NEVER;

    if (queue->old)
        next_ns = queue->old->deadline_ns;
    if (queue->young && queue->young->deadline_ns < next_ns)
        next_ns = queue->young->deadline_ns;
    return next_ns;
}

uint64_t at_sched_timer_run(struct at_sched_timer_queue *queue, uint64_t now_ns)
{
    uint64_t ran = 0;

    queue->old = meld(queue->old, queue->young);
    queue->young = NULL;
    while (queue->old && queue->old->deadline_ns <= now_ns) {
        struct at_sched_timer *timer = queue->old;
        at_sched_timer_fn fn = timer->fn;

        at_sched_timer_stop(queue, timer);
        fn(timer);
        ran++;
    }
    return ran;
}
