/* SPDX-License-Identifier: ISC */
/* Making, keeping and closing ports. */

#include <atman/xen/event.h>

#include <atman/xen/hypercall.h>
#include <xen/event_channel.h>

#include <string.h>

#include "internal.h"

/* The slot of `port`, or of a free one when that is 0; NULL if there is none among those used so far. */
static struct at_xen_event_slot *find(struct at_xen_events *events, at_xen_port port)
{
    for (uint32_t i = 0; i < events->used; i++) {
        if (events->slots[i].port == port)
            return &events->slots[i];
    }
    return NULL;
}

static struct at_xen_event_slot *held(struct at_xen_events *events, at_xen_port port)
{
    return port == 0 ? NULL : find(events, port);
}

static bool has_room(struct at_xen_events *events)
{
    return events->used < AT_XEN_EVENT_PORTS || find(events, 0) != NULL;
}

/* There is room. */
static void keep(struct at_xen_events *events, at_xen_port port)
{
    struct at_xen_event_slot *slot = find(events, 0);

    if (slot == NULL)
        slot = &events->slots[events->used++];
    *slot = (struct at_xen_event_slot){.port = port};
}

void at_xen_events_init(struct at_xen_events *events, shared_info_t *shared)
{
    shared->vcpu_info[0].evtchn_upcall_mask = 1;
    memset(shared->evtchn_mask, 0xff, sizeof shared->evtchn_mask);
    events->shared = shared;
    at_xen_clock_init(&events->clock, shared);
    events->used = 0;
}

/* Performs `command` on `op`, which makes a port and stores it in `*made`, inside `op`. Room first: no port to undo. */
static at_status make(struct at_xen_events *events, at_xen_port *port, int command, void *op, const at_xen_port *made)
{
    long result;

    if (!has_room(events))
        return AT_NO_SPACE;
    result = at_xen_event_channel_op(command, op);
    if (result < 0)
        return at_xen_status(result);
    *port = *made;
    keep(events, *port);
    return AT_OK;
}

at_status at_xen_event_alloc_unbound(struct at_xen_events *events, at_xen_port *port, at_xen_domid remote)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = remote};

    return make(events, port, EVTCHNOP_alloc_unbound, &op, &op.port);
}

at_status at_xen_event_bind_interdomain(struct at_xen_events *events, at_xen_port *port, at_xen_domid remote,
                                        at_xen_port remote_port)
{
    struct evtchn_bind_interdomain op = {.remote_dom = remote, .remote_port = remote_port};

    return make(events, port, EVTCHNOP_bind_interdomain, &op, &op.local_port);
}

at_status at_xen_event_bind_virq(struct at_xen_events *events, at_xen_port *port, uint32_t virq, uint32_t vcpu)
{
    struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};

    return make(events, port, EVTCHNOP_bind_virq, &op, &op.port);
}

at_status at_xen_event_adopt(struct at_xen_events *events, at_xen_port port)
{
    if (port == 0 || port >= AT_XEN_PORTS_MAX)
        return AT_INVALID;
    if (held(events, port) != NULL)
        return AT_EXISTS;
    if (!has_room(events))
        return AT_NO_SPACE;
    keep(events, port);
    return AT_OK;
}

at_status at_xen_event_handle(struct at_xen_events *events, at_xen_port port, at_xen_event_fn fn, void *ctx)
{
    struct at_xen_event_slot *slot = held(events, port);

    if (slot == NULL)
        return AT_NOT_FOUND;
    slot->fn = fn;
    slot->ctx = ctx;
    return AT_OK;
}

static at_status set_masked(struct at_xen_events *events, at_xen_port port, uint32_t masked)
{
    struct at_xen_event_slot *slot = held(events, port);

    if (slot == NULL)
        return AT_NOT_FOUND;
    slot->masked = masked;
    return AT_OK;
}

at_status at_xen_event_mask(struct at_xen_events *events, at_xen_port port)
{
    return set_masked(events, port, 1);
}

at_status at_xen_event_unmask(struct at_xen_events *events, at_xen_port port)
{
    return set_masked(events, port, 0);
}

at_status at_xen_event_close(struct at_xen_events *events, at_xen_port port)
{
    struct at_xen_event_slot *slot = held(events, port);
    struct evtchn_close op = {.port = port};
    long result;

    if (slot == NULL)
        return AT_NOT_FOUND;
    result = at_xen_event_channel_op(EVTCHNOP_close, &op);
    if (result < 0)
        return at_xen_status(result);
    slot->port = 0;
    return AT_OK;
}
