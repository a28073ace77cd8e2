/* SPDX-License-Identifier: ISC */
/*
 * Groups that the back-end is told of, by requests in the first queue's ring that have no frame, only extra
 * information. What was joined is remembered: for a ring that is full now, and for the back-end of a domain that was
 * restored.
 */
#include <string.h>

#include <atman/xen/abi.h>
#include <atman/xen/ring.h>

#include <xen/io/netif.h>

#include "queues.h"

/* What a group's entry waits for, in at_netfront_group.wants. An entry without members that wants nothing is free. */
enum { NOTHING, TO_JOIN, TO_LEAVE };

static void ask(struct at_netfront_queues *d, struct at_netfront_handshake *h)
{
    d->offered_filter = 0;
    at_netfront_ask(h, "feature-multicast-control", &d->offered_filter);
}

/* Tells the back-end of a group. Returns AT_OK, AT_AGAIN when there is no room, or what ended the device. */
static at_status send_group(struct at_netfront *nf, const uint8_t mac[AT_NETDEV_MAC_SIZE], bool joins)
{
    struct netif_tx_request request = {.flags = NETTXF_extra_info}, place = {0};
    struct netif_extra_info extra = {.type = joins ? XEN_NETIF_EXTRA_TYPE_MCAST_ADD : XEN_NETIF_EXTRA_TYPE_MCAST_DEL};
    struct at_netfront_slot *slot;

    at_netfront_tx_reap(nf);
    if (nf->ended != AT_OK)
        return nf->ended;
    if (nf->tx_free_slots == 0 || at_xen_ring_room(&nf->tx) < 2)
        return AT_AGAIN;
    request.id = nf->tx_free_slot;
    slot = &nf->config.slots[request.id];
    nf->tx_free_slot = slot->next;
    nf->tx_free_slots--;
    *slot = (struct at_netfront_slot){
        .first = request.id, .pending = 1, .buffer = AT_NETFRONT_NONE, .owner = AT_NETFRONT_RING};
    (void)at_xen_ring_put(&nf->tx, &request);
    __builtin_memcpy(extra.u.mcast.addr, mac, AT_NETDEV_MAC_SIZE);
    __builtin_memcpy(&place, &extra, sizeof extra);
    nf->tx_extras++;
    (void)at_xen_ring_put(&nf->tx, &place);
    return AT_OK;
}

/* Puts requests until all groups are told or the ring is full. */
static void tell_what_fits(struct at_netfront_queues *d)
{
    d->groups_waiting = false;
    for (unsigned i = 0; i < d->config.group_count; i++) {
        struct at_netfront_group *group = &d->config.groups[i];

        if (group->wants == NOTHING)
            continue;
        if (send_group(&d->config.queues[0].front, group->mac, group->wants == TO_JOIN) == AT_OK)
            group->wants = NOTHING;
        else
            d->groups_waiting = true;
    }
}

/* Returns when nothing waits, or when the back-end will say that there is room. */
static void tell(struct at_netfront_queues *d)
{
    struct at_netfront *nf = &d->config.queues[0].front;

    do {
        tell_what_fits(d);
    } while (d->groups_waiting && nf->ended == AT_OK && at_xen_ring_arm(&nf->tx));
}

static struct at_netfront_group *find(struct at_netfront_queues *d, const uint8_t mac[AT_NETDEV_MAC_SIZE])
{
    for (unsigned i = 0; i < d->config.group_count; i++) {
        struct at_netfront_group *group = &d->config.groups[i];

        if ((group->members > 0 || group->wants != NOTHING) && memcmp(group->mac, mac, AT_NETDEV_MAC_SIZE) == 0)
            return group;
    }
    return NULL;
}

static struct at_netfront_group *find_free(struct at_netfront_queues *d)
{
    for (unsigned i = 0; i < d->config.group_count; i++) {
        if (d->config.groups[i].members == 0 && d->config.groups[i].wants == NOTHING)
            return &d->config.groups[i];
    }
    return NULL;
}

static at_status join(struct at_netfront_queues *d, const uint8_t mac[AT_NETDEV_MAC_SIZE])
{
    struct at_netfront_group *group = find(d, mac);

    if (group == NULL) {
        group = find_free(d);
        if (group == NULL)
            return AT_NO_SPACE;
        memcpy(group->mac, mac, AT_NETDEV_MAC_SIZE);
        group->wants = TO_JOIN;
    } else if (group->members == 0) {
        group->wants = NOTHING; /* the back-end has not been told that it was left */
    } else if (group->members == UINT16_MAX) {
        return AT_NO_SPACE;
    }
    group->members++;
    return AT_OK;
}

static at_status leave(struct at_netfront_queues *d, const uint8_t mac[AT_NETDEV_MAC_SIZE])
{
    struct at_netfront_group *group = find(d, mac);

    if (group == NULL || group->members == 0)
        return AT_NOT_FOUND;
    if (--group->members == 0)
        group->wants = group->wants == TO_JOIN ? NOTHING : TO_LEAVE;
    return AT_OK;
}

/* All groups again, to a back-end that knows of none; one that does not filter is told of none. */
static void start(struct at_netfront_queues *d)
{
    for (unsigned i = 0; i < d->config.group_count; i++)
        d->config.groups[i].wants = d->filters && d->config.groups[i].members > 0 ? TO_JOIN : NOTHING;
    if (d->filters)
        tell_what_fits(d);
}

static at_status set(void *ctx, const uint8_t mac[AT_NETDEV_MAC_SIZE], bool joins)
{
    struct at_netfront_queues *d = ctx;
    at_status status = d->config.queues[0].front.ended;

    if (status != AT_OK)
        return status;
    if ((mac[0] & 1) == 0)
        return AT_INVALID;
    status = joins ? join(d, mac) : leave(d, mac);
    if (d->filters)
        tell_what_fits(d);
    else
        start(d); /* nobody to tell yet, or ever */
    return status;
}

const struct at_netfront_multicast *at_netfront_multicast(void)
{
    static const struct at_netfront_multicast multicast = {.ask = ask, .start = start, .set = set, .tell = tell};

    return &multicast;
}
