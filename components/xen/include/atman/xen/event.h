/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_EVENT_H
#define ATMAN_XEN_EVENT_H

/*
 * Event channels without upcalls: pending bits are read from shared_info, SCHEDOP_poll blocks, handlers run when the
 * guest asks for it and never in between.
 *
 * Upcalls stay masked, and so does every port at Xen's level: an event then costs the sender one bit and no interrupt,
 * and wakes only a guest that polls. "Masked" below is this component's own notion: a port that is masked here is not
 * polled and its handler does not run, but what arrives stays pending.
 *
 * A handler runs at least once after the last event of its port; events that arrive before it runs become one call. It
 * may also run for nothing (Xen raises a port when it is bound). It may bind, close, mask and notify any port, its own
 * included, and must not block.
 *
 * Two-level ports, one vcpu, at most AT_XEN_EVENT_PORTS ports. Not safe against another CPU.
 * Binding and closing cost one hypercall, notifying one, masking none; lookups are linear in the ports bound.
 *
 * Source: <xen/event_channel.h>, <xen/sched.h> (SCHEDOP_poll).
 */

#include <atman/base/status.h>
#include <atman/base/wait.h>
#include <atman/xen/abi.h>
#include <atman/xen/clock.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Ports that one struct at_xen_events can hold: what one SCHEDOP_poll can wait for. */
#define AT_XEN_EVENT_PORTS 128u

typedef void (*at_xen_event_fn)(void *ctx);

struct at_xen_event_slot {
    at_xen_port port; /* 0 = free */
    uint32_t masked;
    at_xen_event_fn fn; /* NULL until at_xen_event_handle() */
    void *ctx;
};

/* The ports of a domain. Memory of the caller's, about 3 KiB; every member is the component's own. */
struct at_xen_events {
    shared_info_t *shared;
    struct at_xen_clock clock;
    uint32_t used; /* slots from here on were never used */
    struct at_xen_event_slot slots[AT_XEN_EVENT_PORTS];
};

/*
 * at_xen_events_init masks all upcalls and ports in `shared` and makes `events` empty. `shared` must stay mapped as
 * long as `events` is used; several may share it if they hold different ports. What is pending already stays so.
 */
void at_xen_events_init(struct at_xen_events *events, shared_info_t *shared);

/*
 * at_xen_event_alloc_unbound makes a port that `remote` may bind to, and stores it in `*port`. It has no handler yet.
 *
 * Nobody looks whether there is such a domain.
 *
 * Returns AT_OK, AT_NO_SPACE (no slot, or Xen has no port; nothing is left behind), AT_DENIED.
 */
at_status at_xen_event_alloc_unbound(struct at_xen_events *events, at_xen_port *port, at_xen_domid remote);

/*
 * at_xen_event_bind_interdomain connects a new local port, stored in `*port`, to `remote_port` of `remote`, which must
 * be unbound and meant for this domain. Xen makes the new port pending at once.
 *
 * Returns AT_OK, AT_NO_SPACE, AT_INVALID (the remote port is not there for us), AT_DENIED, AT_NOT_FOUND (no such
 * domain).
 */
at_status at_xen_event_bind_interdomain(struct at_xen_events *events, at_xen_port *port, at_xen_domid remote,
                                        at_xen_port remote_port);

/*
 * at_xen_event_bind_virq connects a new port, stored in `*port`, to VIRQ_* `virq` of `vcpu`.
 *
 * Returns AT_OK, AT_NO_SPACE, AT_EXISTS (that VIRQ is bound already), AT_INVALID, AT_NOT_FOUND (no such vcpu),
 * AT_BUSY (the VIRQ belongs to another domain).
 */
at_status at_xen_event_bind_virq(struct at_xen_events *events, at_xen_port *port, uint32_t virq, uint32_t vcpu);

/*
 * at_xen_event_adopt takes over a port that exists already: those the domain builder made for console and XenStore.
 * Returns AT_OK, AT_NO_SPACE, AT_EXISTS (held already), AT_INVALID (0, or beyond the two-level range). No hypercall.
 */
at_status at_xen_event_adopt(struct at_xen_events *events, at_xen_port port);

/*
 * at_xen_event_handle makes `fn(ctx)` the handler of `port`, in place of the one it had; `ctx` must outlive it. With
 * NULL the port has none: it is not polled, and what arrives stays pending until a handler is set.
 * Returns AT_OK or AT_NOT_FOUND.
 */
at_status at_xen_event_handle(struct at_xen_events *events, at_xen_port port, at_xen_event_fn fn, void *ctx);

/* at_xen_event_mask keeps `port`'s handler from running; what arrives stays pending. Returns AT_OK or AT_NOT_FOUND. */
at_status at_xen_event_mask(struct at_xen_events *events, at_xen_port port);

/* at_xen_event_unmask undoes at_xen_event_mask(); the next dispatch sees what is pending. AT_OK or AT_NOT_FOUND. */
at_status at_xen_event_unmask(struct at_xen_events *events, at_xen_port port);

/*
 * at_xen_event_notify raises the other end of `port`; an unbound port swallows it. Never blocks.
 * Returns AT_OK or AT_INVALID (not a port of this domain that can send).
 */
at_status at_xen_event_notify(at_xen_port port);

/*
 * at_xen_event_close closes `port` in Xen and forgets it; its handler will not run again.
 * Returns AT_OK, AT_NOT_FOUND (not held), or what Xen said, in which case the port is still held.
 */
at_status at_xen_event_close(struct at_xen_events *events, at_xen_port port);

/*
 * at_xen_events_dispatch runs the handlers of what is pending and returns how many ran. A port is visited once per
 * call, in a fixed order, so that neither a storm on one port nor a handler that raises its own port can starve the
 * others or keep the call from returning. Never blocks, no hypercall of its own.
 */
unsigned at_xen_events_dispatch(struct at_xen_events *events);

/*
 * at_xen_events_wait dispatches; if nothing ran, blocks in one SCHEDOP_poll until a polled port is raised or the
 * monotonic clock reaches `deadline_ns` (AT_NEVER: no deadline; 0: do not block), and dispatches again.
 *
 * Returns AT_OK when a handler ran or Xen woke the guest for nothing, AT_TIMED_OUT when nothing ran and the deadline
 * has passed, AT_DEADLOCK when no port is polled and there is no deadline: nothing could ever end the wait. Callers
 * loop over their condition. Anything else is what Xen answered to SCHEDOP_poll, and no handler ran.
 */
at_status at_xen_events_wait(struct at_xen_events *events, uint64_t deadline_ns);

/* What became of a port when the domain was restored. */
struct at_xen_port_move {
    at_xen_port from;
    at_xen_port to;
};

/*
 * at_xen_events_restored is for a domain that was saved and restored: Xen has none of its ports any more but those that
 * the toolstack made anew, which keep their handlers under their new numbers (`moves`, `count` of them). All others are
 * forgotten. Deadlines are told by `clock` from now on, which at_xen_clock_continue() has made continuous; NULL: as
 * before. No hypercall.
 */
void at_xen_events_restored(struct at_xen_events *events, const struct at_xen_port_move *moves, size_t count,
                            const struct at_xen_clock *clock);

/*
 * at_xen_events_waiter returns the wait seam over `events`, for a guest without threads: sleeping is
 * at_xen_events_wait(), waking is what handlers do by running.
 */
struct at_wait at_xen_events_waiter(struct at_xen_events *events);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_EVENT_H */
