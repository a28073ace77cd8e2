/* SPDX-License-Identifier: ISC */
/* Event channels, with the errors and the side effects of xen/common/event_channel.c, and of event_2l.c. */

#include "fake_internal.h"

#include <atman/base/panic.h>

#include <string.h>
#include <xen/event_channel.h>

#define TWO_LEVEL_PORTS (sizeof(((shared_info_t *)0)->evtchn_pending) * 8)

void at_fake_xen_raise_(struct fake_domain *domain, at_xen_port port)
{
    shared_info_t *shared = domain->shared;
    struct vcpu_info *vcpu = &shared->vcpu_info[0];
    xen_ulong_t bit, selector;

    if (domain->fifo != NULL) {
        at_fake_xen_fifo_raise_(domain, port);
        return;
    }
    bit = (xen_ulong_t)1 << (port % 64);
    selector = (xen_ulong_t)1 << (port / 64);
    if (shared->evtchn_pending[port / 64] & bit)
        return;
    shared->evtchn_pending[port / 64] |= bit;
    if (!(shared->evtchn_mask[port / 64] & bit) && !(vcpu->evtchn_pending_sel & selector)) {
        vcpu->evtchn_pending_sel |= selector;
        vcpu->evtchn_upcall_pending = 1;
    }
    domain->raised = true;
}

bool at_fake_xen_is_pending_(const struct fake_domain *domain, at_xen_port port)
{
    if (domain->fifo != NULL)
        return at_fake_xen_fifo_is_pending_(domain, port);
    return port < TWO_LEVEL_PORTS && ((domain->shared->evtchn_pending[port / 64] >> (port % 64)) & 1);
}

static void clear_pending(struct fake_domain *domain, at_xen_port port)
{
    if (domain->fifo != NULL)
        at_fake_xen_fifo_clear_(domain, port);
    else
        domain->shared->evtchn_pending[port / 64] &= ~((xen_ulong_t)1 << (port % 64));
}

/* An open port of the domain, or NULL. */
static struct fake_port *open_port(const struct at_fake_xen *xen, struct fake_domain *domain, at_xen_port port)
{
    if (port >= xen->config.ports || domain->ports[port].state == FAKE_PORT_FREE)
        return NULL;
    return &domain->ports[port];
}

/* The lowest free port; 0 when there is none: port 0 is never given out. */
static at_xen_port free_port(const struct at_fake_xen *xen, const struct fake_domain *domain)
{
    for (at_xen_port port = 1; port < xen->config.ports; port++) {
        if (domain->fifo == NULL && port >= TWO_LEVEL_PORTS)
            return 0;
        if (domain->ports[port].state == FAKE_PORT_FREE)
            return port;
    }
    return 0;
}

static long alloc_unbound(struct at_fake_xen *xen, struct fake_domain *caller, struct evtchn_alloc_unbound *op)
{
    struct fake_domain *domain = at_fake_xen_find_(xen, op->dom, caller);
    at_xen_port port;

    if (domain == NULL)
        return -XEN_ESRCH;
    if (domain != caller && caller->id != 0)
        return -XEN_EPERM;
    port = free_port(xen, domain);
    if (port == 0)
        return -XEN_ENOSPC;
    /* Nobody asks whether the remote domain exists. */
    domain->ports[port] = (struct fake_port){
        .state = FAKE_PORT_UNBOUND,
        .remote = op->remote_dom == DOMID_SELF ? caller->id : op->remote_dom,
    };
    op->port = port;
    return 0;
}

static long bind_interdomain(struct at_fake_xen *xen, struct fake_domain *caller, struct evtchn_bind_interdomain *op)
{
    struct fake_domain *remote = at_fake_xen_find_(xen, op->remote_dom, caller);
    struct fake_port *theirs;
    at_xen_port port;

    if (remote == NULL)
        return -XEN_ESRCH;
    port = free_port(xen, caller);
    if (port == 0)
        return -XEN_ENOSPC;
    theirs = open_port(xen, remote, op->remote_port);
    if (theirs == NULL || theirs->state != FAKE_PORT_UNBOUND || theirs->remote != caller->id)
        return -XEN_EINVAL;
    *theirs = (struct fake_port){.state = FAKE_PORT_INTERDOMAIN, .remote = caller->id, .remote_port = port};
    caller->ports[port] =
        (struct fake_port){.state = FAKE_PORT_INTERDOMAIN, .remote = remote->id, .remote_port = op->remote_port};
    at_fake_xen_raise_(caller, port); /* something may have been sent before there was anybody to hear it */
    op->local_port = port;
    return 0;
}

static at_xen_port virq_port(const struct at_fake_xen *xen, const struct fake_domain *domain, uint32_t virq)
{
    for (at_xen_port port = 1; port < xen->config.ports; port++) {
        if (domain->ports[port].state == FAKE_PORT_VIRQ && domain->ports[port].virq == virq)
            return port;
    }
    return 0;
}

static long bind_virq(struct at_fake_xen *xen, struct fake_domain *caller, struct evtchn_bind_virq *op)
{
    bool per_vcpu =
        op->virq == VIRQ_TIMER || op->virq == VIRQ_DEBUG || op->virq == VIRQ_XENOPROF || op->virq == VIRQ_XENPMU;
    at_xen_port port;

    if (op->virq >= FAKE_VIRQS || (!per_vcpu && op->vcpu != 0))
        return -XEN_EINVAL;
    if (op->vcpu != 0)
        return -XEN_ENOENT;
    if (!per_vcpu && op->virq != VIRQ_ARGO && caller->id != 0)
        return -XEN_EBUSY; /* a global one, and domain 0's */
    if (virq_port(xen, caller, op->virq) != 0)
        return -XEN_EEXIST;
    port = free_port(xen, caller);
    if (port == 0)
        return -XEN_ENOSPC;
    caller->ports[port] = (struct fake_port){.state = FAKE_PORT_VIRQ, .virq = op->virq};
    op->port = port;
    return 0;
}

static long close_port(struct at_fake_xen *xen, struct fake_domain *caller, at_xen_port number)
{
    struct fake_port *port = open_port(xen, caller, number);

    if (port == NULL)
        return -XEN_EINVAL;
    if (port->state == FAKE_PORT_INTERDOMAIN) {
        struct fake_domain *remote = at_fake_xen_domain_(xen, port->remote);

        remote->ports[port->remote_port] = (struct fake_port){.state = FAKE_PORT_UNBOUND, .remote = caller->id};
    }
    port->state = FAKE_PORT_FREE;
    clear_pending(caller, number);
    if (caller->fifo != NULL) {
        const struct evtchn_set_priority op = {.port = number, .priority = EVTCHN_FIFO_PRIORITY_DEFAULT};

        at_fake_xen_fifo_priority_(caller, &op);
    }
    return 0;
}

static long send(struct at_fake_xen *xen, struct fake_domain *caller, at_xen_port number)
{
    const struct fake_port *port = open_port(xen, caller, number);

    if (port == NULL || port->state == FAKE_PORT_VIRQ)
        return -XEN_EINVAL;
    if (port->state == FAKE_PORT_INTERDOMAIN)
        at_fake_xen_raise_(at_fake_xen_domain_(xen, port->remote), port->remote_port);
    return 0;
}

static long set_priority(struct at_fake_xen *xen, struct fake_domain *caller, const struct evtchn_set_priority *op)
{
    return open_port(xen, caller, op->port) == NULL ? -XEN_EINVAL : at_fake_xen_fifo_priority_(caller, op);
}

static long status(struct at_fake_xen *xen, struct fake_domain *caller, struct evtchn_status *op)
{
    static const uint32_t names[] = {EVTCHNSTAT_closed, EVTCHNSTAT_unbound, EVTCHNSTAT_interdomain, EVTCHNSTAT_virq};
    struct fake_domain *domain = at_fake_xen_find_(xen, op->dom, caller);
    const struct fake_port *port;

    if (domain == NULL)
        return -XEN_ESRCH;
    if (op->port >= xen->config.ports)
        return -XEN_EINVAL;
    if (domain != caller && caller->id != 0)
        return -XEN_EPERM;
    port = &domain->ports[op->port];
    op->status = names[port->state];
    op->vcpu = 0;
    if (port->state == FAKE_PORT_UNBOUND)
        op->u.unbound.dom = port->remote;
    if (port->state == FAKE_PORT_VIRQ)
        op->u.virq = port->virq;
    if (port->state == FAKE_PORT_INTERDOMAIN) {
        op->u.interdomain.dom = port->remote;
        op->u.interdomain.port = port->remote_port;
    }
    return 0;
}

long at_fake_xen_event_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command, void *argument)
{
    switch (command) {
    case EVTCHNOP_alloc_unbound: return alloc_unbound(xen, domain, argument);
    case EVTCHNOP_bind_interdomain: return bind_interdomain(xen, domain, argument);
    case EVTCHNOP_bind_virq: return bind_virq(xen, domain, argument);
    case EVTCHNOP_close: return close_port(xen, domain, ((const struct evtchn_close *)argument)->port);
    case EVTCHNOP_send: return send(xen, domain, ((const struct evtchn_send *)argument)->port);
    case EVTCHNOP_status: return status(xen, domain, argument);
    case EVTCHNOP_init_control: return at_fake_xen_fifo_init_(xen, domain, argument);
    case EVTCHNOP_expand_array: return at_fake_xen_fifo_expand_(xen, domain, argument);
    case EVTCHNOP_set_priority: return set_priority(xen, domain, argument);
    default: return -XEN_ENOSYS;
    }
}

/* ---- as a toolstack or a peer uses them ---- */

void at_fake_xen_channel(struct at_fake_xen *xen, at_xen_domid a, at_xen_port *port_a, at_xen_domid b,
                         at_xen_port *port_b)
{
    struct evtchn_alloc_unbound offer = {.dom = DOMID_SELF, .remote_dom = b};
    struct evtchn_bind_interdomain bind = {.remote_dom = a};

    FAKE_REQUIRE(alloc_unbound(xen, at_fake_xen_domain_(xen, a), &offer) == 0, "no port for a channel");
    bind.remote_port = offer.port;
    FAKE_REQUIRE(bind_interdomain(xen, at_fake_xen_domain_(xen, b), &bind) == 0, "no port for a channel");
    clear_pending(at_fake_xen_domain_(xen, b), bind.local_port);
    *port_a = offer.port;
    *port_b = bind.local_port;
}

void at_fake_xen_notify(struct at_fake_xen *xen, at_xen_domid domid, at_xen_port port)
{
    FAKE_REQUIRE(send(xen, at_fake_xen_domain_(xen, domid), port) == 0, "a notification over no channel");
}

bool at_fake_xen_take_event(struct at_fake_xen *xen, at_xen_domid domid, at_xen_port port)
{
    struct fake_domain *domain = at_fake_xen_domain_(xen, domid);
    bool pending;

    FAKE_REQUIRE(port < xen->config.ports, "no such port");
    pending = at_fake_xen_is_pending_(domain, port);
    clear_pending(domain, port);
    return pending;
}

void at_fake_xen_raise_virq(struct at_fake_xen *xen, at_xen_domid domid, uint32_t virq)
{
    struct fake_domain *domain = at_fake_xen_domain_(xen, domid);
    at_xen_port port = virq_port(xen, domain, virq);

    if (port != 0)
        at_fake_xen_raise_(domain, port);
}

uint32_t at_fake_xen_ports_in_use(const struct at_fake_xen *xen, at_xen_domid domid)
{
    const struct fake_domain *domain = at_fake_xen_domain_(xen, domid);
    uint32_t open = 0;

    for (at_xen_port port = 1; port < xen->config.ports; port++)
        open += domain->ports[port].state != FAKE_PORT_FREE;
    return open;
}
