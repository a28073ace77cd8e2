/* SPDX-License-Identifier: ISC */
/*
 * Transmitting. A part of a frame goes through the ring in a slot, whose index is the request's id. It lies in a buffer
 * of the device's, or where the user has it. A frame is known by the slot of its first part.
 */
#include <string.h>

#include <atman/xen/abi.h>
#include <atman/xen/ring.h>

#include <xen/io/netif.h>

#include "internal.h"

#define GSO (AT_NETDEV_GSO4 | AT_NETDEV_GSO6)

/* A frame while it is put together. */
struct gather {
    struct {
        uint32_t grant;
        uint16_t offset;
        uint16_t size;
        uint16_t buffer; /* the device's that it lies in, or AT_NETFRONT_NONE */
    } parts[AT_NETDEV_PARTS_MAX];
    uint32_t count;
    uint32_t buffers;
};

static void free_slot(struct at_netfront *nf, uint32_t index)
{
    nf->config.slots[index].next = nf->tx_free_slot;
    nf->tx_free_slot = (uint16_t)index;
    nf->tx_free_slots++;
}

static void free_buffer(struct at_netfront *nf, uint32_t index)
{
    if (index == AT_NETFRONT_NONE)
        return;
    at_netfront_tx_buffer(nf, index)->next = nf->tx_free_buffer;
    nf->tx_free_buffer = (uint16_t)index;
    nf->tx_free_buffers++;
}

/* Makes all slots and buffers free. The ring is there; it is asked for no event before somebody waits for one. */
static at_status tx_open(struct at_netfront *nf)
{
    memset(nf->config.slots, 0, nf->config.tx_slots * sizeof *nf->config.slots);
    nf->tx_free_slot = nf->tx_free_buffer = nf->tx_done = AT_NETFRONT_NONE;
    for (uint32_t i = nf->config.tx_slots; i > 0; i--)
        free_slot(nf, i - 1);
    for (uint32_t i = nf->config.tx_buffers; i > 0; i--)
        free_buffer(nf, i - 1);
    nf->tx_want_slots = nf->tx_want_buffers = 1;
    return at_netfront_shared_give(nf);
}

/* All parts of the frame were answered. Its slot is free again once its cookie was given back. */
static void finish(struct at_netfront *nf, uint32_t index)
{
    struct at_netfront_slot *slot = &nf->config.slots[index];

    if (slot->failed)
        nf->stats.dropped[AT_NETDEV_DROP_TX_ERROR]++;
    if (slot->cookie == NULL) {
        free_slot(nf, index);
    } else {
        slot->next = nf->tx_done;
        nf->tx_done = (uint16_t)index;
    }
}

/* Takes one answer. Returns false if the back-end broke the protocol. */
static bool take(struct at_netfront *nf, const struct netif_tx_response *response)
{
    struct at_netfront_slot *slot, *first;

    if (response->status == NETIF_RSP_NULL) /* the answer to extra information: its id means nothing */
        return nf->tx_extras-- > 0;
    if (response->id >= nf->config.tx_slots || response->status > NETIF_RSP_OKAY ||
        response->status < NETIF_RSP_DROPPED)
        return false;
    slot = &nf->config.slots[response->id];
    if (slot->owner != AT_NETFRONT_RING)
        return false;
    first = &nf->config.slots[slot->first];
    slot->owner = AT_NETFRONT_IDLE;
    free_buffer(nf, slot->buffer);
    first->failed |= response->status != NETIF_RSP_OKAY;
    if (slot != first)
        free_slot(nf, response->id);
    if (--first->pending == 0)
        finish(nf, (uint32_t)(first - nf->config.slots));
    return true;
}

/* Takes back what the back-end is done with. */
void at_netfront_tx_reap(struct at_netfront *nf)
{
    struct netif_tx_response response;

    while (nf->ended == AT_OK) {
        at_status status = at_xen_ring_take(&nf->tx, &response);

        if (status == AT_AGAIN)
            return;
        if (status != AT_OK || !take(nf, &response))
            at_netfront_break(nf);
    }
}

void at_netfront_tx_lose(struct at_netfront *nf)
{
    for (uint32_t i = 0; i < nf->config.tx_slots; i++) {
        const struct netif_tx_response lost = {.id = (uint16_t)i, .status = NETIF_RSP_DROPPED};

        if (nf->config.slots[i].owner == AT_NETFRONT_RING)
            (void)take(nf, &lost);
    }
    nf->tx_extras = 0;
    nf->tx_want_slots = nf->tx_want_buffers = 1;
}

/* Adds parts where the user has them, one for each page. Returns false if they are too many. */
static bool add_in_place(struct at_netfront *nf, struct gather *g, const struct at_netdev_piece *piece)
{
    size_t at = (size_t)(piece->data - nf->config.shared.base);

    for (uint32_t left = piece->size; left > 0; g->count++) {
        uint32_t offset = at % AT_NETFRONT_PAGE_SIZE;
        uint32_t size = AT_NETFRONT_PAGE_SIZE - offset < left ? AT_NETFRONT_PAGE_SIZE - offset : left;

        if (g->count == AT_NETDEV_PARTS_MAX)
            return false;
        g->parts[g->count].grant = nf->config.shared.grants[at / AT_NETFRONT_PAGE_SIZE];
        g->parts[g->count].offset = (uint16_t)offset;
        g->parts[g->count].size = (uint16_t)size;
        g->parts[g->count].buffer = AT_NETFRONT_NONE;
        at += size;
        left -= size;
    }
    return true;
}

/* Begins a part in a free buffer. */
static at_status add_buffer(struct at_netfront *nf, struct gather *g)
{
    uint16_t index = nf->tx_free_buffer;

    if (g->count == AT_NETDEV_PARTS_MAX || g->buffers == nf->config.tx_buffers)
        return AT_TOO_BIG;
    if (index == AT_NETFRONT_NONE)
        return AT_AGAIN;
    nf->tx_free_buffer = at_netfront_tx_buffer(nf, index)->next;
    nf->tx_free_buffers--;
    g->buffers++;
    g->parts[g->count].grant = at_netfront_tx_buffer(nf, index)->grant;
    g->parts[g->count].offset = 0;
    g->parts[g->count].size = 0;
    g->parts[g->count].buffer = index;
    g->count++;
    return AT_OK;
}

/* Copies a piece behind the last one if that was copied too, and into new buffers. */
static at_status add_copy(struct at_netfront *nf, struct gather *g, const struct at_netdev_piece *piece)
{
    const uint8_t *data = piece->data;

    for (uint32_t left = piece->size; left > 0;) {
        uint32_t used = AT_NETFRONT_PAGE_SIZE, size;

        if (g->count > 0 && g->parts[g->count - 1].buffer != AT_NETFRONT_NONE)
            used = g->parts[g->count - 1].size;
        if (used == AT_NETFRONT_PAGE_SIZE) {
            at_status status = add_buffer(nf, g);

            if (status != AT_OK)
                return status;
            used = 0;
        }
        size = AT_NETFRONT_PAGE_SIZE - used < left ? AT_NETFRONT_PAGE_SIZE - used : left;
        memcpy(at_netfront_tx_buffer(nf, g->parts[g->count - 1].buffer)->page + used, data, size);
        g->parts[g->count - 1].size = (uint16_t)(used + size);
        data += size;
        left -= size;
    }
    return AT_OK;
}

/* Whether the piece may stay where it is: shared, and not to be joined with others because the peer takes one part. */
static bool is_in_place(const struct at_netfront *nf, const struct at_netdev_frame *frame,
                        const struct at_netdev_piece *piece)
{
    uintptr_t at = (uintptr_t)piece->data - (uintptr_t)nf->config.shared.base; /* huge if it lies before */
    size_t size = (size_t)nf->config.shared.pages * AT_NETFRONT_PAGE_SIZE;

    if (frame->cookie == NULL || piece->size > size || at > size - piece->size)
        return false;
    return (nf->info.features & AT_NETDEV_TX_PARTS) ||
           (frame->count == 1 && at % AT_NETFRONT_PAGE_SIZE + piece->size <= AT_NETFRONT_PAGE_SIZE);
}

/* Checks all that needs no look at the bytes, and tells the frame's size. */
static at_status check(const struct at_netfront *nf, const struct at_netdev_frame *frame, uint32_t *size)
{
    unsigned offered = nf->info.features;
    unsigned gso = frame->flags & GSO;
    unsigned allowed = (offered & (AT_NETDEV_TX_CSUM4 | AT_NETDEV_TX_CSUM6) ? AT_NETDEV_CSUM_BLANK : 0u) |
                       (offered & AT_NETDEV_TX_GSO4 ? AT_NETDEV_GSO4 : 0u) |
                       (offered & AT_NETDEV_TX_GSO6 ? AT_NETDEV_GSO6 : 0u);
    uint32_t limit = gso != 0 ? nf->info.max_gso : nf->info.max_frame;

    if ((frame->flags & ~allowed) != 0 || gso == GSO ||
        (gso != 0 && (frame->gso_size == 0 || (frame->flags & AT_NETDEV_CSUM_BLANK) == 0)))
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

/* Puts the parts into the ring, for which there is room, and after the first what is to be known of the segments. */
static void put(struct at_netfront *nf, const struct gather *g, const struct at_netdev_frame *frame, uint32_t size)
{
    unsigned gso = frame->flags & GSO;
    uint16_t first = nf->tx_free_slot;

    for (uint32_t i = 0; i < g->count; i++) {
        struct netif_tx_request request = {.gref = g->parts[i].grant, .offset = g->parts[i].offset};
        struct at_netfront_slot *slot = &nf->config.slots[nf->tx_free_slot];

        request.id = nf->tx_free_slot;
        request.flags = i + 1 < g->count ? NETTXF_more_data : 0;
        request.size = i == 0 ? (uint16_t)size : g->parts[i].size; /* netif.h: the first says the whole frame's */
        if (i == 0 && (frame->flags & AT_NETDEV_CSUM_BLANK))
            request.flags |= NETTXF_csum_blank | NETTXF_data_validated;
        if (i == 0 && gso != 0)
            request.flags |= NETTXF_extra_info;
        nf->tx_free_slot = slot->next;
        nf->tx_free_slots--;
        slot->cookie = i == 0 ? frame->cookie : NULL;
        slot->first = first;
        slot->pending = i == 0 ? (uint16_t)g->count : 0;
        slot->buffer = g->parts[i].buffer;
        slot->owner = AT_NETFRONT_RING;
        slot->failed = 0;
        (void)at_xen_ring_put(&nf->tx, &request); /* a broken ring is told by at_netfront_tx_reap() */
        if (i == 0 && gso != 0) {
            struct netif_extra_info extra = {.type = XEN_NETIF_EXTRA_TYPE_GSO};
            struct netif_tx_request place = {0}; /* which is longer */

            extra.u.gso.size = frame->gso_size;
            extra.u.gso.type = gso == AT_NETDEV_GSO4 ? XEN_NETIF_GSO_TYPE_TCPV4 : XEN_NETIF_GSO_TYPE_TCPV6;
            __builtin_memcpy(&place, &extra, sizeof extra);
            nf->tx_extras++;
            (void)at_xen_ring_put(&nf->tx, &place);
        }
    }
}

/*
 * Linux's netback drops a frame whose first part is shorter than the Ethernet header. Returns how many bytes of a piece
 * that may stay where it is are copied because of that: as a rule none.
 */
static uint32_t head_to_copy(const struct gather *g, const struct at_netdev_piece *piece)
{
    uint32_t have = g->count == 0 ? 0 : g->parts[0].size;
    uint32_t in_page = AT_NETFRONT_PAGE_SIZE - (uint32_t)((uintptr_t)piece->data % AT_NETFRONT_PAGE_SIZE);

    if (have >= AT_NETDEV_HEADER_SIZE)
        return 0;
    if (have == 0 && in_page >= AT_NETDEV_HEADER_SIZE && piece->size >= AT_NETDEV_HEADER_SIZE)
        return 0;
    return piece->size < AT_NETDEV_HEADER_SIZE - have ? piece->size : AT_NETDEV_HEADER_SIZE - have;
}

static at_status gather(struct at_netfront *nf, struct gather *g, const struct at_netdev_frame *frame)
{
    at_status status = AT_OK;
    uint32_t extra = (frame->flags & GSO) != 0;

    for (uint32_t i = 0; status == AT_OK && i < frame->count; i++) {
        struct at_netdev_piece copied = frame->pieces[i], rest = {0};

        if (is_in_place(nf, frame, &copied)) {
            uint32_t head = head_to_copy(g, &copied);

            rest = (struct at_netdev_piece){copied.data + head, copied.size - head};
            copied.size = head;
        }
        status = add_copy(nf, g, &copied);
        if (status == AT_OK && !add_in_place(nf, g, &rest))
            status = AT_TOO_BIG;
    }
    if (status == AT_OK && g->count > nf->config.tx_slots)
        status = AT_TOO_BIG;
    if (status == AT_OK && (g->count > nf->tx_free_slots || g->count + extra > at_xen_ring_room(&nf->tx)))
        status = AT_AGAIN;
    return status;
}

static at_status tx_send(struct at_netfront *nf, const struct at_netdev_frame *frame)
{
    struct gather g; /* its parts are written before they are read: not all of them are cleared for each frame */
    uint32_t size, copied = 0;
    at_status status;

    g.count = g.buffers = 0;
    if (nf->ended != AT_OK)
        return nf->ended;
    status = check(nf, frame, &size);
    if (status != AT_OK)
        return status;
    if (nf->tx_free_slots <= AT_NETDEV_PARTS_MAX || nf->tx_free_buffers <= size / AT_NETFRONT_PAGE_SIZE)
        at_netfront_tx_reap(nf);
    if (nf->ended != AT_OK)
        return nf->ended;
    status = gather(nf, &g, frame);
    if (status != AT_OK) {
        for (uint32_t i = g.count; i > 0; i--)
            free_buffer(nf, g.parts[i - 1].buffer);
        if (status == AT_AGAIN) {
            nf->tx_want_slots = (uint16_t)g.count;
            nf->tx_want_buffers = (uint16_t)(g.buffers + (g.buffers < nf->config.tx_buffers));
        }
        return status;
    }
    put(nf, &g, frame, size);
    for (uint32_t i = 0; i < g.count; i++)
        copied += g.parts[i].buffer != AT_NETFRONT_NONE ? g.parts[i].size : 0u;
    nf->tx_want_slots = nf->tx_want_buffers = 1;
    nf->stats.tx_frames++;
    nf->stats.tx_bytes += size;
    nf->stats.tx_copied_bytes += copied;
    return AT_OK;
}

static at_status tx_done(struct at_netfront *nf, void **cookies, size_t capacity, size_t *count)
{
    size_t n = 0;

    at_netfront_tx_reap(nf);
    while (nf->ended == AT_OK && n < capacity && nf->tx_done != AT_NETFRONT_NONE) {
        uint16_t index = nf->tx_done;

        cookies[n++] = nf->config.slots[index].cookie;
        nf->tx_done = nf->config.slots[index].next;
        free_slot(nf, index);
    }
    *count = n;
    return nf->ended;
}

/*
 * Whether a cookie can be had, or the frame that had no room can be sent. Otherwise the back-end was asked for an event
 * with its next answer; if that has come meanwhile it is worth another look, too, as is a device that has just ended.
 */
static bool tx_is_ready(struct at_netfront *nf, unsigned events)
{
    at_netfront_tx_reap(nf);
    return nf->ended != AT_OK || nf->tx_done != AT_NETFRONT_NONE ||
           ((events & AT_NETDEV_TX) && nf->tx_free_slots >= nf->tx_want_slots &&
            nf->tx_free_buffers >= nf->tx_want_buffers && at_xen_ring_room(&nf->tx) > nf->tx_want_slots) ||
           at_xen_ring_arm(&nf->tx) != 0;
}

const struct at_netfront_tx *at_netfront_tx(void)
{
    static const struct at_netfront_tx tx = {
        .open = tx_open,
        .close = at_netfront_shared_end,
        .send = tx_send,
        .done = tx_done,
        .is_ready = tx_is_ready,
    };

    return &tx;
}
