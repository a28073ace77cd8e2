/* SPDX-License-Identifier: ISC */
/*
 * A device whose domain was restored: its pages and frames are there, its grants, its port and its back-end are not.
 * The rings start empty, as at first; what was in them is lost, as frames can be, and its memory given back.
 */
#include <atman/xen/abi.h>
#include <atman/xen/grant.h>
#include <atman/xen/ring.h>

#include "internal.h"

/* All buffers: the rings' pages first. */
static struct at_netfront_buffer *buffer_at(struct at_netfront *nf, uint32_t i)
{
    return i < 2 ? &nf->ring_pages[i] : &nf->config.buffers[i - 2];
}

static uint32_t buffers(const struct at_netfront *nf)
{
    return 2u + nf->config.rx_buffers + nf->config.tx_buffers;
}

/* Gives every page to nf->peer. What is granted to somebody else by now is no longer. */
static at_status give_all(struct at_netfront *nf)
{
    const struct at_mm_pages *pages = &nf->config.pages;
    at_status status = AT_OK;

    for (uint32_t i = 0; status == AT_OK && i < buffers(nf); i++) {
        struct at_netfront_buffer *buffer = buffer_at(nf, i);
        uint64_t frame;

        if (buffer->page == NULL)
            continue;
        if (buffer->grant != 0)
            (void)at_xen_grant_end(nf->config.grants, buffer->grant);
        frame = pages->ops->frame(pages->ctx, buffer->page);
        status = i < 2u + nf->config.rx_buffers
                     ? at_xen_grant_give(nf->config.grants, &buffer->grant, nf->peer, frame)
                     : at_xen_grant_give_readonly(nf->config.grants, &buffer->grant, nf->peer, frame);
    }
    if (status != AT_OK || nf->config.tx == NULL)
        return status;
    (void)at_netfront_shared_end(nf);
    return at_netfront_shared_give(nf);
}

/* Empty rings, with every buffer in them that is not the user's. */
static void restart(struct at_netfront *nf)
{
    at_status status = give_all(nf);

    if (status == AT_OK)
        status = at_netfront_init_rings(nf);
    if (status != AT_OK) {
        nf->ended = status;
        return;
    }
    nf->rx_begun = 0;
    nf->rx_next = 0;
    nf->rx_drop = 0;
    for (uint32_t i = 0; i < nf->config.rx_buffers; i++) {
        if (at_netfront_rx_buffer(nf, i)->owner != AT_NETFRONT_USER)
            at_netfront_rx_post(nf, i);
    }
    nf->rx_unpushed = 0;
    (void)at_xen_ring_push(&nf->rx); /* nobody to tell yet */
    if (nf->config.tx != NULL)
        at_netfront_tx_lose(nf);
}

void at_netfront_resume(struct at_netfront *nf)
{
    if (!nf->taken)
        return;
    nf->port = 0;
    nf->phase = AT_NETFRONT_CONNECT;
    at_xenbus_forget(&nf->bus);
    for (uint32_t i = 0; i < buffers(nf); i++)
        buffer_at(nf, i)->grant = 0;
    for (uint32_t i = 0; i < nf->config.shared.pages; i++)
        nf->config.shared.grants[i] = 0;
    if (nf->ended == AT_OK)
        restart(nf);
    else
        (void)give_all(nf); /* so that closing finds what it expects */
    at_wait_wake(nf->config.wait);
}

at_status at_netfront_restart(struct at_netfront *nf, uint16_t backend_id)
{
    nf->peer = backend_id;
    restart(nf);
    return nf->ended;
}

static at_status prepare_again(void *ctx, uint16_t backend_id)
{
    struct at_netfront_handshake *h = ctx;
    at_status status = h->nf->peer != backend_id ? at_netfront_restart(h->nf, backend_id) : h->nf->ended;

    return status == AT_OK ? at_netfront_publish(h) : status;
}

/* The user knows the device as it was: it may be able to do more now, but not less. */
static at_status accept_again(void *ctx)
{
    struct at_netfront_handshake *h = ctx;
    struct at_netdev_info known = h->nf->info, found;
    at_status status;

    h->nf->info.features = 0;
    h->nf->info.max_gso = 0;
    status = at_netfront_accept(h);
    found = h->nf->info;
    h->nf->info = known;
    if (status == AT_OK &&
        ((known.features & ~found.features) != 0 || known.mtu > found.mtu || known.max_gso > found.max_gso))
        status = AT_UNSUPPORTED;
    return status;
}

at_status at_netfront_reconnect(struct at_netfront *nf)
{
    at_status status;

    if (!nf->taken || nf->ended != AT_OK)
        return nf->taken ? nf->ended : AT_INVALID;
    status = at_netfront_connect(nf, prepare_again, accept_again);
    if (status == AT_OK) {
        nf->phase = AT_NETFRONT_DONE;
        at_netfront_flush(nf);
    } else {
        nf->ended = AT_CLOSED;
    }
    at_wait_wake(nf->config.wait);
    return status;
}
