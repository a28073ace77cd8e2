/* SPDX-License-Identifier: ISC */
/*
 * A device of several queues: each is a struct at_netfront, and only the first shakes hands, for all of them. What the
 * handshake has to know beyond one queue comes in by way of the offloads' hooks, so that a device without any of this
 * pays for none of it.
 */
#include <string.h>

#include <atman/base/bits.h>
#include <atman/xen/event.h>

#include "queues.h"

/* Whose handshake it is. */
static struct at_netfront_queues *device_of(const struct at_netfront_handshake *h)
{
    return at_netfront_queue_of(h->nf)->device;
}

/* Asks what the back-end offers, and wants to know it before anything is published. */
static void ask(struct at_netfront_handshake *h)
{
    struct at_netfront_queues *d = device_of(h);
    const struct at_netfront_offload *offload = d->config.front.offload;

    memset(d->backend, 0, sizeof d->backend);
    d->backend[0] = h->device.backend[0]; /* what every device asks for */
    d->offered_queues = d->offered_split = 0;
    h->device.backend = d->backend;
    at_netfront_ask(h, "multi-queue-max-queues", &d->offered_queues);
    at_netfront_ask(h, "feature-split-event-channels", &d->offered_split);
    if (d->config.multicast != NULL)
        d->config.multicast->ask(d, h);
    if (offload != NULL)
        offload->ask(h);
    d->prepare = h->device.prepare;
    h->device.prepare = at_netfront_queues_prepare;
    h->device.keys_first = true;
}

static uint32_t accept(const struct at_netfront_handshake *h)
{
    const struct at_netfront_offload *offload = device_of(h)->config.front.offload;

    return offload != NULL ? offload->accept(h) : AT_NETFRONT_PAGE_SIZE;
}

static at_status recv(struct at_netfront *nf, struct at_netdev_part *parts, size_t capacity, size_t *count)
{
    const struct at_netfront_offload *offload = at_netfront_queue_of(nf)->device->config.front.offload;

    return offload != NULL ? offload->recv(nf, parts, capacity, count) : at_netfront_recv(nf, parts, capacity, count);
}

/* The features are the inner offloads' to judge, which at_netfront_queues_open() has asked. */
static bool is_valid(const struct at_netfront_config *config)
{
    (void)config;
    return true;
}

static const struct at_netfront_offload hooks = {.is_valid = is_valid, .ask = ask, .accept = accept, .recv = recv};

static bool is_closed(const struct at_netfront_queues_config *config)
{
    for (unsigned i = 0; i < config->count; i++) {
        if (config->queues[i].front.taken || config->queues[i].rx_port != 0)
            return false;
    }
    return true;
}

static bool is_valid_config(const struct at_netfront_queues_config *config)
{
    const struct at_netfront_config *front = &config->front;

    return config->queues != NULL && config->count >= 1 && config->count <= AT_NETFRONT_QUEUES_MAX &&
           (config->multicast != NULL ? config->groups != NULL && config->group_count >= 1 &&
                                            config->group_count <= AT_NETFRONT_GROUPS_MAX && front->tx != NULL
                                      : config->group_count == 0) &&
           front->buffers != NULL && (front->tx == NULL || front->slots != NULL) &&
           (front->offload != NULL ? front->offload->is_valid(front) : front->features == 0);
}

/* The handshake was the first queue's, and so is what it found out. */
static void describe(struct at_netfront_queues *d)
{
    d->info = d->config.queues[0].front.info;
    for (unsigned i = 1; i < d->opened; i++)
        d->config.queues[i].front.info = d->info;
    if (d->filters)
        d->info.group = d->config.multicast->set;
}

at_status at_netfront_queues_open(struct at_netfront_queues *d, const struct at_netfront_queues_config *config)
{
    struct at_netfront_config front;
    at_status status;

    if (d->opened > 0 || !is_valid_config(config) || !is_closed(config))
        return AT_INVALID;
    memset(d, 0, sizeof *d);
    d->config = *config;
    if (config->group_count > 0)
        memset(config->groups, 0, config->group_count * sizeof *config->groups);
    for (unsigned i = 0; i < config->count; i++) {
        config->queues[i].device = d;
        config->queues[i].rx_packets = config->queues[i].tx_packets = config->queues[i].untold = 0;
    }
    front = config->front;
    front.offload = &hooks;
    d->opened = 1;
    status = at_netfront_open(&config->queues[0].front, &front);
    if (status == AT_OK) {
        describe(d);
        return AT_OK;
    }
    (void)at_netfront_queues_close(d, 0); /* as at_netfront_open() does */
    return status;
}

/* Takes away what a device without all this does not know, and would leave for the back-end to believe. */
static void unpublish(struct at_netfront_queues *d)
{
    static const char *const keys[] = {
        "multi-queue-num-queues",
        "request-multicast-control",
        "event-channel-tx",
        "event-channel-rx",
        "queue-0",
        "queue-1",
        "queue-2",
        "queue-3",
    };
    const struct at_netfront *front = &d->config.queues[0].front;
    struct at_xenstore_request requests[AT_COUNT_OF(keys)] = {0};

    if (!d->published)
        return;
    d->published = false;
    for (size_t i = 0; i < AT_COUNT_OF(keys); i++) {
        requests[i].op = AT_XENSTORE_RM;
        requests[i].dir = front->dir;
        requests[i].path = keys[i];
    }
    (void)at_xenstore_call(front->config.store, requests, AT_COUNT_OF(keys),
                           at_clock_after(at_wait_now(front->config.wait), AT_XENBUS_GRACE_NS));
}

at_status at_netfront_queues_close(struct at_netfront_queues *d, uint64_t deadline_ns)
{
    at_status result = AT_OK;

    for (unsigned i = 0; i < d->opened; i++) {
        struct at_netfront_queue *queue = &d->config.queues[i];
        at_status status;

        if (i > 0)
            queue->front.config.shared.pages = 0; /* the first one's */
        status = at_netfront_close(&queue->front, deadline_ns);
        if (result == AT_OK)
            result = status;
        if (queue->rx_port == 0)
            continue;
        status = at_xen_event_close(d->config.front.events, queue->rx_port);
        if (status == AT_OK)
            queue->rx_port = 0;
        else
            result = status;
    }
    if (d->opened > 0)
        unpublish(d);
    if (result == AT_OK)
        d->opened = 0;
    return result;
}

unsigned at_netfront_queues_count(const struct at_netfront_queues *d)
{
    return d->active;
}

bool at_netfront_queues_filters(const struct at_netfront_queues *d)
{
    return d->filters != 0;
}

bool at_netfront_queues_is_split(const struct at_netfront_queues *d)
{
    return d->split;
}

void at_netfront_queues_stats(const struct at_netfront_queues *d, struct at_netfront_stats *stats)
{
    *stats = (struct at_netfront_stats){0};
    for (unsigned i = 0; i < d->config.count; i++) {
        const struct at_netfront_stats *one = &d->config.queues[i].front.front_stats;

        stats->notifies += one->notifies;
        stats->protocol_errors |= one->protocol_errors;
        stats->quarantined_pages += one->quarantined_pages;
    }
}
