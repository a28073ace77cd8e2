/* SPDX-License-Identifier: ISC */
/* Sleeping in FIFO mode: SCHEDOP_poll looks at the pending bits of the event words. */

#include <atman/xen/fifo.h>

#include "internal.h"

at_status at_xen_fifo_wait(struct at_xen_fifo *fifo, uint64_t deadline_ns)
{
    at_status status;

    if (at_xen_fifo_dispatch(fifo) > 0)
        return AT_OK;
    status = at_xen_events_block(fifo->events, deadline_ns);
    if (status != AT_OK)
        return status;
    if (at_xen_fifo_dispatch(fifo) > 0 || deadline_ns == AT_NEVER)
        return AT_OK;
    return at_xen_clock_now(&fifo->events->clock) >= deadline_ns ? AT_TIMED_OUT : AT_OK;
}

static uint64_t wait_now_ns(void *ctx)
{
    struct at_xen_fifo *fifo = ctx;

    return at_xen_clock_now(&fifo->events->clock);
}

static at_status wait_sleep(void *ctx, uint64_t deadline_ns)
{
    return at_xen_fifo_wait(ctx, deadline_ns);
}

/* The only sleeper is the one in whose at_xen_fifo_wait() this handler runs: it returns by itself. */
static void wait_wake(void *ctx)
{
    (void)ctx;
}

struct at_wait at_xen_fifo_waiter(struct at_xen_fifo *fifo)
{
    static const struct at_wait_ops ops = {.now_ns = wait_now_ns, .sleep = wait_sleep, .wake = wait_wake};

    return (struct at_wait){.ops = &ops, .ctx = fifo};
}
