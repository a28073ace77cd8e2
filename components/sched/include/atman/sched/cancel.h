/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_SCHED_CANCEL_H
#define ATMAN_SCHED_CANCEL_H

/*
 * Asking a thread to end. It is not ended from outside, which would leave what it holds held: it is woken where it says
 * that it may be, and learns by AT_CANCELLED that it should give up, clean up and return.
 *
 * Cancellation points are the two functions here that wait, and whatever waits by at_sched_cancellable_waiter(); no
 * other wait ends early, so a mutex is never lost and a join is never cut short. A request stays with the thread: each
 * cancellation point from then on returns AT_CANCELLED at once.
 */

#include <stdbool.h>

#include <atman/sched/thread.h>
#include <atman/sched/wait.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_sched_thread_cancel asks `thread` to end, and wakes it if it waits at a cancellation point and nobody has woken
 * it. Never blocks; may be called from callbacks and event handlers, and by the thread itself. A thread that has ended
 * stays as it is. O(1), with a deadline O(log n) amortised.
 */
void at_sched_thread_cancel(struct at_sched_thread *thread);

/* at_sched_thread_is_cancelled returns whether `thread` was asked to end: for work between two cancellation points. */
static inline bool at_sched_thread_is_cancelled(const struct at_sched_thread *thread)
{
    return thread->cancelled;
}

/*
 * at_sched_wait_cancellable is at_sched_wait(), and a cancellation point: it returns AT_CANCELLED, without having
 * waited, when the current thread was asked to end before, and as soon as it is asked. A wake-up that came before the
 * request counts: AT_OK.
 */
at_status at_sched_wait_cancellable(struct at_sched_wait_queue *queue, uint64_t deadline_ns);

/*
 * at_sched_sleep_cancellable blocks the current thread until the monotonic clock reaches `deadline_ns`, AT_TIMED_OUT,
 * or until it is asked to end, AT_CANCELLED. Not from handlers.
 */
at_status at_sched_sleep_cancellable(struct at_sched *sched, uint64_t deadline_ns);

/*
 * at_sched_cancellable_waiter is at_sched_wait_queue_waiter() whose sleep is a cancellation point: what drivers and
 * protocol clients that are given it wait for ends with AT_CANCELLED, which they hand on to their callers.
 */
struct at_wait at_sched_cancellable_waiter(struct at_sched_wait_queue *queue);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_SCHED_CANCEL_H */
