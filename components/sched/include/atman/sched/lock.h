/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_SCHED_LOCK_H
#define ATMAN_SCHED_LOCK_H

/*
 * Locks between threads: mutex, counting semaphore, condition.
 *
 * Cooperative threads need a mutex only where they give way while data is inconsistent, most often around a call that
 * may block. What is handed over goes to the oldest waiter directly: a thread that unlocks and locks again at once
 * waits behind those that asked before, so nobody starves.
 *
 * Each lives in the caller's memory, must not move while in use, and belongs to the threads of one scheduler. `name`
 * (not NULL) is borrowed; a deadlock report shows it and, for a mutex, who holds it. Ending one needs no call: nobody
 * may wait.
 *
 * Deadlines are times of the monotonic clock, AT_NEVER for none. A mutex belongs to a thread, so its functions panic
 * in handlers and timer callbacks; so do all others that would have to block there. What never blocks may be called
 * from anywhere. Each is O(1) but for a timer's O(log n) where a deadline is given.
 */

#include <stdint.h>

#include <atman/base/status.h>
#include <atman/sched/wait.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A mutex: one owner at a time. Members are the scheduler's. */
struct at_sched_mutex {
    struct at_sched_wait_queue queue; /* its owner is the mutex's */
};

/* A counting semaphore. Members are the scheduler's. */
struct at_sched_semaphore {
    struct at_sched_wait_queue queue;
    uint64_t count;
};

/* A condition, to be used with one mutex at a time. Members are the scheduler's. */
struct at_sched_condition {
    struct at_sched_wait_queue queue;
};

/* at_sched_mutex_init makes `mutex` unlocked. */
void at_sched_mutex_init(struct at_sched_mutex *mutex, struct at_sched *sched, const char *name);

/* at_sched_mutex_lock makes the current thread the owner; may block. Panics when it is the owner already. */
void at_sched_mutex_lock(struct at_sched_mutex *mutex);

/* at_sched_mutex_lock_until is at_sched_mutex_lock with a deadline. Returns AT_OK; AT_TIMED_OUT: not the owner. */
at_status at_sched_mutex_lock_until(struct at_sched_mutex *mutex, uint64_t deadline_ns);

/* at_sched_mutex_try_lock never blocks. Returns AT_OK; AT_BUSY when any thread owns it, the current one included. */
at_status at_sched_mutex_try_lock(struct at_sched_mutex *mutex);

/*
 * at_sched_mutex_unlock makes the oldest waiter the owner, or nobody. Never switches. Panics when the current thread
 * is not the owner.
 */
void at_sched_mutex_unlock(struct at_sched_mutex *mutex);

/* at_sched_semaphore_init gives `semaphore` `count` units. */
void at_sched_semaphore_init(struct at_sched_semaphore *semaphore, struct at_sched *sched, const char *name,
                             uint64_t count);

/* at_sched_semaphore_wait takes one unit; may block. Returns AT_OK; AT_TIMED_OUT: none taken. */
at_status at_sched_semaphore_wait(struct at_sched_semaphore *semaphore, uint64_t deadline_ns);

/* at_sched_semaphore_try_wait takes one unit if there is one. Returns AT_OK, AT_AGAIN. */
at_status at_sched_semaphore_try_wait(struct at_sched_semaphore *semaphore);

/* at_sched_semaphore_post gives one unit: to the oldest waiter, or to be kept. 2^64 units cannot be reached. */
void at_sched_semaphore_post(struct at_sched_semaphore *semaphore);

/* at_sched_condition_init makes `condition` one that nobody waits for. */
void at_sched_condition_init(struct at_sched_condition *condition, struct at_sched *sched, const char *name);

/*
 * at_sched_condition_wait unlocks `mutex`, blocks until signalled, and locks `mutex` again. Unlocking and beginning
 * to wait are one step. The current thread must own `mutex` (else: panic) and owns it afterwards whatever is
 * returned; the deadline is for the signal, not for the mutex.
 *
 * Returns AT_OK when signalled: check what you waited for, another thread may have been first; AT_TIMED_OUT.
 */
at_status at_sched_condition_wait(struct at_sched_condition *condition, struct at_sched_mutex *mutex,
                                  uint64_t deadline_ns);

/* at_sched_condition_signal wakes the oldest waiter, if any. The mutex need not be held. */
void at_sched_condition_signal(struct at_sched_condition *condition);

/* at_sched_condition_broadcast wakes all waiters, oldest first. The mutex need not be held. */
void at_sched_condition_broadcast(struct at_sched_condition *condition);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_SCHED_LOCK_H */
