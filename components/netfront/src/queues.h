/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_NETFRONT_SRC_QUEUES_H
#define ATMAN_NETFRONT_SRC_QUEUES_H

/*
 * The parts of a device of several queues to each other: queues.c opens and closes, queues_publish.c gets the queues
 * ready and tells the back-end of them, queues_netdev.c is the seam, queues_tell.c notifies, flow.c says which queue a
 * frame goes to. Linked only if the configuration names it: multicast.c.
 */

#include <atman/base/list.h>
#include <atman/netfront/queues.h>

#include "internal.h"

/*
 * multicast.c. ask adds what the back-end is asked; start tells it of all groups that are joined, again after a
 * restore; set is the netdev's; tell goes on with what had no room.
 */
struct at_netfront_multicast {
    void (*ask)(struct at_netfront_queues *d, struct at_netfront_handshake *h);
    void (*start)(struct at_netfront_queues *d);
    at_status (*set)(void *ctx, const uint8_t mac[AT_NETDEV_MAC_SIZE], bool joins);
    void (*tell)(struct at_netfront_queues *d);
};

static inline struct at_netfront_queue *at_netfront_queue_of(struct at_netfront *nf)
{
    return AT_CONTAINER_OF(nf, struct at_netfront_queue, front);
}

/* queues_publish.c: xenbus's prepare, for all queues. */
at_status at_netfront_queues_prepare(void *ctx, uint16_t backend_id);

/* At most one notification for so many packets, while there is work. */
#define AT_NETFRONT_TELL_EVERY 32u

/*
 * queues_tell.c. hold is a queue's at_netfront.tell: notes what the back-end wants to hear of. tell tells it, of `all`
 * or of what is due.
 */
void at_netfront_queues_hold(struct at_netfront *nf, unsigned rings);
void at_netfront_queues_tell(struct at_netfront_queues *d, bool all);

/* flow.c: a number that is the same for all frames of a flow; 0 for what is not IP. */
uint32_t at_netfront_flow(const struct at_netdev_frame *frame);

#endif /* ATMAN_NETFRONT_SRC_QUEUES_H */
