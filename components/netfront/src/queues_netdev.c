/* SPDX-License-Identifier: ISC */
/* Several queues as one netdev: each is one of its own, and this says whose turn it is. */
#include <atman/base/panic.h>

#include "queues.h"

/* In a token: the queue's number above what is the token there. */
#define QUEUE_SHIFT 16u

static struct at_netdev netdev(struct at_netfront_queues *d, unsigned i)
{
    return at_netfront_netdev(&d->config.queues[i].front);
}

/* Returns AT_OK while the device works. The end of one queue is that of all. */
static at_status state(struct at_netfront_queues *d)
{
    at_status ended = AT_OK;

    for (unsigned i = 0; ended == AT_OK && i < d->opened; i++)
        ended = d->config.queues[i].front.ended;
    for (unsigned i = 0; ended != AT_OK && i < d->opened; i++)
        d->config.queues[i].front.ended = ended;
    return d->opened > 0 ? ended : AT_CLOSED;
}

static const struct at_netdev_info *info(void *ctx)
{
    struct at_netfront_queues *d = ctx;

    return &d->info;
}

/* Goes on where it stopped, so that no queue waits for ever behind a busy one. */
static at_status recv(void *ctx, struct at_netdev_part *parts, size_t capacity, size_t *count)
{
    struct at_netfront_queues *d = ctx;
    at_status status = state(d);

    *count = 0;
    for (unsigned n = 0; status == AT_OK && n < d->active && capacity - *count >= AT_NETDEV_PARTS_MAX; n++) {
        unsigned i = d->turn < d->active ? d->turn : 0;
        size_t more;

        status = at_netdev_recv(netdev(d, i), parts + *count, capacity - *count, &more);
        for (size_t k = *count; k < *count + more; k++)
            parts[k].token |= i << QUEUE_SHIFT;
        *count += more;
        d->config.queues[i].rx_packets += (uint32_t)more;
        d->turn = (uint16_t)(i + 1);
    }
    at_netfront_queues_tell(d, *count == 0);
    return *count > 0 ? AT_OK : status;
}

static void release(void *ctx, const struct at_netdev_part *parts, size_t count)
{
    struct at_netfront_queues *d = ctx;

    for (size_t k = 0; k < count; k++) {
        struct at_netdev_part part = parts[k];
        uint32_t i = part.token >> QUEUE_SHIFT;

        AT_ASSERT(i < d->config.count);
        part.token &= (1u << QUEUE_SHIFT) - 1;
        at_netdev_release(netdev(d, i), &part, 1);
    }
    at_netfront_queues_tell(d, false);
}

/* The queue of a flow is the same for as long as there are as many: full or not, its frames stay in order. */
static at_status send(void *ctx, const struct at_netdev_frame *frame)
{
    struct at_netfront_queues *d = ctx;
    unsigned i = 0;
    at_status status = state(d);

    if (status != AT_OK)
        return status;
    if (d->active > 1)
        i = (unsigned)((uint64_t)at_netfront_flow(frame) * d->active >> 32);
    status = at_netdev_send(netdev(d, i), frame);
    if (status == AT_AGAIN)
        d->full = (uint16_t)i;
    d->config.queues[i].tx_packets += status == AT_OK;
    return status;
}

/* Shows the back-end what is new, and tells nobody. */
static void push(struct at_netfront_queues *d)
{
    if (d->groups_waiting)
        d->config.multicast->tell(d);
    for (unsigned i = 0; i < d->active; i++)
        at_netdev_flush(netdev(d, i));
}

static void flush(void *ctx)
{
    struct at_netfront_queues *d = ctx;

    push(d);
    at_netfront_queues_tell(d, true);
}

static at_status tx_done(void *ctx, void **cookies, size_t capacity, size_t *count)
{
    struct at_netfront_queues *d = ctx;
    at_status status = state(d);

    *count = 0;
    for (unsigned i = 0; status == AT_OK && i < d->opened && *count < capacity; i++) {
        size_t more;

        status = at_netdev_tx_done(netdev(d, i), cookies + *count, capacity - *count, &more);
        *count += more;
    }
    return *count > 0 ? AT_OK : status;
}

/* What a queue is asked: the others than the full one may have room, which is of no use. */
static unsigned asked(const struct at_netfront_queues *d, unsigned i, unsigned events)
{
    return (events & AT_NETDEV_TX) && i != d->full ? (events & ~AT_NETDEV_TX) | AT_NETDEV_DONE : events;
}

/* Whether the back-end has answered something in those rings. It is asked for nothing. */
static bool has_answers(const struct at_netfront_queues *d, unsigned events)
{
    for (unsigned i = 0; i < d->active; i++) {
        const struct at_netfront *nf = &d->config.queues[i].front;

        if (((events & AT_NETDEV_RX) && at_netfront_unread(&nf->rx, &nf->ring_pages[0]) != 0) ||
            ((events & ~AT_NETDEV_RX) && at_netfront_unread(&nf->tx, &nf->ring_pages[1]) != 0))
            return true;
    }
    return false;
}

/* Looks at the rings until `until_ns`, or until there is something. No event's handler runs meanwhile. */
static void look(const struct at_netfront_queues *d, unsigned events, uint64_t until_ns)
{
    while (!has_answers(d, events) && at_wait_now(d->config.front.wait) < until_ns) {
    }
}

static at_status arm_queues(struct at_netfront_queues *d, unsigned events)
{
    at_status result = AT_AGAIN;

    for (unsigned i = 0; result == AT_AGAIN && i < d->active; i++)
        result = at_netdev_arm(netdev(d, i), asked(d, i, events));
    if (result != AT_OK && result != AT_AGAIN)
        (void)state(d);
    return result;
}

/* Arms, after a look at the rings until `until_ns`, if that is not 0. What is there already is found before the
 * back-end is told anything. */
static at_status look_and_arm(struct at_netfront_queues *d, unsigned events, uint64_t until_ns)
{
    at_status status = state(d);

    if (status != AT_OK)
        return status;
    push(d);
    if (until_ns != 0 && !has_answers(d, events)) {
        at_netfront_queues_tell(d, true);
        status = arm_queues(d, events & ~AT_NETDEV_RX); /* room or cookies that are there need no answer */
        if (status == AT_AGAIN)
            look(d, events, until_ns);
    }
    status = arm_queues(d, events);
    at_netfront_queues_tell(d, status != AT_OK);
    return status;
}

static uint64_t poll_until(const struct at_netfront_queues *d)
{
    return d->config.poll_ns == 0 ? 0 : at_clock_after(at_wait_now(d->config.front.wait), d->config.poll_ns);
}

static at_status arm(void *ctx, unsigned events)
{
    struct at_netfront_queues *d = ctx;

    return look_and_arm(d, events, poll_until(d));
}

/* Sleeps, even if only until now, as a queue by itself does; and looks after the back-end when it was told of it. */
static at_status wait(void *ctx, unsigned events, uint64_t deadline_ns)
{
    struct at_netfront_queues *d = ctx;
    uint64_t until_ns = poll_until(d);
    at_status armed = look_and_arm(d, events, until_ns < deadline_ns ? until_ns : deadline_ns);
    at_status status = at_wait_sleep(d->config.front.wait, armed == AT_AGAIN ? deadline_ns : 0);
    at_status ended = armed == AT_AGAIN ? look_and_arm(d, 0, 0) : state(d);

    if (ended != AT_OK && ended != AT_AGAIN)
        return ended;
    return armed == AT_OK ? AT_OK : status;
}

static void stats(void *ctx, struct at_netdev_stats *out)
{
    struct at_netfront_queues *d = ctx;

    *out = (struct at_netdev_stats){0};
    for (unsigned i = 0; i < d->config.count; i++) {
        const struct at_netdev_stats *one = &d->config.queues[i].front.stats;

        out->rx_frames += one->rx_frames;
        out->rx_bytes += one->rx_bytes;
        out->tx_frames += one->tx_frames;
        out->tx_bytes += one->tx_bytes;
        out->tx_copied_bytes += one->tx_copied_bytes;
        for (unsigned why = 0; why < AT_NETDEV_DROP_COUNT; why++)
            out->dropped[why] += one->dropped[why];
    }
}

struct at_netdev at_netfront_queues_netdev(struct at_netfront_queues *d)
{
    static const struct at_netdev_ops ops = {
        .info = info,
        .recv = recv,
        .release = release,
        .send = send,
        .flush = flush,
        .tx_done = tx_done,
        .arm = arm,
        .wait = wait,
        .stats = stats,
    };

    return (struct at_netdev){&ops, d};
}
