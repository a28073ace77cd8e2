/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_SCHED_WAIT_H
#define ATMAN_SCHED_WAIT_H

/*
 * Wait queues: threads sleep on one until somebody wakes them or a deadline comes. What everything that blocks is
 * made of.
 *
 * Threads are cooperative: between checking a condition and at_sched_wait() nothing else runs, so no wake-up is lost
 * and no lock is needed. A wake-up is no promise that the condition holds, only that somebody thought so: check it
 * again.
 *
 *     while (ring_is_empty(ring) && status == AT_OK)
 *         status = at_sched_wait(&ring->filled, deadline_ns);
 *
 * Waiting may be done by threads only, never by timer callbacks or event handlers (which panic); waking by anybody.
 * Waking makes threads ready to run, the oldest waiter first; it never switches to them.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/list.h>
#include <atman/base/status.h>
#include <atman/base/wait.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_sched;
struct at_sched_thread;

/* A wait queue, in the caller's memory. Every member is the scheduler's. Must not move while threads wait on it. */
struct at_sched_wait_queue {
    struct at_list waiting; /* threads, oldest first */
    struct at_sched *sched;
    const char *kind;              /* for reports: "queue", "mutex", "thread" ... */
    const char *name;              /* for reports */
    struct at_sched_thread *owner; /* for reports: who is expected to wake it, or NULL */
};

/*
 * at_sched_wait_queue_init makes `queue` empty. Its threads belong to `sched`. `name` (not NULL) says in a deadlock
 * report what is waited for; it is borrowed and must live as long as the queue. Nothing need be done to end an empty
 * queue.
 */
void at_sched_wait_queue_init(struct at_sched_wait_queue *queue, struct at_sched *sched, const char *name);

/*
 * at_sched_wait blocks the current thread until it is woken or the monotonic clock reaches `deadline_ns` (AT_NEVER:
 * no deadline). It always gives other threads a chance to run, even with a deadline in the past.
 *
 * Returns AT_OK (woken), AT_TIMED_OUT. If nothing can ever wake any thread it does not return: see the deadlock
 * report in <atman/sched/thread.h>. O(1) without a deadline, else the cost of starting and stopping a timer.
 */
at_status at_sched_wait(struct at_sched_wait_queue *queue, uint64_t deadline_ns);

/*
 * at_sched_wake_one makes the oldest waiter ready. Never blocks; may be called from callbacks and event handlers.
 *
 * Returns the thread that was woken, or NULL when none waits: a wake-up is not kept for later. O(1), with a deadline
 * O(log n) amortised.
 */
struct at_sched_thread *at_sched_wake_one(struct at_sched_wait_queue *queue);

/*
 * at_sched_wake_all makes all waiters ready, oldest first. Never blocks; may be called from callbacks and handlers.
 *
 * Returns how many. Costs as much as so many calls of at_sched_wake_one().
 */
size_t at_sched_wake_all(struct at_sched_wait_queue *queue);

/*
 * at_sched_wait_queue_waiter returns the wait seam of <atman/base/wait.h> on `queue`, which must outlive it: what
 * drivers and protocol clients that know no scheduler are given. sleep is at_sched_wait(), wake is
 * at_sched_wake_all(), now is the scheduler's clock. sleep never returns AT_DEADLOCK: a deadlock of threads ends in
 * the report.
 */
struct at_wait at_sched_wait_queue_waiter(struct at_sched_wait_queue *queue);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_SCHED_WAIT_H */
