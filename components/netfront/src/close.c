/* SPDX-License-Identifier: ISC */
/* From any state to nothing: also after half an opening, and again when the back-end kept something. */
#include <atman/xen/event.h>

#include "internal.h"

at_status at_netfront_close(struct at_netfront *nf, uint64_t deadline_ns)
{
    at_status status;

    if (!nf->taken)
        return AT_OK;
    nf->ended = AT_CLOSED;
    at_wait_wake(nf->config.wait); /* whoever sleeps in at_netdev_wait() learns of it */

    /* The back-end first: while it works it maps the rings. Whether it obeys shows when the grants are ended. */
    (void)at_xenbus_disconnect(&nf->bus, deadline_ns);
    if (nf->port != 0) {
        status = at_xen_event_close(nf->config.events, nf->port);
        if (status != AT_OK)
            return status; /* nothing was given back yet, and the next call tries again */
        nf->port = 0;
    }
    nf->front_stats.quarantined_pages = at_netfront_buffers_end(nf);
    if (nf->config.tx != NULL)
        nf->front_stats.quarantined_pages += nf->config.tx->close(nf);
    nf->taken = nf->front_stats.quarantined_pages > 0;
    return nf->taken ? AT_BUSY : AT_OK;
}
