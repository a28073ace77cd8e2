/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_SCHED_TIMER_H
#define ATMAN_SCHED_TIMER_H

/*
 * Timers: call a function at or after a moment of the monotonic clock.
 *
 * A timer is memory of the caller's, embedded in whatever waits; the queue links it and never allocates. Callbacks
 * run from at_sched_timer_run(), one after another: they may start and stop any timer, their own included, but must
 * not block. A queue needs no threads and works alone; a scheduler owns one and runs it, see at_sched_timers().
 *
 * Not for: wall-clock alarms (the wall clock jumps), or periods (start the timer again in its callback).
 *
 * Times are nanoseconds of the monotonic clock in a uint64_t that lasts 584 years; a time in the past is due now.
 * The queue is a pairing heap: starting a timer and finding the next deadline cost O(1), stopping one and letting one
 * run O(log n) amortised over the calls; one call may cost O(n), once, for n timers started since the last one ran.
 * Nothing here is safe against another CPU.
 */

#include <stdint.h>

#include <atman/base/clock.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_sched_timer;

/* Called once when `timer` is due; it is no longer pending then and may be started again or freed. */
typedef void (*at_sched_timer_fn)(struct at_sched_timer *timer);

/* A timer. Zero it once; after that every member is the queue's. Must not move while pending. */
struct at_sched_timer {
    uint64_t deadline_ns;
    uint64_t order;       /* of starting, among equal deadlines */
    at_sched_timer_fn fn; /* NULL = not pending */
    struct at_sched_timer *child;
    struct at_sched_timer *sibling;
    struct at_sched_timer *previous; /* elder sibling, or the parent of a first child; NULL for a root */
};

/* A queue of timers. Zeroed memory is an empty queue; every member is the queue's, `pending` may be read. */
struct at_sched_timer_queue {
    struct at_sched_timer *old;   /* heap of timers that the run in progress, or the next one, looks at */
    struct at_sched_timer *young; /* heap of timers started since then */
    uint64_t started;
    uint64_t pending; /* how many timers wait */
};

/*
 * at_sched_timer_start makes `timer` due at `deadline_ns`, calling `fn` (not NULL). A pending timer is moved and
 * counts as started last. AT_NEVER is a deadline that never comes: such a timer stays pending until it is stopped.
 *
 * Cannot fail. Never blocks; may be called from callbacks and event handlers. O(1), O(log n) for a pending timer.
 */
void at_sched_timer_start(struct at_sched_timer_queue *queue, struct at_sched_timer *timer, uint64_t deadline_ns,
                          at_sched_timer_fn fn);

/*
 * at_sched_timer_stop takes `timer` out of `queue`, which must be the queue that it was started in.
 *
 * Returns 1 if it was pending: its callback will not run; 0 otherwise. Never blocks. O(log n) amortised.
 */
int at_sched_timer_stop(struct at_sched_timer_queue *queue, struct at_sched_timer *timer);

/* at_sched_timer_next returns the earliest deadline, or AT_NEVER when none will come. O(1). */
uint64_t at_sched_timer_next(const struct at_sched_timer_queue *queue);

/*
 * at_sched_timer_run calls every timer that was due at `now_ns` (below AT_NEVER) when the call began, earliest first,
 * equals in the order in which they were started. Timers that callbacks start wait for the next call, so that one
 * timer cannot starve the rest. Must not be called from a callback.
 *
 * Returns how many ran. O(log n) amortised for each of them, O(1) when none is due.
 */
uint64_t at_sched_timer_run(struct at_sched_timer_queue *queue, uint64_t now_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_SCHED_TIMER_H */
