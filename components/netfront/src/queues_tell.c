/* SPDX-License-Identifier: ISC */
/*
 * Telling the back-end, no more often than is of use: what a ring's reader asked to be told of is noted, and told once
 * the guest has nothing left to do, or after AT_NETFRONT_TELL_EVERY packets, whichever comes first.
 */
#include <atman/xen/event.h>
#include <atman/xen/ring.h>

#include "queues.h"

void at_netfront_queues_hold(struct at_netfront *nf, unsigned rings)
{
    at_netfront_queue_of(nf)->untold |= rings;
}

static void notify(struct at_netfront *nf, uint32_t port)
{
    nf->front_stats.notifies++;
    (void)at_xen_event_notify(port); /* a back-end that closed its end hears nothing; xenbus will tell of it */
}

/*
 * Whether the back-end has, or has filled and not shown, so many buffers that it cannot lack any for a frame of the
 * largest kind: what it asked for can wait until these have come back.
 */
static bool is_well_supplied(const struct at_netfront *nf)
{
    return at_xen_ring_outstanding(&nf->rx) >= AT_NETFRONT_TELL_EVERY;
}

/* With split channels each direction is told on its own, after packets of its own. */
static void tell(struct at_netfront_queue *queue, bool is_split, bool all)
{
    uint32_t rx = queue->rx_packets, tx = queue->tx_packets;
    unsigned due = queue->untold;

    if (!is_split)
        rx = tx = rx + tx;
    if (!all)
        due &= (rx >= AT_NETFRONT_TELL_EVERY ? AT_NETFRONT_TELL_RX : 0u) |
               (tx >= AT_NETFRONT_TELL_EVERY ? AT_NETFRONT_TELL_TX : 0u);
    else if (rx < AT_NETFRONT_TELL_EVERY && is_well_supplied(&queue->front))
        due &= ~AT_NETFRONT_TELL_RX;
    if (due == 0)
        return;
    if (!is_split)
        due = AT_NETFRONT_TELL_RX | AT_NETFRONT_TELL_TX;
    if (due & AT_NETFRONT_TELL_TX) {
        queue->tx_packets = 0;
        notify(&queue->front, queue->front.port);
    }
    if (due & AT_NETFRONT_TELL_RX) {
        queue->rx_packets = 0;
        if (is_split)
            notify(&queue->front, queue->rx_port);
    }
    queue->untold &= ~due;
}

void at_netfront_queues_tell(struct at_netfront_queues *d, bool all)
{
    for (unsigned i = 0; i < d->active; i++) {
        if (d->config.queues[i].untold != 0)
            tell(&d->config.queues[i], d->split, all);
    }
}
