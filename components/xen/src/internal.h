/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_INTERNAL_H
#define ATMAN_XEN_INTERNAL_H

/* What the files of this component share: pending bits, what is polled, and the one blocking hypercall. */

#include <stdbool.h>

#include <atman/base/status.h>
#include <atman/xen/abi.h>
#include <atman/xen/event.h>

/* Ports that a two-level shared_info has bits for. */
#define AT_XEN_PORTS_MAX (sizeof(((shared_info_t *)0)->evtchn_pending) * 8)

static inline xen_ulong_t at_xen_port_bit(at_xen_port port)
{
    return (xen_ulong_t)1 << (port % (sizeof(xen_ulong_t) * 8));
}

static inline xen_ulong_t *at_xen_pending_word(shared_info_t *shared, at_xen_port port)
{
    return &shared->evtchn_pending[port / (sizeof(xen_ulong_t) * 8)];
}

/*
 * Clears the pending bit of `port` and returns whether it was set. To be done before looking at what the event is
 * about: an event that comes while we look sets the bit again. Reading first spares an idle port the locked
 * instruction.
 */
static inline bool at_xen_pending_take(shared_info_t *shared, at_xen_port port)
{
    xen_ulong_t *word = at_xen_pending_word(shared, port), bit = at_xen_port_bit(port);

    return (__atomic_load_n(word, __ATOMIC_RELAXED) & bit) != 0 &&
           (__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit) != 0;
}

/*
 * at_xen_poll blocks until one of `count` ports (at most 128) is pending or the monotonic clock reaches `deadline_ns`,
 * which is not 0; it may return for nothing. Returns Xen's result.
 */
long at_xen_poll(const at_xen_port *ports, unsigned count, uint64_t deadline_ns);

/* Whether the handler of `slot` runs when its port is raised. */
static inline bool at_xen_slot_is_polled(const struct at_xen_event_slot *slot)
{
    return slot->port != 0 && slot->fn != NULL && !slot->masked;
}

/*
 * at_xen_events_block polls the ports of `events` that have handlers to run: what at_xen_events_wait() does when there
 * is nothing to dispatch. AT_OK, AT_TIMED_OUT for a deadline of 0, AT_DEADLOCK, or what Xen said.
 */
at_status at_xen_events_block(const struct at_xen_events *events, uint64_t deadline_ns);

/* at_xen_grant_status names the outcome of a GNTTABOP_*: `result` is the hypercall's, `status` its own GNTST_*. */
at_status at_xen_grant_status(long result, int status);

#endif /* ATMAN_XEN_INTERNAL_H */
