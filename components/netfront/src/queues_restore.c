/* SPDX-License-Identifier: ISC */
/* A device of several queues whose domain was restored. */
#include "queues.h"

void at_netfront_queues_resume(struct at_netfront_queues *d)
{
    d->restart = at_netfront_restart;
    d->groups_waiting = false;
    d->filters = 0;       /* the next back-end is told of all groups when it is there */
    d->published = false; /* in a directory that is not there any more */
    for (unsigned i = 0; i < d->opened; i++) {
        struct at_netfront_queue *queue = &d->config.queues[i];
        uint32_t shared = queue->front.config.shared.pages;

        queue->rx_port = 0;
        queue->untold = 0;
        if (i > 0)
            queue->front.config.shared.pages = 0; /* the first one's to grant */
        at_netfront_resume(&queue->front);
        queue->front.config.shared.pages = shared;
    }
}

at_status at_netfront_queues_reconnect(struct at_netfront_queues *d)
{
    at_status status;

    if (d->opened == 0)
        return AT_INVALID;
    status = at_netfront_reconnect(&d->config.queues[0].front);
    if (status == AT_OK && d->config.multicast != NULL) {
        d->config.multicast->start(d);
        at_netfront_flush(&d->config.queues[0].front);
    }
    for (unsigned i = 1; i < d->opened; i++) {
        struct at_netfront *nf = &d->config.queues[i].front;

        nf->phase = d->config.queues[0].front.phase;
        if (status != AT_OK)
            nf->ended = d->config.queues[0].front.ended;
        else if (i < d->active)
            at_netfront_flush(nf);
    }
    at_netfront_queues_tell(d, true);
    return status;
}
