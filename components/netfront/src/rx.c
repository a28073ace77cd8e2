/* SPDX-License-Identifier: ISC */
/*
 * Receiving. A request's id is the index of its buffer; a buffer that is not the user's is in the ring. What is in here
 * takes whole frames; parts.c takes those in several parts.
 */
#include <atman/base/panic.h>
#include <atman/xen/abi.h>
#include <atman/xen/ring.h>

#include <xen/io/netif.h>

#include "internal.h"

/*
 * Offers the buffer to the back-end again. There is a place for it: its last request was answered, or it is the first.
 * On a device that has ended it just stays here; its ring page may be gone.
 */
void at_netfront_rx_post(struct at_netfront *nf, uint32_t index)
{
    struct at_netfront_buffer *buffer = at_netfront_rx_buffer(nf, index);
    struct netif_rx_request request = {.id = (uint16_t)index, .pad = 0, .gref = buffer->grant};

    buffer->owner = AT_NETFRONT_RING;
    if (nf->ended != AT_OK)
        return;
    nf->rx_unpushed++;
    nf->rx_ids[nf->rx.requests % AT_NETFRONT_BUFFERS_MAX] = (uint8_t)index;
    (void)at_xen_ring_put(&nf->rx, &request); /* fails only on a broken ring, which the next take reports */
}

void at_netfront_rx_start(struct at_netfront *nf)
{
    for (uint32_t i = 0; i < nf->config.rx_buffers; i++)
        at_netfront_rx_post(nf, i);
    nf->rx_unpushed = 0;
    (void)at_xen_ring_push(&nf->rx); /* nobody to tell yet: the back-end looks when it connects */
}

bool at_netfront_rx_is_sound(struct at_netfront *nf, const struct netif_rx_response *response)
{
    return response->id < nf->config.rx_buffers && at_netfront_rx_buffer(nf, response->id)->owner == AT_NETFRONT_RING &&
           (response->status <= 0 || (uint32_t)response->offset + (uint32_t)response->status <= AT_NETFRONT_PAGE_SIZE);
}

void at_netfront_rx_part(struct at_netfront *nf, struct at_netdev_part *part, const struct netif_rx_response *response)
{
    part->data = at_netfront_rx_buffer(nf, response->id)->page + response->offset;
    part->size = (uint32_t)response->status;
    part->token = response->id;
    part->flags = (response->flags & NETRXF_data_validated) ? AT_NETDEV_CSUM_OK : 0;
    part->gso_size = 0;
}

/*
 * Judges a sound response. Returns whether it is a frame for the user; what is lost is counted here, once per frame, of
 * however many parts.
 */
static bool is_frame(struct at_netfront *nf, const struct netif_rx_response *response)
{
    bool continues = nf->rx_next != 0;
    enum at_netdev_drop why;

    nf->rx_next = (response->flags & NETRXF_more_data) != 0;
    if (continues)
        return false; /* a later part of a frame that was counted with its first */
    if (nf->rx_next != 0)
        why = AT_NETDEV_DROP_RX_PARTS;
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

at_status at_netfront_recv(struct at_netfront *nf, struct at_netdev_part *parts, size_t capacity, size_t *count)
{
    struct netif_rx_response response;
    size_t n = 0;

    while (nf->ended == AT_OK && n < capacity) {
        at_status status = at_xen_ring_take(&nf->rx, &response);

        if (status == AT_AGAIN)
            break;
        if (status != AT_OK || !at_netfront_rx_is_sound(nf, &response) || (response.flags & NETRXF_extra_info)) {
            at_netfront_break(nf);
        } else if (is_frame(nf, &response)) {
            at_netfront_rx_buffer(nf, response.id)->owner = AT_NETFRONT_USER;
            at_netfront_rx_part(nf, &parts[n], &response);
            nf->stats.rx_bytes += parts[n++].size;
        } else {
            at_netfront_rx_post(nf, response.id);
        }
    }
    nf->stats.rx_frames += n;
    *count = n;
    return n > 0 ? AT_OK : nf->ended; /* good frames first, the bad news with the next call */
}

void at_netfront_release(void *ctx, const struct at_netdev_part *parts, size_t count)
{
    struct at_netfront *nf = ctx;

    for (size_t i = 0; i < count; i++) {
        uint32_t token = parts[i].token;
        bool part_is_held =
            token < nf->config.rx_buffers && at_netfront_rx_buffer(nf, token)->owner == AT_NETFRONT_USER;

        AT_ASSERT(part_is_held);
        at_netfront_rx_post(nf, token);
    }
    if (nf->rx_unpushed > nf->config.rx_buffers / 2)
        at_netfront_flush(nf);
}
