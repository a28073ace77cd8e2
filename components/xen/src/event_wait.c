/* SPDX-License-Identifier: ISC */
/* Running handlers, and sleeping until there is one to run. */

#include <atman/xen/event.h>

#include <atman/xen/hypercall.h>

#include "internal.h"

/* Slots do not move, so whatever a handler binds, closes or raises, none is visited twice. */
unsigned at_xen_events_dispatch(struct at_xen_events *events)
{
    unsigned ran = 0;

    for (uint32_t i = 0; i < events->used; i++) {
        const struct at_xen_event_slot *slot = &events->slots[i];

        if (at_xen_slot_is_polled(slot) && at_xen_pending_take(events->shared, slot->port)) {
            slot->fn(slot->ctx);
            ran++;
        }
    }
    return ran;
}

static unsigned list_polled(const struct at_xen_events *events, at_xen_port ports[AT_XEN_EVENT_PORTS])
{
    unsigned count = 0;

    for (uint32_t i = 0; i < events->used; i++) {
        if (at_xen_slot_is_polled(&events->slots[i]))
            ports[count++] = events->slots[i].port;
    }
    return count;
}

at_status at_xen_events_block(const struct at_xen_events *events, uint64_t deadline_ns)
{
    at_xen_port ports[AT_XEN_EVENT_PORTS];
    unsigned count;

    if (deadline_ns == 0)
        return AT_TIMED_OUT;
    count = list_polled(events, ports);
    if (count == 0 && deadline_ns == AT_NEVER)
        return AT_DEADLOCK;
    if (deadline_ns != AT_NEVER)
        deadline_ns -= events->clock.offset_ns;
    return at_xen_status(at_xen_poll(ports, count, deadline_ns));
}

at_status at_xen_events_wait(struct at_xen_events *events, uint64_t deadline_ns)
{
    at_status status;

    if (at_xen_events_dispatch(events) > 0)
        return AT_OK;
    status = at_xen_events_block(events, deadline_ns);
    if (status != AT_OK)
        return status;
    /* The clock is read last and only if it matters: where RDTSC is emulated it costs more than the poll. */
    if (at_xen_events_dispatch(events) > 0 || deadline_ns == AT_NEVER)
        return AT_OK;
    return at_xen_clock_now(&events->clock) >= deadline_ns ? AT_TIMED_OUT : AT_OK;
}

static uint64_t wait_now_ns(void *ctx)
{
    struct at_xen_events *events = ctx;

    return at_xen_clock_now(&events->clock);
}

static at_status wait_sleep(void *ctx, uint64_t deadline_ns)
{
    return at_xen_events_wait(ctx, deadline_ns);
}

/* The only sleeper is the one in whose at_xen_events_wait() this handler runs: it returns by itself. */
static void wait_wake(void *ctx)
{
    (void)ctx;
}

struct at_wait at_xen_events_waiter(struct at_xen_events *events)
{
    static const struct at_wait_ops ops = {.now_ns = wait_now_ns, .sleep = wait_sleep, .wake = wait_wake};

    return (struct at_wait){.ops = &ops, .ctx = events};
}
