/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_INTERNAL_H
#define ATMAN_XEN_INTERNAL_H

/* What the files of this component share: pending bits, and the one blocking hypercall. */

#include <stdbool.h>

#include <atman/xen/abi.h>

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

#endif /* ATMAN_XEN_INTERNAL_H */
