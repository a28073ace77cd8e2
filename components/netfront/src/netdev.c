/* SPDX-License-Identifier: ISC */
/* The driver as a netdev, and what its two directions have in common: telling, waiting, ending. */
#include <atman/base/panic.h>
#include <atman/xen/event.h>
#include <atman/xen/ring.h>

#include "internal.h"

void at_netfront_push(struct at_netfront *nf, struct at_xen_ring *ring)
{
    if (at_xen_ring_push(ring) == 0)
        return;
    nf->front_stats.notifies++;
    (void)at_xen_event_notify(nf->port); /* a back-end that closed its end hears nothing; xenbus will tell of it */
}

void at_netfront_break(struct at_netfront *nf)
{
    nf->ended = AT_PROTOCOL;
    nf->front_stats.protocol_errors++;
    at_wait_wake(nf->config.wait);
}

struct at_netfront_buffer *at_netfront_held(struct at_netfront_buffer *buffers, uint32_t count, uint32_t token)
{
    bool frame_is_held = token < count && buffers[token].owner == AT_NETFRONT_USER;

    AT_ASSERT(frame_is_held);
    return &buffers[token];
}

void at_netfront_on_event(void *ctx)
{
    struct at_netfront *nf = ctx;

    at_wait_wake(nf->config.wait);
}

static const struct at_netdev_info *info(void *ctx)
{
    struct at_netfront *nf = ctx;

    return &nf->info;
}

static void stats(void *ctx, struct at_netdev_stats *out)
{
    struct at_netfront *nf = ctx;

    *out = nf->stats;
}

/* Looks after the back-end's state when XenStore said that it changed: the only way to learn that it left. */
static void look_at_backend(struct at_netfront *nf)
{
    at_status status;

    if (!at_xenbus_has_news(&nf->bus))
        return;
    status = at_xenbus_poll(&nf->bus, at_clock_after(at_wait_now(nf->config.wait), nf->config.timeout_ns));
    if (status == AT_CLOSED || status == AT_PROTOCOL)
        nf->ended = status; /* otherwise XenStore may not have answered: the news stays, for the next time */
}

/* Whether there is something of `events` already. Otherwise the back-end was asked for an event when there is. */
static bool is_ready(struct at_netfront *nf, unsigned events)
{
    if ((events & AT_NETDEV_TX) && (nf->tx_free_count > 0 || at_xen_ring_arm(&nf->tx)))
        return true;
    return (events & AT_NETDEV_RX) && at_xen_ring_arm(&nf->rx);
}

/* Sleeps, even if only until now: that is where other threads and the handlers of events get their turn. */
static at_status wait(void *ctx, unsigned events, uint64_t deadline_ns)
{
    struct at_netfront *nf = ctx;
    at_status status;
    bool ready;

    at_netfront_rx_push(nf);
    /* The news may have come while nobody slept here whom it could wake. */
    ready = nf->ended != AT_OK || at_xenbus_has_news(&nf->bus) || is_ready(nf, events);
    status = at_wait_sleep(nf->config.wait, ready ? 0 : deadline_ns);
    if (nf->ended == AT_OK)
        look_at_backend(nf);
    if (nf->ended != AT_OK)
        return nf->ended;
    return ready ? AT_OK : status;
}

struct at_netdev at_netfront_netdev(struct at_netfront *nf)
{
    static const struct at_netdev_ops ops = {
        .info = info,
        .recv = at_netfront_recv,
        .release = at_netfront_release,
        .tx_take = at_netfront_tx_take,
        .tx_return = at_netfront_tx_return,
        .send = at_netfront_send,
        .wait = wait,
        .stats = stats,
    };

    return (struct at_netdev){&ops, nf};
}

void at_netfront_stats(const struct at_netfront *nf, struct at_netfront_stats *out)
{
    *out = nf->front_stats;
}
