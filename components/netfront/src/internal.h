/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_NETFRONT_INTERNAL_H
#define ATMAN_NETFRONT_INTERNAL_H

/*
 * The parts of netfront to each other. open.c connects, close.c takes apart, buffers.c has pages and grants, rx.c
 * receives, netdev.c is the seam. Linked only if the configuration names them: tx.c and shared.c, which transmit;
 * offload.c and parts.c, which agree on more than whole frames, and receive it. report.c tells a person of all
 * that, restore.c is for a domain that was saved. queues.h says what more than one queue is made of.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/netfront/netfront.h>

#define AT_NETFRONT_PAGE_SIZE 4096u
#define AT_NETFRONT_RSP_PROD 2u     /* where the back-end's producer index is, in words: xen/io/ring.h */
#define AT_NETFRONT_NONE UINT16_MAX /* end of a chain of buffers or slots */

/* Who has a buffer or a slot. Zero is the state of memory that was only zeroed: nobody posts, sends or releases it. */
enum at_netfront_owner {
    AT_NETFRONT_IDLE, /* receive: not posted, or part of a frame that is not whole; transmit: free, or answered */
    AT_NETFRONT_RING, /* the back-end's until it answers */
    AT_NETFRONT_USER  /* the netdev's user's until it gives it back */
};

/* What a transmit side is. Each member's contract is at the function of that name in tx.c. */
struct at_netfront_tx {
    at_status (*open)(struct at_netfront *nf);
    uint32_t (*close)(struct at_netfront *nf);
    at_status (*send)(struct at_netfront *nf, const struct at_netdev_frame *frame);
    at_status (*done)(struct at_netfront *nf, void **cookies, size_t capacity, size_t *count);
    bool (*is_ready)(struct at_netfront *nf, unsigned events);
};

/* How many keys are published. */
#define AT_NETFRONT_PUBLISHED 10

/* The back-end's keys of what config.features is about, each 0 or 1. */
enum at_netfront_offer {
    AT_NETFRONT_OFFERS_SG,
    AT_NETFRONT_OFFERS_GSO4,
    AT_NETFRONT_OFFERS_GSO6,
    AT_NETFRONT_OFFERS_CSUM6,
    AT_NETFRONT_OFFERS_NO_CSUM4,
    AT_NETFRONT_OFFERS /* how many */
};

/* What goes through XenStore. Lives as long as at_netfront_open() runs. */
struct at_netfront_handshake {
    struct at_netfront *nf;
    char mac[sizeof "00:16:3e:00:00:00"];
    uint32_t mtu;
    uint32_t rx_copy;
    uint32_t offers[AT_NETFRONT_OFFERS];
    uint32_t published[AT_NETFRONT_PUBLISHED];
    struct at_xenbus_key publish[AT_NETFRONT_PUBLISHED];
    struct at_xenbus_key backend[6];
    struct at_xenbus_device device;
};

/* What offloads are. Each member's contract is at the function of that name in offload.c, of recv in parts.c. */
struct at_netfront_offload {
    bool (*is_valid)(const struct at_netfront_config *config);
    void (*ask)(struct at_netfront_handshake *h);
    uint32_t (*accept)(const struct at_netfront_handshake *h);
    at_status (*recv)(struct at_netfront *nf, struct at_netdev_part *parts, size_t capacity, size_t *count);
};

/* open.c: adds a key of the back-end's to read, which may be missing. */
void at_netfront_ask(struct at_netfront_handshake *h, const char *name, uint32_t *number);

/*
 * open.c, for restore.c: the parts of opening. init_rings makes them empty, publish binds the port and fills in what is
 * told, connect shakes hands with `prepare_fn` and `accept_fn`, accept is at_netfront_open()'s.
 */
at_status at_netfront_init_rings(struct at_netfront *nf);
at_status at_netfront_publish(struct at_netfront_handshake *h);
at_status at_netfront_connect(struct at_netfront *nf, at_status (*prepare_fn)(void *ctx, uint16_t backend_id),
                              at_status (*accept_fn)(void *ctx));
at_status at_netfront_accept(void *ctx);

/* restore.c, for queues_restore.c: gives everything to `backend_id`, in empty rings. */
at_status at_netfront_restart(struct at_netfront *nf, uint16_t backend_id);

/* tx.c, for restore.c: what is in the ring counts as answered, badly. */
void at_netfront_tx_lose(struct at_netfront *nf);

/* tx.c, for multicast.c: takes all answers that are there. */
void at_netfront_tx_reap(struct at_netfront *nf);

/* buffers.c: every page of the device, with its grant. */
at_status at_netfront_buffers_give(struct at_netfront *nf);
uint32_t at_netfront_buffers_end(struct at_netfront *nf);
static inline struct at_netfront_buffer *at_netfront_rx_buffer(struct at_netfront *nf, uint32_t index)
{
    return &nf->config.buffers[index];
}
static inline struct at_netfront_buffer *at_netfront_tx_buffer(struct at_netfront *nf, uint32_t index)
{
    return &nf->config.buffers[nf->config.rx_buffers + index];
}

/* rx.c: start posts all receive buffers, recv takes whole frames; release is the netdev's operation. */
struct netif_rx_response;
void at_netfront_rx_start(struct at_netfront *nf);
at_status at_netfront_recv(struct at_netfront *nf, struct at_netdev_part *parts, size_t capacity, size_t *count);
void at_netfront_release(void *ctx, const struct at_netdev_part *parts, size_t count);

/* rx.c, for parts.c: offers a buffer again. */
void at_netfront_rx_post(struct at_netfront *nf, uint32_t index);

/* rx.c, for parts.c: whether the response is about a buffer in the ring and stays within it. */
bool at_netfront_rx_is_sound(struct at_netfront *nf, const struct netif_rx_response *response);

/* rx.c, for parts.c: describes what the response is about as a part of its own. */
void at_netfront_rx_part(struct at_netfront *nf, struct at_netdev_part *part, const struct netif_rx_response *response);

/* parts.c: recv, for frames in several parts as well. */
at_status at_netfront_recv_parts(struct at_netfront *nf, struct at_netdev_part *parts, size_t capacity, size_t *count);

/* shared.c: gives and ends the grants of config.shared; the latter returns how many pages the back-end still holds. */
at_status at_netfront_shared_give(struct at_netfront *nf);
uint32_t at_netfront_shared_end(struct at_netfront *nf);

/* Of which rings the back-end is told, for at_netfront.tell. */
#define AT_NETFRONT_TELL_RX 1u
#define AT_NETFRONT_TELL_TX 2u

/* How many answers the back-end claims that were not taken. A closed device has no page. */
static inline uint32_t at_netfront_unread(const struct at_xen_ring *ring, const struct at_netfront_buffer *page)
{
    const uint32_t *index = (const uint32_t *)(const void *)page->page;

    return index != NULL ? __atomic_load_n(&index[AT_NETFRONT_RSP_PROD], __ATOMIC_ACQUIRE) - ring->responses : 0;
}

/* netdev.c: shows the back-end what was put in either ring, with one event if it wants one. */
void at_netfront_flush(void *ctx);

/* netdev.c: ends a device that has not ended yet, because the peer broke the protocol. */
void at_netfront_break(struct at_netfront *nf);

/* netdev.c: handler of the event channel, and of changes at the back-end: wakes whoever waits. */
void at_netfront_on_event(void *ctx);

#endif /* ATMAN_NETFRONT_INTERNAL_H */
