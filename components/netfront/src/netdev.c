/* SPDX-License-Identifier: ISC */
/* The driver as a netdev, and what its two directions have in common: telling, waiting, ending. */
#include <atman/xen/event.h>
#include <atman/xen/ring.h>

#include "internal.h"

void at_netfront_flush(void *ctx)
{
    struct at_netfront *nf = ctx;
    unsigned tell;

    if (nf->ended != AT_OK)
        return;
    nf->rx_unpushed = 0;
    tell = (unsigned)at_xen_ring_push(&nf->rx);
    if (nf->config.tx != NULL)
        tell |= (unsigned)at_xen_ring_push(&nf->tx) << 1;
    if (tell == 0)
        return;
    if (nf->tell != NULL) {
        nf->tell(nf, tell);
        return;
    }
    nf->front_stats.notifies++;
    (void)at_xen_event_notify(nf->port); /* a back-end that closed its end hears nothing; xenbus will tell of it */
}

void at_netfront_break(struct at_netfront *nf)
{
    nf->ended = AT_PROTOCOL;
    nf->front_stats.protocol_errors++;
    at_wait_wake(nf->config.wait);
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

    if (nf->phase != AT_NETFRONT_DONE || !at_xenbus_has_news(&nf->bus))
        return; /* the handshake looks for itself */
    status = at_xenbus_poll(&nf->bus, at_clock_after(at_wait_now(nf->config.wait), nf->config.timeout_ns));
    if (status == AT_CLOSED || status == AT_PROTOCOL)
        nf->ended = status; /* otherwise XenStore may not have answered: the news stays, for the next time */
}

static at_status recv(void *ctx, struct at_netdev_part *parts, size_t capacity, size_t *count)
{
    struct at_netfront *nf = ctx;

    if (nf->rx_unpushed > 0)
        at_netfront_flush(nf);
    if (nf->config.offload != NULL)
        return nf->config.offload->recv(nf, parts, capacity, count);
    return at_netfront_recv(nf, parts, capacity, count);
}

static at_status send(void *ctx, const struct at_netdev_frame *frame)
{
    struct at_netfront *nf = ctx;

    if (nf->config.tx == NULL)
        return nf->ended == AT_OK ? AT_TOO_BIG : nf->ended; /* max_frame is 0 */
    return nf->config.tx->send(nf, frame);
}

static at_status tx_done(void *ctx, void **cookies, size_t capacity, size_t *count)
{
    struct at_netfront *nf = ctx;

    *count = 0;
    return nf->config.tx == NULL ? nf->ended : nf->config.tx->done(nf, cookies, capacity, count);
}

/* Whether there is something of `events` already. Otherwise the back-end was asked for an event when there is. */
static bool is_ready(struct at_netfront *nf, unsigned events)
{
    if ((events & (AT_NETDEV_TX | AT_NETDEV_DONE)) && nf->config.tx != NULL && nf->config.tx->is_ready(nf, events))
        return true;
    return (events & AT_NETDEV_RX) && at_xen_ring_arm(&nf->rx);
}

static at_status arm(void *ctx, unsigned events)
{
    struct at_netfront *nf = ctx;
    bool ready;

    at_netfront_flush(nf);
    if (nf->ended == AT_OK)
        look_at_backend(nf);
    ready = nf->ended == AT_OK && is_ready(nf, events); /* which may end it */
    return ready || nf->ended != AT_OK ? nf->ended : AT_AGAIN;
}

/* Sleeps, even if only until now: that is where other threads and the handlers of events get their turn. */
static at_status wait(void *ctx, unsigned events, uint64_t deadline_ns)
{
    struct at_netfront *nf = ctx;
    at_status status;
    bool ready;

    at_netfront_flush(nf);
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
        .recv = recv,
        .release = at_netfront_release,
        .send = send,
        .flush = at_netfront_flush,
        .tx_done = tx_done,
        .arm = arm,
        .wait = wait,
        .stats = stats,
    };

    return (struct at_netdev){&ops, nf};
}

void at_netfront_stats(const struct at_netfront *nf, struct at_netfront_stats *out)
{
    *out = nf->front_stats;
}
