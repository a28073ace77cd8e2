/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_NETFRONT_INTERNAL_H
#define ATMAN_NETFRONT_INTERNAL_H

/*
 * The parts of netfront to each other. open.c connects, close.c takes apart, buffers.c has pages and grants, rx.c and
 * tx.c the two directions, netdev.c the seam.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/netfront/netfront.h>

#define AT_NETFRONT_PAGE_SIZE 4096u
#define AT_NETFRONT_NONE UINT16_MAX /* end of the chain of free transmit buffers */

/* Who has a buffer. Zero is the state of memory that was only zeroed: nobody posts, sends or releases it. */
enum at_netfront_owner {
    AT_NETFRONT_IDLE, /* receive: not posted yet; transmit: free, in the chain */
    AT_NETFRONT_RING, /* the back-end's until it answers */
    AT_NETFRONT_USER  /* the netdev's user's until it gives it back */
};

/* buffers.c: every page of the device, with its grant. */
at_status at_netfront_buffers_give(struct at_netfront *nf);
at_status at_netfront_buffers_end(struct at_netfront *nf);
static inline struct at_netfront_buffer *at_netfront_rx_buffer(struct at_netfront *nf, uint32_t index)
{
    return &nf->config.buffers[index];
}
static inline struct at_netfront_buffer *at_netfront_tx_buffer(struct at_netfront *nf, uint32_t index)
{
    return &nf->config.buffers[nf->config.rx_buffers + index];
}

/* rx.c, tx.c: what the netdev operations of the same names promise; start posts all receive buffers. */
at_status at_netfront_rx_start(struct at_netfront *nf, uint32_t first_index);
void at_netfront_rx_push(struct at_netfront *nf);
at_status at_netfront_recv(void *ctx, struct at_netdev_frame *frames, size_t capacity, size_t *count);
void at_netfront_release(void *ctx, const struct at_netdev_frame *frames, size_t count);
at_status at_netfront_tx_start(struct at_netfront *nf, uint32_t first_index);
at_status at_netfront_tx_take(void *ctx, struct at_netdev_frame *frames, size_t capacity, size_t *count);
void at_netfront_tx_return(void *ctx, const struct at_netdev_frame *frames, size_t count);
at_status at_netfront_send(void *ctx, const struct at_netdev_frame *frames, size_t count);

/* netdev.c: shows the back-end what was put in `ring`, with an event if it wants one. */
void at_netfront_push(struct at_netfront *nf, struct at_xen_ring *ring);

/* netdev.c: ends a device that has not ended yet, because the peer broke the protocol. */
void at_netfront_break(struct at_netfront *nf);

/* netdev.c: the buffer, of `count`, of a frame that the user says it holds; ends the program if it does not. */
struct at_netfront_buffer *at_netfront_held(struct at_netfront_buffer *buffers, uint32_t count, uint32_t token);

/* netdev.c: handler of the event channel, and of changes at the back-end: wakes whoever waits. */
void at_netfront_on_event(void *ctx);

#endif /* ATMAN_NETFRONT_INTERNAL_H */
