/* SPDX-License-Identifier: ISC */
#include <atman/testing/loopback_netdev.h>

#include <stdbool.h>
#include <string.h>

#include <atman/base/clock.h>
#include <atman/base/panic.h>

#define GSO (AT_NETDEV_GSO4 | AT_NETDEV_GSO6)

enum { FREE, USER, QUEUED };

static const struct at_netdev_info *info(void *ctx)
{
    struct at_loopback_netdev *lo = ctx;

    return &lo->info;
}

static at_status recv(void *ctx, struct at_netdev_part *parts, size_t capacity, size_t *count)
{
    struct at_loopback_netdev *lo = ctx;
    size_t whole = 0;

    AT_ASSERT(capacity >= AT_NETDEV_PARTS_MAX);
    *count = 0;
    if (lo->ended != AT_OK)
        return lo->ended;
    for (size_t n = 0; n < capacity && n < lo->queued; n++) {
        struct at_loopback_buffer *buffer = &lo->rx[lo->queue[n]];

        parts[n] = (struct at_netdev_part){
            .data = buffer->data,
            .size = buffer->size,
            .token = lo->queue[n],
            .flags = buffer->flags,
            .gso_size = buffer->gso_size,
        };
        if (buffer->flags & AT_NETDEV_MORE)
            continue;
        whole = n + 1;
        lo->stats.rx_frames++;
    }
    for (size_t n = 0; n < whole; n++) {
        lo->rx[lo->queue[n]].owner = USER;
        lo->stats.rx_bytes += parts[n].size;
    }
    lo->queued = (uint8_t)(lo->queued - whole);
    memmove(lo->queue, lo->queue + whole, lo->queued);
    *count = whole;
    return AT_OK;
}

static void release(void *ctx, const struct at_netdev_part *parts, size_t count)
{
    struct at_loopback_netdev *lo = ctx;

    for (size_t i = 0; i < count; i++) {
        AT_ASSERT(parts[i].token < AT_LOOPBACK_NETDEV_BUFFERS);
        AT_ASSERT(lo->rx[parts[i].token].owner == USER);
        lo->rx[parts[i].token].owner = FREE;
    }
}

/* Finds so many free buffers for `lo` to receive in. Returns false if there are not. */
static bool find_free(const struct at_loopback_netdev *lo, uint8_t *indices, uint32_t count)
{
    uint32_t found = 0;

    for (uint8_t i = 0; i < AT_LOOPBACK_NETDEV_BUFFERS && found < count; i++) {
        if (lo->rx[i].owner == FREE)
            indices[found++] = i;
    }
    return found == count;
}

/* The first membership of a group; group_count if there is none. */
static uint8_t find_group(const struct at_loopback_netdev *lo, const uint8_t *mac)
{
    uint8_t i = 0;

    while (i < lo->group_count && memcmp(lo->groups[i], mac, AT_NETDEV_MAC_SIZE) != 0)
        i++;
    return i;
}

static bool is_filtered(const struct at_loopback_netdev *lo, const struct at_netdev_frame *frame)
{
    static const uint8_t everybody[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t to[AT_NETDEV_MAC_SIZE];
    uint32_t size = 0;

    for (uint32_t i = 0; i < frame->count && size < sizeof to; i++) {
        for (uint32_t at = 0; at < frame->pieces[i].size && size < sizeof to; at++)
            to[size++] = frame->pieces[i].data[at];
    }
    return lo->info.group != NULL && size == sizeof to && (to[0] & 1) != 0 && memcmp(to, everybody, sizeof to) != 0 &&
           !at_loopback_netdev_is_member(lo, to);
}

/* Makes `lo` receive a frame of `size` bytes that lie in these pieces. */
static at_status deliver(struct at_loopback_netdev *lo, const struct at_netdev_frame *frame, uint32_t size)
{
    uint32_t count = (size + lo->part_size - 1) / lo->part_size, piece = 0, used = 0;
    uint8_t indices[AT_NETDEV_PARTS_MAX];

    if (is_filtered(lo, frame))
        return AT_OK;
    if (count > AT_NETDEV_PARTS_MAX || !find_free(lo, indices, count))
        return AT_NO_SPACE;
    for (uint32_t i = 0; i < count; i++) {
        struct at_loopback_buffer *buffer = &lo->rx[indices[i]];

        buffer->size = size < lo->part_size ? size : lo->part_size;
        buffer->flags = i == 0 ? frame->flags : 0;
        buffer->gso_size = i == 0 ? frame->gso_size : 0;
        buffer->owner = QUEUED;
        if (buffer->flags & AT_NETDEV_CSUM_BLANK)
            buffer->flags |= AT_NETDEV_CSUM_OK;
        if (i + 1 < count)
            buffer->flags |= AT_NETDEV_MORE;
        for (uint32_t at = 0; at < buffer->size; at++, used++) {
            if (used == frame->pieces[piece].size) {
                piece++;
                used = 0;
            }
            buffer->data[at] = frame->pieces[piece].data[used];
        }
        size -= buffer->size;
        lo->queue[lo->queued++] = indices[i];
    }
    if (lo->wait.ops != NULL)
        at_wait_wake(lo->wait);
    return AT_OK;
}

static bool is_offered(const struct at_netdev_info *offer, const struct at_netdev_frame *frame)
{
    unsigned gso = frame->flags & GSO;

    if ((frame->flags & ~(GSO | AT_NETDEV_CSUM_BLANK)) != 0 || gso == GSO)
        return false;
    if (gso != 0 && (frame->gso_size == 0 || (frame->flags & AT_NETDEV_CSUM_BLANK) == 0))
        return false;
    return ((frame->flags & AT_NETDEV_CSUM_BLANK) == 0 ||
            (offer->features & (AT_NETDEV_TX_CSUM4 | AT_NETDEV_TX_CSUM6)) != 0) &&
           (gso != AT_NETDEV_GSO4 || (offer->features & AT_NETDEV_TX_GSO4) != 0) &&
           (gso != AT_NETDEV_GSO6 || (offer->features & AT_NETDEV_TX_GSO6) != 0);
}

/* Checks the frame and tells its size. */
static at_status check(const struct at_netdev_info *offer, const struct at_netdev_frame *frame, uint32_t *size)
{
    uint32_t limit = frame->flags & GSO ? offer->max_gso : offer->max_frame;

    if (!is_offered(offer, frame))
        return AT_INVALID;
    if (frame->count > AT_NETDEV_PARTS_MAX)
        return AT_TOO_BIG;
    *size = 0;
    for (uint32_t i = 0; i < frame->count; i++) {
        if (frame->pieces[i].size == 0)
            return AT_INVALID;
        if (frame->pieces[i].size > limit - *size)
            return AT_TOO_BIG;
        *size += frame->pieces[i].size;
    }
    return *size < AT_NETDEV_HEADER_SIZE ? AT_INVALID : AT_OK;
}

static at_status send(void *ctx, const struct at_netdev_frame *frame)
{
    struct at_loopback_netdev *lo = ctx;
    uint32_t size;
    at_status status;

    if (lo->ended != AT_OK)
        return lo->ended;
    status = check(&lo->info, frame, &size);
    if (status != AT_OK)
        return status;
    if (frame->cookie != NULL) {
        if (lo->cookie_count == AT_LOOPBACK_NETDEV_SLOTS)
            return AT_AGAIN;
        lo->cookies[lo->cookie_count++] = frame->cookie;
    }
    lo->stats.tx_frames++;
    lo->stats.tx_bytes += size;
    lo->stats.tx_copied_bytes += size;
    if (deliver(lo->peer, frame, size) != AT_OK)
        lo->stats.dropped[AT_NETDEV_DROP_TX_ERROR]++;
    return AT_OK;
}

static void flush(void *ctx)
{
    (void)ctx; /* what was sent has arrived */
}

static at_status tx_done(void *ctx, void **cookies, size_t capacity, size_t *count)
{
    struct at_loopback_netdev *lo = ctx;
    size_t n = 0;

    while (lo->ended == AT_OK && n < capacity && lo->cookie_count > 0)
        cookies[n++] = lo->cookies[--lo->cookie_count];
    *count = n;
    return lo->ended;
}

/* There is always room to send without a cookie; with one, as soon as the user has taken its cookies. */
static bool is_ready(const struct at_loopback_netdev *lo, unsigned events)
{
    return (events & AT_NETDEV_TX) || ((events & AT_NETDEV_RX) && lo->queued > 0) ||
           ((events & AT_NETDEV_DONE) && lo->cookie_count > 0);
}

static at_status arm(void *ctx, unsigned events)
{
    struct at_loopback_netdev *lo = ctx;

    if (lo->ended != AT_OK)
        return lo->ended;
    return is_ready(lo, events) ? AT_OK : AT_AGAIN;
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
    AT_ASSERT(mtu <= AT_LOOPBACK_NETDEV_MAX - AT_NETDEV_HEADER_SIZE - 4);
    memset(lo, 0, sizeof *lo);
    memcpy(lo->info.mac, mac, AT_NETDEV_MAC_SIZE);
    lo->info.mtu = mtu;
    lo->info.max_frame = mtu + AT_NETDEV_HEADER_SIZE + 4u;
    lo->info.rx_buffers = AT_LOOPBACK_NETDEV_BUFFERS;
    lo->info.tx_slots = AT_LOOPBACK_NETDEV_SLOTS;
    lo->part_size = AT_LOOPBACK_NETDEV_ROOM;
    lo->wait = wait_in;
    lo->peer = lo;
}

void at_loopback_netdev_offer(struct at_loopback_netdev *lo, uint16_t features)
{
    lo->info.features = features;
    lo->info.max_gso = features & (AT_NETDEV_TX_GSO4 | AT_NETDEV_TX_GSO6) ? AT_LOOPBACK_NETDEV_MAX : 0;
}

void at_loopback_netdev_split(struct at_loopback_netdev *lo, uint32_t size)
{
    AT_ASSERT(size > 0 && size <= AT_LOOPBACK_NETDEV_ROOM);
    lo->part_size = size;
}

static at_status group(void *ctx, const uint8_t mac[AT_NETDEV_MAC_SIZE], bool joins)
{
    struct at_loopback_netdev *lo = ctx;
    uint8_t at = joins ? lo->group_count : find_group(lo, mac);

    if (lo->ended != AT_OK)
        return lo->ended;
    if ((mac[0] & 1) == 0)
        return AT_INVALID;
    if (!joins && at == lo->group_count)
        return AT_NOT_FOUND;
    if (at == AT_LOOPBACK_NETDEV_GROUPS)
        return AT_NO_SPACE;
    if (joins)
        memcpy(lo->groups[lo->group_count++], mac, AT_NETDEV_MAC_SIZE);
    else
        memcpy(lo->groups[at], lo->groups[--lo->group_count], AT_NETDEV_MAC_SIZE);
    return AT_OK;
}

void at_loopback_netdev_filter(struct at_loopback_netdev *lo)
{
    lo->info.group = group;
}

bool at_loopback_netdev_is_member(const struct at_loopback_netdev *lo, const uint8_t mac[AT_NETDEV_MAC_SIZE])
{
    return find_group(lo, mac) < lo->group_count;
}

void at_loopback_netdev_connect(struct at_loopback_netdev *a, struct at_loopback_netdev *b)
{
    a->peer = b;
    b->peer = a;
}

struct at_netdev at_loopback_netdev_dev(struct at_loopback_netdev *lo)
{
    static const struct at_netdev_ops ops = {info, recv, release, send, flush, tx_done, arm, wait, stats};

    return (struct at_netdev){&ops, lo};
}

at_status at_loopback_netdev_inject(struct at_loopback_netdev *lo, const void *data, uint32_t size)
{
    const struct at_netdev_piece piece = {data, size};
    const struct at_netdev_frame frame = {.pieces = &piece, .count = 1};

    AT_ASSERT(size > 0 && size <= AT_LOOPBACK_NETDEV_MAX);
    return deliver(lo, &frame, size);
}

void at_loopback_netdev_end(struct at_loopback_netdev *lo, at_status status)
{
    lo->ended = status;
    if (lo->wait.ops != NULL)
        at_wait_wake(lo->wait);
}

unsigned at_loopback_netdev_held(const struct at_loopback_netdev *lo)
{
    unsigned held = lo->cookie_count;

    for (unsigned i = 0; i < AT_LOOPBACK_NETDEV_BUFFERS; i++)
        held += lo->rx[i].owner == USER;
    return held;
}
