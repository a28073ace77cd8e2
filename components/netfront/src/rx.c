/* SPDX-License-Identifier: ISC */
/* Receiving. A request's id is the index of its buffer; a buffer that is not the user's is in the ring. */
#include <atman/xen/abi.h>
#include <atman/xen/ring.h>

#include <xen/io/netif.h>

#include "internal.h"

/*
 * Offers the buffer to the back-end again. There is a place for it: its last request was answered, or it is the first.
 * On a device that has ended it just stays here; its ring page may be gone.
 */
static void post(struct at_netfront *nf, uint32_t index)
{
    struct at_netfront_buffer *buffer = at_netfront_rx_buffer(nf, index);
    struct netif_rx_request request = {.id = (uint16_t)index, .pad = 0, .gref = buffer->grant};

    buffer->owner = AT_NETFRONT_RING;
    if (nf->ended != AT_OK)
        return;
    nf->rx_unpushed++;
    (void)at_xen_ring_put(&nf->rx, &request); /* fails only on a broken ring, which the next take reports */
}

at_status at_netfront_rx_start(struct at_netfront *nf, uint32_t first_index)
{
    const struct at_xen_ring_config config = {
        .shared = nf->ring_pages[0].page,
        .entries = AT_NETFRONT_BUFFERS_MAX,
        .entry_size = sizeof(union netif_rx_sring_entry),
        .request_size = sizeof(struct netif_rx_request),
        .response_size = sizeof(struct netif_rx_response),
        .start = first_index,
    };
    at_status status = at_xen_ring_init(&nf->rx, &config);

    for (uint32_t i = 0; status == AT_OK && i < nf->config.rx_buffers; i++)
        post(nf, i);
    nf->rx_unpushed = 0;
    (void)at_xen_ring_push(&nf->rx); /* nobody to tell yet: the back-end looks when it connects */
    return status;
}

void at_netfront_rx_push(struct at_netfront *nf)
{
    if (nf->ended != AT_OK || nf->rx_unpushed == 0)
        return;
    nf->rx_unpushed = 0;
    at_netfront_push(nf, &nf->rx);
}

/*
 * Judges a response that names a buffer of ours in the ring. Returns whether the frame goes to the user; what is lost
 * is counted here, once per frame, of however many parts.
 */
static bool is_frame(struct at_netfront *nf, const struct netif_rx_response *response)
{
    bool continues = nf->rx_continues;
    enum at_netdev_drop why;

    nf->rx_continues = (response->flags & NETRXF_more_data) != 0;
    if (continues)
        return false; /* a later part of a frame that was counted with its first */
    if (nf->rx_continues)
        why = AT_NETDEV_DROP_RX_SPLIT;
    else if (response->status < 0)
        why = AT_NETDEV_DROP_RX_ERROR;
    else if (response->status == 0)
        why = AT_NETDEV_DROP_RX_EMPTY;
    else if (response->flags & NETRXF_csum_blank)
        why = AT_NETDEV_DROP_RX_CHECKSUM;
    else
        return true;
    nf->stats.dropped[why]++;
    return false;
}

/* Whether the response keeps to the protocol as far as it was negotiated. Extra information was not asked for. */
static bool is_sound(struct at_netfront *nf, const struct netif_rx_response *response)
{
    if (response->id >= nf->config.rx_buffers)
        return false;
    if (at_netfront_rx_buffer(nf, response->id)->owner != AT_NETFRONT_RING)
        return false;
    if (response->flags & NETRXF_extra_info)
        return false;
    return response->status <= 0 ||
           (uint32_t)response->offset + (uint32_t)response->status <= AT_NETFRONT_PAGE_SIZE;
}

at_status at_netfront_recv(void *ctx, struct at_netdev_frame *frames, size_t capacity, size_t *count)
{
    struct at_netfront *nf = ctx;
    struct netif_rx_response response;
    size_t n = 0;

    at_netfront_rx_push(nf);
    while (nf->ended == AT_OK && n < capacity) {
        at_status status = at_xen_ring_take(&nf->rx, &response);

        if (status == AT_AGAIN)
            break;
        if (status != AT_OK || !is_sound(nf, &response)) {
            at_netfront_break(nf);
        } else if (is_frame(nf, &response)) {
            struct at_netfront_buffer *buffer = at_netfront_rx_buffer(nf, response.id);

            buffer->owner = AT_NETFRONT_USER;
            frames[n].data = buffer->page + response.offset;
            frames[n].size = (uint32_t)response.status;
            frames[n].token = response.id;
            nf->stats.rx_bytes += frames[n].size;
            n++;
        } else {
            post(nf, response.id);
        }
    }
    nf->stats.rx_frames += n;
    *count = n;
    return n > 0 ? AT_OK : nf->ended; /* good frames first, the bad news with the next call */
}

void at_netfront_release(void *ctx, const struct at_netdev_frame *frames, size_t count)
{
    struct at_netfront *nf = ctx;

    for (size_t i = 0; i < count; i++) {
        (void)at_netfront_held(at_netfront_rx_buffer(nf, 0), nf->config.rx_buffers, frames[i].token);
        post(nf, frames[i].token);
    }
    if (nf->rx_unpushed > nf->config.rx_buffers / 2)
        at_netfront_rx_push(nf);
}
