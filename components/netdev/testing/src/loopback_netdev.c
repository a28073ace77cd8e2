/* SPDX-License-Identifier: ISC */
#include <atman/testing/loopback_netdev.h>

#include <stdbool.h>
#include <string.h>

#include <atman/base/clock.h>
#include <atman/base/panic.h>

enum { FREE, USER, QUEUED };

static const struct at_netdev_info *info(void *ctx)
{
    struct at_loopback_netdev *lo = ctx;

    return &lo->info;
}

/* Hands one buffer that is with its `from` over to the user. */
static struct at_netdev_frame hand_over(struct at_loopback_buffer *buffers, uint32_t index, uint8_t from)
{
    AT_ASSERT(buffers[index].owner == from);
    buffers[index].owner = USER;
    return (struct at_netdev_frame){buffers[index].data, buffers[index].size, index};
}

static void take_back(struct at_loopback_buffer *buffers, const struct at_netdev_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AT_ASSERT(frames[i].token < AT_LOOPBACK_NETDEV_BUFFERS);
        AT_ASSERT(buffers[frames[i].token].owner == USER);
        buffers[frames[i].token].owner = FREE;
        buffers[frames[i].token].size = 0;
    }
}

static at_status recv(void *ctx, struct at_netdev_frame *frames, size_t capacity, size_t *count)
{
    struct at_loopback_netdev *lo = ctx;
    size_t n = 0;

    *count = 0;
    if (lo->ended != AT_OK)
        return lo->ended;
    for (; n < capacity && n < lo->queued; n++) {
        frames[n] = hand_over(lo->rx, lo->queue[n], QUEUED);
        lo->stats.rx_frames++;
        lo->stats.rx_bytes += frames[n].size;
    }
    lo->queued = (uint8_t)(lo->queued - n);
    memmove(lo->queue, lo->queue + n, lo->queued);
    *count = n;
    return AT_OK;
}

static void release(void *ctx, const struct at_netdev_frame *frames, size_t count)
{
    struct at_loopback_netdev *lo = ctx;

    take_back(lo->rx, frames, count);
}

static at_status tx_take(void *ctx, struct at_netdev_frame *frames, size_t capacity, size_t *count)
{
    struct at_loopback_netdev *lo = ctx;

    *count = 0;
    if (lo->ended != AT_OK)
        return lo->ended;
    for (uint32_t i = 0; i < AT_LOOPBACK_NETDEV_BUFFERS && *count < capacity; i++) {
        if (lo->tx[i].owner == FREE)
            frames[(*count)++] = hand_over(lo->tx, i, FREE);
    }
    return AT_OK;
}

static void tx_return(void *ctx, const struct at_netdev_frame *frames, size_t count)
{
    struct at_loopback_netdev *lo = ctx;

    take_back(lo->tx, frames, count);
}

static at_status send(void *ctx, const struct at_netdev_frame *frames, size_t count)
{
    struct at_loopback_netdev *lo = ctx;

    if (lo->ended != AT_OK)
        return lo->ended;
    for (size_t i = 0; i < count; i++) {
        if (frames[i].size < AT_NETDEV_HEADER_SIZE)
            return AT_INVALID;
        if (frames[i].size > lo->info.max_frame)
            return AT_TOO_BIG;
    }
    for (size_t i = 0; i < count; i++) {
        take_back(lo->tx, &frames[i], 1);
        lo->stats.tx_frames++;
        lo->stats.tx_bytes += frames[i].size;
        if (at_loopback_netdev_inject(lo->peer, lo->tx[frames[i].token].data, frames[i].size) != AT_OK)
            lo->stats.dropped[AT_NETDEV_DROP_TX_ERROR]++;
    }
    return AT_OK;
}

static bool is_ready(const struct at_loopback_netdev *lo, unsigned events)
{
    if ((events & AT_NETDEV_RX) && lo->queued > 0)
        return true;
    for (unsigned i = 0; (events & AT_NETDEV_TX) && i < AT_LOOPBACK_NETDEV_BUFFERS; i++) {
        if (lo->tx[i].owner == FREE)
            return true;
    }
    return false;
}

static at_status wait(void *ctx, unsigned events, uint64_t deadline_ns)
{
    struct at_loopback_netdev *lo = ctx;
    bool ready = lo->ended != AT_OK || is_ready(lo, events);
    at_status status = deadline_ns == AT_NEVER ? AT_DEADLOCK : AT_TIMED_OUT;

    if (lo->wait.ops != NULL)
        status = at_wait_sleep(lo->wait, ready ? 0 : deadline_ns); /* others get their turn in any case */
    if (lo->ended != AT_OK)
        return lo->ended;
    return ready ? AT_OK : status;
}

static void stats(void *ctx, struct at_netdev_stats *out)
{
    struct at_loopback_netdev *lo = ctx;

    *out = lo->stats;
}

void at_loopback_netdev_init(struct at_loopback_netdev *lo, const uint8_t mac[AT_NETDEV_MAC_SIZE], uint16_t mtu,
                             struct at_wait wait_in)
{
    AT_ASSERT(mtu <= AT_LOOPBACK_NETDEV_ROOM - AT_NETDEV_HEADER_SIZE - 4);
    memset(lo, 0, sizeof *lo);
    memcpy(lo->info.mac, mac, AT_NETDEV_MAC_SIZE);
    lo->info.mtu = mtu;
    lo->info.max_frame = (uint16_t)(mtu + AT_NETDEV_HEADER_SIZE + 4);
    lo->info.rx_buffers = AT_LOOPBACK_NETDEV_BUFFERS;
    lo->info.tx_buffers = AT_LOOPBACK_NETDEV_BUFFERS;
    lo->wait = wait_in;
    lo->peer = lo;
}

void at_loopback_netdev_connect(struct at_loopback_netdev *a, struct at_loopback_netdev *b)
{
    a->peer = b;
    b->peer = a;
}

struct at_netdev at_loopback_netdev_dev(struct at_loopback_netdev *lo)
{
    static const struct at_netdev_ops ops = {info, recv, release, tx_take, tx_return, send, wait, stats};

    return (struct at_netdev){&ops, lo};
}

at_status at_loopback_netdev_inject(struct at_loopback_netdev *lo, const void *data, uint32_t size)
{
    AT_ASSERT(size > 0 && size <= AT_LOOPBACK_NETDEV_ROOM);
    for (uint8_t i = 0; i < AT_LOOPBACK_NETDEV_BUFFERS; i++) {
        if (lo->rx[i].owner != FREE)
            continue;
        memcpy(lo->rx[i].data, data, size);
        lo->rx[i].size = size;
        lo->rx[i].owner = QUEUED;
        lo->queue[lo->queued++] = i;
        if (lo->wait.ops != NULL)
            at_wait_wake(lo->wait);
        return AT_OK;
    }
    return AT_NO_SPACE;
}

void at_loopback_netdev_end(struct at_loopback_netdev *lo, at_status status)
{
    lo->ended = status;
    if (lo->wait.ops != NULL)
        at_wait_wake(lo->wait);
}

unsigned at_loopback_netdev_held(const struct at_loopback_netdev *lo)
{
    unsigned held = 0;

    for (unsigned i = 0; i < AT_LOOPBACK_NETDEV_BUFFERS; i++)
        held += (lo->rx[i].owner == USER) + (lo->tx[i].owner == USER);
    return held;
}
