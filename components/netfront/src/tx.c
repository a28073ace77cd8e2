/* SPDX-License-Identifier: ISC */
/* Transmitting. A request's id is the index of its buffer; there are no more buffers than places in the ring. */
#include <atman/xen/abi.h>
#include <atman/xen/ring.h>

#include <xen/io/netif.h>

#include "internal.h"

static void set_free(struct at_netfront *nf, uint32_t index)
{
    struct at_netfront_buffer *buffer = at_netfront_tx_buffer(nf, index);

    buffer->owner = AT_NETFRONT_IDLE;
    buffer->next = nf->tx_free;
    nf->tx_free = (uint16_t)index;
    nf->tx_free_count++;
}

at_status at_netfront_tx_start(struct at_netfront *nf, uint32_t first_index)
{
    const struct at_xen_ring_config config = {
        .shared = nf->ring_pages[1].page,
        .entries = AT_NETFRONT_BUFFERS_MAX,
        .entry_size = sizeof(union netif_tx_sring_entry),
        .request_size = sizeof(struct netif_tx_request),
        .response_size = sizeof(struct netif_tx_response),
        .start = first_index,
    };

    nf->tx_free = AT_NETFRONT_NONE;
    nf->tx_free_count = 0;
    for (uint32_t i = nf->config.tx_buffers; i > 0; i--)
        set_free(nf, i - 1);
    return at_xen_ring_init(&nf->tx, &config);
}

/* Takes back the buffers that the back-end is done with. */
static void reap(struct at_netfront *nf)
{
    struct netif_tx_response response;

    while (nf->ended == AT_OK) {
        at_status status = at_xen_ring_take(&nf->tx, &response);

        if (status == AT_AGAIN)
            return;
        if (status != AT_OK || response.id >= nf->config.tx_buffers ||
            at_netfront_tx_buffer(nf, response.id)->owner != AT_NETFRONT_RING ||
            response.status > NETIF_RSP_OKAY || response.status < NETIF_RSP_DROPPED) {
            at_netfront_break(nf);
            return;
        }
        if (response.status != NETIF_RSP_OKAY)
            nf->stats.dropped[AT_NETDEV_DROP_TX_ERROR]++;
        set_free(nf, response.id);
    }
}

at_status at_netfront_tx_take(void *ctx, struct at_netdev_frame *frames, size_t capacity, size_t *count)
{
    struct at_netfront *nf = ctx;
    size_t n = 0;

    if (nf->tx_free_count < capacity)
        reap(nf);
    while (nf->ended == AT_OK && n < capacity && nf->tx_free != AT_NETFRONT_NONE) {
        uint16_t index = nf->tx_free;
        struct at_netfront_buffer *buffer = at_netfront_tx_buffer(nf, index);

        nf->tx_free = buffer->next;
        nf->tx_free_count--;
        buffer->owner = AT_NETFRONT_USER;
        frames[n].data = buffer->page;
        frames[n].size = 0;
        frames[n].token = index;
        n++;
    }
    *count = n;
    return nf->ended;
}

static struct at_netfront_buffer *held(struct at_netfront *nf, const struct at_netdev_frame *frame)
{
    return at_netfront_held(at_netfront_tx_buffer(nf, 0), nf->config.tx_buffers, frame->token);
}

void at_netfront_tx_return(void *ctx, const struct at_netdev_frame *frames, size_t count)
{
    struct at_netfront *nf = ctx;

    for (size_t i = 0; i < count; i++) {
        (void)held(nf, &frames[i]);
        set_free(nf, frames[i].token);
    }
}

at_status at_netfront_send(void *ctx, const struct at_netdev_frame *frames, size_t count)
{
    struct at_netfront *nf = ctx;

    if (nf->ended != AT_OK)
        return nf->ended;
    for (size_t i = 0; i < count; i++) {
        if (frames[i].size < AT_NETDEV_HEADER_SIZE)
            return AT_INVALID;
        if (frames[i].size > nf->info.max_frame)
            return AT_TOO_BIG;
    }
    for (size_t i = 0; i < count; i++) {
        struct at_netfront_buffer *buffer = held(nf, &frames[i]);
        struct netif_tx_request request = {
            .gref = buffer->grant,
            .offset = 0,
            .flags = 0,
            .id = (uint16_t)frames[i].token,
            .size = (uint16_t)frames[i].size,
        };

        buffer->owner = AT_NETFRONT_RING;
        nf->stats.tx_frames++;
        nf->stats.tx_bytes += frames[i].size;
        (void)at_xen_ring_put(&nf->tx, &request); /* a held buffer has its place; a broken ring is told by reap() */
    }
    at_netfront_push(nf, &nf->tx);
    return AT_OK;
}
