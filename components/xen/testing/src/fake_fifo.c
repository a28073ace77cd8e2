/* SPDX-License-Identifier: ISC */
/* FIFO event channels: the event words of a domain and their queues; after xen/common/event_fifo.c. */

#include "fake_internal.h"

#include <atman/base/panic.h>

#include <stdlib.h>
#include <xen/event_channel.h>

#define BIT(n) ((event_word_t)1 << (n))
#define WORDS_PER_PAGE (FAKE_PAGE / sizeof(event_word_t))
#define PAGES_MAX (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)

/* What Xen remembers of a port in FIFO mode. */
struct fifo_port {
    uint8_t priority;
    uint8_t last_priority; /* of the queue that it was in last */
    bool pending;          /* raised when it had no word yet */
};

struct fake_fifo {
    struct evtchn_fifo_control_block *control;
    event_word_t *pages[PAGES_MAX];
    uint32_t words;
    uint32_t tail[EVTCHN_FIFO_MAX_QUEUES];
    struct fifo_port *ports;
};

static event_word_t *word_of(const struct fake_fifo *fifo, at_xen_port port)
{
    return port < fifo->words ? &fifo->pages[port / WORDS_PER_PAGE][port % WORDS_PER_PAGE] : NULL;
}

static bool test_and_set(event_word_t *word, unsigned bit)
{
    bool was = (*word & BIT(bit)) != 0;

    *word |= BIT(bit);
    return was;
}

/* Hangs `port` behind the tail of its queue, or makes it the queue's head. */
static void link_port(struct fake_domain *domain, at_xen_port port)
{
    struct fake_fifo *fifo = domain->fifo;
    struct fifo_port *state = &fifo->ports[port];
    unsigned queue = state->priority;
    uint32_t *tail = &fifo->tail[queue];
    event_word_t *tail_word;

    if (state->last_priority != queue) {
        if (fifo->tail[state->last_priority] == port)
            fifo->tail[state->last_priority] = 0;
        state->last_priority = state->priority;
    }
    *word_of(fifo, port) |= BIT(EVTCHN_FIFO_LINKED);
    tail_word = *tail != 0 && *tail != port ? word_of(fifo, *tail) : NULL;
    *tail = port;
    if (tail_word != NULL && (*tail_word & BIT(EVTCHN_FIFO_LINKED))) {
        *tail_word = (*tail_word & ~(event_word_t)EVTCHN_FIFO_LINK_MASK) | port;
        return;
    }
    fifo->control->head[queue] = port;
    if (!test_and_set(&fifo->control->ready, queue))
        domain->shared->vcpu_info[0].evtchn_upcall_pending = 1;
}

void at_fake_xen_fifo_raise_(struct fake_domain *domain, at_xen_port port)
{
    event_word_t *word = word_of(domain->fifo, port);
    bool was_pending;

    if (word == NULL) {
        domain->fifo->ports[port].pending = true;
        return;
    }
    was_pending = test_and_set(word, EVTCHN_FIFO_PENDING);
    if (!(*word & (BIT(EVTCHN_FIFO_MASKED) | BIT(EVTCHN_FIFO_LINKED))))
        link_port(domain, port);
    if (!was_pending)
        domain->raised = true;
}

bool at_fake_xen_fifo_is_pending_(const struct fake_domain *domain, at_xen_port port)
{
    const event_word_t *word = word_of(domain->fifo, port);

    return word != NULL && (*word & BIT(EVTCHN_FIFO_PENDING)) != 0;
}

void at_fake_xen_fifo_clear_(struct fake_domain *domain, at_xen_port port)
{
    event_word_t *word = word_of(domain->fifo, port);

    if (word != NULL)
        *word &= ~BIT(EVTCHN_FIFO_PENDING);
    domain->fifo->ports[port].pending = false;
}

void at_fake_xen_fifo_free_(struct fake_domain *domain)
{
    if (domain->fifo != NULL)
        free(domain->fifo->ports);
    free(domain->fifo);
}

/* ---- hypercalls ---- */

long at_fake_xen_fifo_init_(struct at_fake_xen *xen, struct fake_domain *domain, struct evtchn_init_control *op)
{
    struct fake_fifo *fifo;

    if (xen->config.no_fifo)
        return -XEN_ENOSYS;
    op->link_bits = EVTCHN_FIFO_LINK_BITS;
    if (op->vcpu != 0)
        return -XEN_ENOENT;
    if (op->offset > FAKE_PAGE - sizeof *fifo->control || op->offset % 8 != 0 || domain->fifo != NULL ||
        at_fake_xen_owner_(xen, op->control_gfn) != domain->id)
        return -XEN_EINVAL;
    fifo = calloc(1, sizeof *fifo);
    FAKE_REQUIRE(fifo != NULL, "out of host memory");
    fifo->ports = calloc(xen->config.ports, sizeof *fifo->ports);
    FAKE_REQUIRE(fifo->ports != NULL, "out of host memory");
    fifo->control = (void *)((uint8_t *)at_fake_xen_address(xen, op->control_gfn) + op->offset);
    /* What is pending is taken along, to be raised when its word is there. */
    for (at_xen_port port = 1; port < xen->config.ports; port++) {
        fifo->ports[port] = (struct fifo_port){
            .priority = EVTCHN_FIFO_PRIORITY_DEFAULT,
            .last_priority = EVTCHN_FIFO_PRIORITY_DEFAULT,
            .pending = at_fake_xen_is_pending_(domain, port),
        };
    }
    domain->fifo = fifo;
    return 0;
}

long at_fake_xen_fifo_expand_(struct at_fake_xen *xen, struct fake_domain *domain, const struct evtchn_expand_array *op)
{
    struct fake_fifo *fifo = domain->fifo;
    at_xen_port port;

    if (fifo == NULL)
        return -XEN_EOPNOTSUPP;
    if (fifo->words / WORDS_PER_PAGE == PAGES_MAX)
        return -XEN_ENOSPC;
    if (at_fake_xen_owner_(xen, op->array_gfn) != domain->id)
        return -XEN_EINVAL;
    port = fifo->words;
    fifo->pages[fifo->words / WORDS_PER_PAGE] = at_fake_xen_address(xen, op->array_gfn);
    fifo->words += WORDS_PER_PAGE;
    for (; port < fifo->words && port < xen->config.ports; port++) {
        if (fifo->ports[port].pending)
            at_fake_xen_fifo_raise_(domain, port);
        fifo->ports[port].pending = false;
    }
    return 0;
}

long at_fake_xen_fifo_priority_(struct fake_domain *domain, const struct evtchn_set_priority *op)
{
    if (domain->fifo == NULL)
        return -XEN_ENOSYS;
    if (op->priority > EVTCHN_FIFO_PRIORITY_MIN)
        return -XEN_EINVAL;
    domain->fifo->ports[op->port].priority = (uint8_t)op->priority;
    return 0;
}
