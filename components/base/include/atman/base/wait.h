/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_BASE_WAIT_H
#define ATMAN_BASE_WAIT_H

/*
 * The blocking seam: a place where a caller sleeps until somebody wakes it.
 *
 * A component that has to wait takes a struct at_wait in its configuration and so needs to know no scheduler: under
 * `sched` the place is a wait queue, without threads it is a blocking hypercall, in a test it is whatever the test
 * wants.
 *
 *     while (!ready(x)) {
 *         at_status status = at_wait_sleep(x->wait, deadline_ns);
 *         if (status != AT_OK)
 *             return status;
 *     }
 *
 * Everything is cooperative: between the check and the sleep no other code runs, so no wake-up is lost.
 */

#include <stdint.h>

#include <atman/base/clock.h>
#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a waiting place can do. All three must be there; `ctx` is the place's own. */
struct at_wait_ops {
    /* The time now, on the clock that the deadlines are told by. */
    uint64_t (*now_ns)(void *ctx);

    /*
     * Sleeps until woken or until `deadline_ns`. Returns AT_OK when woken, perhaps for nothing (check the condition
     * again); AT_TIMED_OUT at the deadline; AT_DEADLOCK when the deadline is AT_NEVER and nothing could ever wake it.
     */
    at_status (*sleep)(void *ctx, uint64_t deadline_ns);

    /* Wakes every sleeper. Never blocks; called from event handlers. Nobody sleeping: does nothing, nor remembers. */
    void (*wake)(void *ctx);
};

/* A waiting place, handed about by value. `ops` and whatever `ctx` points at must outlive its users. */
struct at_wait {
    const struct at_wait_ops *ops;
    void *ctx;
};

/* at_wait_now returns the time now in nanoseconds, by the clock of `wait`. */
static inline uint64_t at_wait_now(struct at_wait wait)
{
    return wait.ops->now_ns(wait.ctx);
}

/* at_wait_sleep blocks the caller in `wait`; statuses as in struct at_wait_ops. Not from event handlers. */
static inline at_status at_wait_sleep(struct at_wait wait, uint64_t deadline_ns)
{
    return wait.ops->sleep(wait.ctx, deadline_ns);
}

/* at_wait_wake wakes whoever sleeps in `wait`. */
static inline void at_wait_wake(struct at_wait wait)
{
    wait.ops->wake(wait.ctx);
}

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_BASE_WAIT_H */
