/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_FIFO_H
#define ATMAN_XEN_FIFO_H

/*
 * FIFO event channels: Xen links raised ports into queues, one for each of 16 priorities, instead of setting bits.
 *
 * For a guest with many ports. Looking for events costs one load when there are none, however many ports are bound, and
 * handlers run in the order in which events came, those of a higher priority first. The price is two hypercalls at boot
 * and a page; a dozen ports are found as fast among the two-level bits, which is why those are the default.
 *
 * Ports are bound, handled, masked and closed as ever, by <atman/xen/event.h>; only dispatching and waiting are done by
 * the functions here, in place of at_xen_events_dispatch(), at_xen_events_wait() and at_xen_events_waiter(), which see
 * nothing once the switch is made. No upcall here either. One SCHEDOP_poll takes AT_XEN_EVENT_PORTS ports, and a table
 * holds no more; the ports' numbers may go as far as the array of event words does.
 *
 * The switch is for good: Xen returns to two-level ports only when it resets them all. at_xen_console_write() does not
 * sleep while it waits for room in FIFO mode but asks Xen again and again, up to its deadline.
 *
 * A domain that was restored has two-level channels again: call at_xen_fifo_init() once more, with zeroed memory, after
 * at_xen_events_restored().
 *
 * Not safe against another CPU of this domain; safe against Xen and the peers.
 *
 * Source: <xen/event_channel.h>, EVTCHNOP_init_control, _expand_array, _set_priority; xen/common/event_fifo.c.
 */

#include <atman/base/status.h>
#include <atman/base/wait.h>
#include <atman/xen/abi.h>
#include <atman/xen/event.h>
#include <xen/event_channel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Event words in a page: ports that one page of the array serves. A toolstack gives a guest 1,024 unless told more. */
#define AT_XEN_FIFO_PORTS_PER_PAGE 1024u

/* What at_xen_fifo_init() is given. Both memories stay Xen's as long as the domain lives. */
struct at_xen_fifo_config {
    struct evtchn_fifo_control_block *control; /* zeroed; aligned to 8 bytes, within one page */
    uint64_t control_frame;                    /* the machine frame of that page */
    event_word_t *words;                       /* one zeroed page of the array; room for what is added behind it */
    uint64_t words_frame;
};

/* The consumer's side of the queues. Memory of the caller's, 96 bytes; every member is the component's own. */
struct at_xen_fifo {
    struct at_xen_events *events;
    struct evtchn_fifo_control_block *control;
    event_word_t *words;
    uint32_t ports;     /* that there are words for */
    uint32_t ready;     /* queues that are known to hold events, as bits */
    uint32_t set_aside; /* ports below this may be pending though in no queue: masked, or without a handler */
    uint32_t head[EVTCHN_FIFO_MAX_QUEUES];
};

/*
 * at_xen_fifo_init switches the domain to FIFO event channels, for the handlers of `events`. What is pending stays so.
 * `fifo` and `events` must not move afterwards. Two hypercalls.
 *
 * Returns AT_OK; AT_UNSUPPORTED when this Xen has none; AT_INVALID for a control block that does not lie as told, when
 * it was done already, or for frames that are not this domain's; AT_NO_MEMORY. Ports are as they were then, unless only
 * the second call failed, which takes a wrong `words_frame`: events are kept until at_xen_fifo_expand() succeeds.
 */
at_status at_xen_fifo_init(struct at_xen_fifo *fifo, struct at_xen_events *events,
                           const struct at_xen_fifo_config *config);

/*
 * at_xen_fifo_expand adds a zeroed page, machine frame `frame`, that is mapped behind the event words there are. Events
 * of ports beyond the words wait in Xen until then: at_xen_fifo_ports() says how far they go. One hypercall.
 * Returns AT_OK, AT_INVALID (not a frame of this domain's), AT_NO_SPACE (the array has its 128 pages).
 */
at_status at_xen_fifo_expand(struct at_xen_fifo *fifo, uint64_t frame);

/* at_xen_fifo_ports returns the number of ports that there are words for: a multiple of AT_XEN_FIFO_PORTS_PER_PAGE. */
static inline uint32_t at_xen_fifo_ports(const struct at_xen_fifo *fifo)
{
    return fifo->ports;
}

/*
 * at_xen_fifo_set_priority puts the events of `port` from the next one on into queue `priority`, 0 (first) to 15;
 * EVTCHN_FIFO_PRIORITY_DEFAULT at first. One hypercall. Returns AT_OK, AT_INVALID (no such port or priority),
 * AT_UNSUPPORTED (the domain is not in FIFO mode).
 */
at_status at_xen_fifo_set_priority(at_xen_port port, uint32_t priority);

/*
 * at_xen_fifo_dispatch is at_xen_events_dispatch() in FIFO mode: runs the handlers of what is pending, each port's once
 * at most, in the order of the queues, and returns how many ran. Takes at most 2 * AT_XEN_EVENT_PORTS events off the
 * queues in one call. Never blocks. One load when nothing is pending and nothing is set aside.
 */
unsigned at_xen_fifo_dispatch(struct at_xen_fifo *fifo);

/* at_xen_fifo_wait is at_xen_events_wait() in FIFO mode; the same statuses. */
at_status at_xen_fifo_wait(struct at_xen_fifo *fifo, uint64_t deadline_ns);

/* at_xen_fifo_waiter is at_xen_events_waiter() in FIFO mode. */
struct at_wait at_xen_fifo_waiter(struct at_xen_fifo *fifo);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_FIFO_H */
