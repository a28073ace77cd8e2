/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_SRC_GUARD_H
#define ATMAN_IP_SRC_GUARD_H

/* What guard.c and time_wait.c share: TCP segments between lwIP's lookup of a connection and its state machine. */

#include "internal.h"

#include "lwip/tcp.h"
#include "lwip/prot/tcp.h"

/* A segment whose checksum lwIP has found right: numbers in host order, addresses in ip_current_...(). */
struct at_ip_arrival {
    const struct tcp_hdr *header;
    const uint8_t *options;
    unsigned options_size;
    unsigned length; /* of its data */
    uint8_t flags;
};

/* The option's bytes behind its kind and size, or NULL: there is none of that size. */
const uint8_t *at_ip_arrival_option(const struct at_ip_arrival *arrival, unsigned kind, unsigned size);

/* time_wait.c: whether a listener is to see the segment. If not, it has been answered as RFC 9293, 3.10.7.8 asks. */
bool at_ip_time_wait_pass(struct at_ip *ip, const struct at_ip_arrival *arrival);

/* Takes over what lwIP put into TIME-WAIT. */
void at_ip_time_wait_take(struct at_ip *ip);

/* cookie.c: at a SYN for a listener; after the frame; at another segment for one: whether the listener is to see it. */
void at_ip_cookie_offer(struct at_ip *ip, const struct tcp_pcb_listen *listener, const struct at_ip_arrival *arrival);
void at_ip_cookie_forget(struct at_ip *ip);
bool at_ip_cookie_pass(struct at_ip *ip, const struct at_ip_arrival *arrival, struct pbuf *p);

#endif /* ATMAN_IP_SRC_GUARD_H */
