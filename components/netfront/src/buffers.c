/* SPDX-License-Identifier: ISC */
/* Pages and their grants: given once when the device opens, ended once when it closes, never in between. */
#include <atman/xen/grant.h>

#include "internal.h"

/* Takes a page for `buffer`, in which is nothing that the guest once kept there, and lets the back-end use it. */
static at_status give(struct at_netfront *nf, struct at_netfront_buffer *buffer, bool readonly)
{
    const struct at_mm_pages *pages = &nf->config.pages;
    at_xen_domid peer = nf->peer;
    uint64_t frame;
    at_status status;

    buffer->page = pages->ops->alloc(pages->ctx);
    if (buffer->page == NULL)
        return AT_NO_MEMORY;
    frame = pages->ops->frame(pages->ctx, buffer->page);
    status = readonly ? at_xen_grant_give_readonly(nf->config.grants, &buffer->grant, peer, frame)
                      : at_xen_grant_give(nf->config.grants, &buffer->grant, peer, frame);
    if (status != AT_OK) {
        pages->ops->free(pages->ctx, buffer->page);
        buffer->page = NULL;
    }
    return status;
}

/* Undoes give(), also where that was never called or failed. Returns whether the back-end still holds the page. */
static bool is_held(struct at_netfront *nf, struct at_netfront_buffer *buffer)
{
    if (buffer->page == NULL)
        return false;
    if (at_xen_grant_end(nf->config.grants, buffer->grant) != AT_OK)
        return true;
    nf->config.pages.ops->free(nf->config.pages.ctx, buffer->page);
    buffer->page = NULL;
    return false;
}

at_status at_netfront_buffers_give(struct at_netfront *nf)
{
    uint32_t count = (uint32_t)nf->config.rx_buffers + nf->config.tx_buffers;
    at_status status = give(nf, &nf->ring_pages[0], false);

    if (status == AT_OK)
        status = give(nf, &nf->ring_pages[1], false);
    for (uint32_t i = 0; status == AT_OK && i < count; i++)
        status = give(nf, &nf->config.buffers[i], i >= nf->config.rx_buffers);
    return status;
}

uint32_t at_netfront_buffers_end(struct at_netfront *nf)
{
    uint32_t count = (uint32_t)nf->config.rx_buffers + nf->config.tx_buffers;
    uint32_t held = is_held(nf, &nf->ring_pages[0]);

    held += is_held(nf, &nf->ring_pages[1]);
    for (uint32_t i = 0; i < count; i++)
        held += is_held(nf, &nf->config.buffers[i]);
    return held;
}
