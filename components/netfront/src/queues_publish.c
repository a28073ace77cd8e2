/* SPDX-License-Identifier: ISC */
/* Getting the queues ready for a back-end whose offers are known, and what it is told of them. */
#include <string.h>

#include <atman/base/bits.h>
#include <atman/xen/event.h>

#include "queues.h"

/* Of the keys that every device publishes, in their order: the rings and the port come first. */
#define OF_A_QUEUE 3

/* What keys are told of a queue when there are several. */
static const char *const names[AT_NETFRONT_QUEUES_MAX][OF_A_QUEUE] = {
    {"queue-0/tx-ring-ref", "queue-0/rx-ring-ref", "queue-0/event-channel"},
    {"queue-1/tx-ring-ref", "queue-1/rx-ring-ref", "queue-1/event-channel"},
    {"queue-2/tx-ring-ref", "queue-2/rx-ring-ref", "queue-2/event-channel"},
    {"queue-3/tx-ring-ref", "queue-3/rx-ring-ref", "queue-3/event-channel"},
};
static const char *const split_names[AT_NETFRONT_QUEUES_MAX][2] = {
    {"queue-0/event-channel-tx", "queue-0/event-channel-rx"},
    {"queue-1/event-channel-tx", "queue-1/event-channel-rx"},
    {"queue-2/event-channel-tx", "queue-2/event-channel-rx"},
    {"queue-3/event-channel-tx", "queue-3/event-channel-rx"},
};

static at_status bind(struct at_netfront *nf, uint32_t *port)
{
    at_status status = at_xen_event_alloc_unbound(nf->config.events, port, nf->peer);

    return status == AT_OK ? at_xen_event_handle(nf->config.events, *port, at_netfront_on_event, nf) : status;
}

/* Makes a queue beside the first one, as at_netfront_open() made that. */
static at_status make(struct at_netfront_queues *d, unsigned i)
{
    const struct at_netfront *first = &d->config.queues[0].front;
    struct at_netfront *nf = &d->config.queues[i].front;
    struct at_netfront_config *config = &nf->config;
    size_t buffers = (size_t)d->config.front.rx_buffers + d->config.front.tx_buffers;
    at_status status;

    memset(nf, 0, sizeof *nf);
    *config = d->config.front;
    config->buffers += i * buffers;
    config->shared.pages = 0; /* granted once, by the first */
    memset(config->buffers, 0, buffers * sizeof *config->buffers);
    memcpy(nf->dir, first->dir, sizeof nf->dir);
    nf->peer = first->peer;
    nf->taken = true;
    d->opened++;
    status = at_netfront_buffers_give(nf);
    if (status == AT_OK)
        status = at_netfront_init_rings(nf);
    if (status != AT_OK)
        return status;
    at_netfront_rx_start(nf);
    if (config->tx != NULL) {
        config->slots += (size_t)i * config->tx_slots;
        status = config->tx->open(nf);
    }
    config->shared.pages = d->config.front.shared.pages;
    return status;
}

static void add(struct at_netfront_handshake *h, const char *name, uint32_t *number)
{
    struct at_netfront_queues *d = at_netfront_queue_of(h->nf)->device;
    struct at_xenbus_key *key = &d->publish[h->device.publish_count++];

    memset(key, 0, sizeof *key);
    key->name = name;
    key->number = number;
}

/* The keys of one queue by itself stand where they always do, those of several in directories of their own. */
static void tell_of(struct at_netfront_handshake *h, struct at_netfront_queues *d)
{
    const struct at_xenbus_key *common = &h->publish[OF_A_QUEUE];

    h->device.publish = d->publish;
    h->device.publish_count = 0;
    for (size_t i = 0; i < AT_NETFRONT_PUBLISHED - OF_A_QUEUE; i++)
        add(h, common[i].name, common[i].number);
    add(h, "multi-queue-num-queues", &d->active);
    add(h, "request-multicast-control", &d->filters);
    for (unsigned i = 0; i < d->active; i++) {
        const size_t plain = d->active == 1 ? sizeof "queue-0/" - 1 : 0;
        struct at_netfront_queue *queue = &d->config.queues[i];

        add(h, names[i][0] + plain, &queue->front.ring_pages[1].grant);
        add(h, names[i][1] + plain, &queue->front.ring_pages[0].grant);
        add(h, (d->split ? split_names[i][0] : names[i][2]) + plain, &queue->front.port);
        if (d->split)
            add(h, split_names[i][1] + plain, &queue->rx_port);
    }
    d->published = true;
}

/* Gives a queue of a device that was restored to another back-end, or takes it from one that has no use for it. */
static at_status restart(const struct at_netfront_queues *d, struct at_netfront *nf, uint16_t backend_id)
{
    uint32_t shared = nf->config.shared.pages;
    at_status status;

    nf->config.shared.pages = 0; /* the first one's to grant */
    status = d->restart(nf, backend_id);
    nf->config.shared.pages = shared;
    return status;
}

/* The queues beside the first: made now, or, on a device that was restored, given to another back-end if it is one. */
static at_status prepare_others(struct at_netfront_queues *d, uint16_t backend_id, bool again)
{
    at_status status = AT_OK;

    for (unsigned i = 1; status == AT_OK && i < (again ? d->opened : d->active); i++) {
        struct at_netfront *nf = &d->config.queues[i].front;

        if (!again)
            status = make(d, i);
        else if (nf->peer != backend_id || i >= d->active)
            status = restart(d, nf, backend_id);
        if (status == AT_OK && i < d->active)
            status = bind(nf, &nf->port);
    }
    return status;
}

at_status at_netfront_queues_prepare(void *ctx, uint16_t backend_id)
{
    struct at_netfront_handshake *h = ctx;
    struct at_netfront_queues *d = at_netfront_queue_of(h->nf)->device;
    at_status status = d->prepare(ctx, backend_id);
    bool again = d->restart != NULL;
    uint32_t most = again ? d->opened : d->config.count;

    if (status != AT_OK)
        return status;
    d->active = d->offered_queues < 2 ? 1 : d->offered_queues < most ? d->offered_queues : most;
    d->split = d->config.split && d->offered_split == 1;
    /* Who was told that all groups arrive has joined none, and needs them all from a later back end too. */
    d->filters = d->config.multicast != NULL && d->offered_filter == 1 && (!again || d->info.group != NULL);
    h->nf->phase = AT_NETFRONT_MEMORY;
    status = prepare_others(d, backend_id, again);
    for (unsigned i = 0; status == AT_OK && i < d->active; i++) {
        struct at_netfront_queue *queue = &d->config.queues[i];

        queue->front.tell = at_netfront_queues_hold;
        if (d->split)
            status = bind(&queue->front, &queue->rx_port);
    }
    if (status != AT_OK)
        return status;
    h->nf->phase = AT_NETFRONT_CONNECT;
    tell_of(h, d);
    return AT_OK;
}
