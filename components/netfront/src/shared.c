/* SPDX-License-Identifier: ISC */
/* The caller's memory that frames are sent from in place: the back-end may read it from open to close. */
#include <atman/xen/grant.h>

#include "internal.h"

at_status at_netfront_shared_give(struct at_netfront *nf)
{
    const struct at_netfront_shared *shared = &nf->config.shared;
    const struct at_mm_pages *pages = &nf->config.pages;
    at_status status = AT_OK;

    for (uint32_t i = 0; status == AT_OK && i < shared->pages; i++) {
        uint64_t frame = pages->ops->frame(pages->ctx, shared->base + (size_t)i * AT_NETFRONT_PAGE_SIZE);

        status = at_xen_grant_give_readonly(nf->config.grants, &shared->grants[i], nf->peer, frame);
    }
    return status;
}

uint32_t at_netfront_shared_end(struct at_netfront *nf)
{
    const struct at_netfront_shared *shared = &nf->config.shared;
    uint32_t held = 0;

    for (uint32_t i = 0; i < shared->pages; i++) {
        if (shared->grants[i] != 0 && at_xen_grant_end(nf->config.grants, shared->grants[i]) != AT_OK)
            held++;
        else
            shared->grants[i] = 0;
    }
    return held;
}
