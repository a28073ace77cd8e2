/* SPDX-License-Identifier: ISC */
/* Receiving frames in several parts, and what comes with them: checksums left open, the size of segments. */
#include <string.h>

#include <atman/base/panic.h>
#include <atman/xen/abi.h>
#include <atman/xen/ring.h>

#include <xen/io/netif.h>

#include "internal.h"

/* What the next response is, in at_netfront.rx_next. */
enum { FRAME, PART, EXTRA, EXTRA_BEFORE_PART };

/* Whether the response keeps to the protocol as far as it was negotiated. */
static bool is_sound(struct at_netfront *nf, const struct netif_rx_response *response)
{
    if ((response->flags & NETRXF_extra_info) &&
        (nf->rx_next != FRAME || (nf->config.features & (AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6)) == 0))
        return false;
    return at_netfront_rx_is_sound(nf, response);
}

/* Why a part makes its frame useless, + 1; 0 if it does not. `count` parts of the frame came before it. */
static uint8_t useless(const struct at_netfront *nf, const struct netif_rx_response *response, size_t count)
{
    if (response->status < 0)
        return AT_NETDEV_DROP_RX_ERROR + 1;
    if (response->status == 0)
        return AT_NETDEV_DROP_RX_EMPTY + 1;
    if (count == AT_NETDEV_PARTS_MAX ||
        ((response->flags & NETRXF_more_data) && (nf->config.features & AT_NETFRONT_SG) == 0))
        return AT_NETDEV_DROP_RX_PARTS + 1;
    if ((response->flags & NETRXF_csum_blank) && (nf->config.features & AT_NETFRONT_CSUM) == 0)
        return AT_NETDEV_DROP_RX_CHECKSUM + 1;
    return 0;
}

/*
 * Takes extra information, which lies where an answer would and so has used up the buffer that was offered in `place`:
 * no id says which. Only the size of segments was negotiated, once per frame. Returns whether it is that.
 */
static bool take_extra(struct at_netfront *nf, struct at_netdev_part *frame, size_t count,
                       const struct netif_rx_response *response, uint32_t place)
{
    uint32_t index = nf->rx_ids[place % AT_NETFRONT_BUFFERS_MAX];
    struct netif_extra_info extra;

    __builtin_memcpy(&extra, response, sizeof extra);
    if (at_netfront_rx_buffer(nf, index)->owner != AT_NETFRONT_RING || extra.type != XEN_NETIF_EXTRA_TYPE_GSO ||
        extra.flags != 0 || extra.u.gso.size == 0 || extra.u.gso.type < XEN_NETIF_GSO_TYPE_TCPV4 ||
        extra.u.gso.type > XEN_NETIF_GSO_TYPE_TCPV6 ||
        (nf->config.features & (AT_NETFRONT_GSO4 << (extra.u.gso.type - XEN_NETIF_GSO_TYPE_TCPV4))) == 0)
        return false;
    at_netfront_rx_post(nf, index);
    nf->rx_next = nf->rx_next == EXTRA ? FRAME : PART;
    if (count > 0) {
        frame->flags |= (uint16_t)(AT_NETDEV_GSO4 << (extra.u.gso.type - XEN_NETIF_GSO_TYPE_TCPV4));
        frame->gso_size = extra.u.gso.size;
    }
    return true;
}

/*
 * Takes the next response: a part of the frame that has `*count` of them so far, or its extra information. Of a frame
 * that is to be dropped the buffers go straight back. Returns false if the back-end broke the protocol.
 */
static bool take(struct at_netfront *nf, struct at_netdev_part *frame, size_t *count,
                 const struct netif_rx_response *response, uint32_t place)
{
    bool more = (response->flags & NETRXF_more_data) != 0;
    struct at_netdev_part *part;

    if (nf->rx_next >= EXTRA)
        return take_extra(nf, frame, *count, response, place);
    if (!is_sound(nf, response))
        return false;
    if (nf->rx_drop == 0)
        nf->rx_drop = useless(nf, response, *count);
    nf->rx_next = (response->flags & NETRXF_extra_info) ? (more ? EXTRA_BEFORE_PART : EXTRA) : (more ? PART : FRAME);
    if (nf->rx_drop != 0) {
        at_netfront_rx_post(nf, response->id);
        while (*count > 0)
            at_netfront_rx_post(nf, frame[--*count].token);
        return true;
    }
    at_netfront_rx_buffer(nf, response->id)->owner = AT_NETFRONT_IDLE;
    part = &frame[(*count)++];
    at_netfront_rx_part(nf, part, response);
    if (response->flags & NETRXF_csum_blank)
        part->flags |= AT_NETDEV_CSUM_BLANK | AT_NETDEV_CSUM_OK;
    if (*count > 1)
        part->flags = 0; /* netif.h: the first part's speak for the frame */
    if (more)
        part->flags |= AT_NETDEV_MORE;
    return true;
}

/* The frame's last response was taken: hands it to the user, or counts why not. */
static void finish(struct at_netfront *nf, const struct at_netdev_part *frame, size_t count)
{
    if (nf->rx_drop != 0) {
        nf->stats.dropped[nf->rx_drop - 1]++;
        nf->rx_drop = 0;
        return;
    }
    nf->stats.rx_frames++;
    for (size_t i = 0; i < count; i++) {
        at_netfront_rx_buffer(nf, frame[i].token)->owner = AT_NETFRONT_USER;
        nf->stats.rx_bytes += frame[i].size;
    }
}

at_status at_netfront_recv_parts(struct at_netfront *nf, struct at_netdev_part *parts, size_t capacity, size_t *count)
{
    struct netif_rx_response response;
    size_t whole = 0, begun = nf->rx_begun;

    AT_ASSERT(capacity >= AT_NETDEV_PARTS_MAX);
    memcpy(parts, nf->rx_parts, begun * sizeof *parts);
    /* Where only the frame that has begun fills `parts`, it has too many: the next part is taken to drop it. */
    while (nf->ended == AT_OK && (whole + begun < capacity || begun == AT_NETDEV_PARTS_MAX)) {
        uint32_t place = nf->rx.responses;
        at_status status = at_xen_ring_take(&nf->rx, &response);

        if (status == AT_AGAIN)
            break;
        if (status != AT_OK || !take(nf, parts + whole, &begun, &response, place)) {
            at_netfront_break(nf);
        } else if (nf->rx_next == FRAME) {
            finish(nf, parts + whole, begun);
            whole += begun;
            begun = 0;
        }
    }
    nf->rx_begun = (uint16_t)begun;
    memcpy(nf->rx_parts, parts + whole, begun * sizeof *parts);
    *count = whole;
    return whole > 0 ? AT_OK : nf->ended; /* good frames first, the bad news with the next call */
}
