/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_SRC_TCP_H
#define ATMAN_IP_SRC_TCP_H

/* What tcp.c and open.c share. */

#include <atman/base/list.h>
#include <atman/ip/tcp.h>

#include "lwip/tcp.h"

struct at_ip_tcp {
    struct at_list_node unsent; /* in at_ip.unsent: lwIP is to look at it in the next batch */
    struct tcp_pcb *pcb; /* NULL: the connection is gone, and this object with the end of the callback it is in */
    const struct at_ip_tcp_events *events;
    void *user;
    bool in_callback;
    bool aborted; /* in the callback: lwIP must not touch the control block again */
    bool connecting;
    bool finishing;  /* at_ip_tcp_finish() was called */
    bool completes;  /* ... and the peer has finished as well */
    bool ticks;      /* at_ip_tcp_set_tick() was */
    bool is_unsent;  /* in the list */
    bool is_starved; /* there was no memory for what was written: no room until `sent` */

    /* segment.c */
    bool no_offload;  /* the device or the peer cannot */
    bool is_lossy;    /* something was sent again: no large segments for now */
    uint16_t whole;   /* the peer's MSS */
    uint16_t payload; /* bytes of a segment on the wire; 0: not looked at, or no_offload */
    uint32_t window;  /* congestion window when it was last looked at */
    uint32_t lost_at; /* is_lossy: how far the peer had acknowledged when something was last sent again */
};

/* A connection's object for `pcb`; NULL: no memory. */
struct at_ip_tcp *at_ip_tcp_wrap(struct tcp_pcb *pcb, const struct at_ip_tcp_events *events, void *user);

/* lwIP's accept callback for a listener of `accepted` and `user`. */
err_t at_ip_tcp_accept(struct tcp_pcb *pcb, at_ip_tcp_accepted_fn accepted, void *user);

err_t at_ip_tcp_start(struct at_ip_tcp *tcp, const ip_addr_t *address, uint16_t port);

/* lwIP's callback, by which at_ip_segment_tick() knows the connections that are wrapped. */
err_t at_ip_tcp_on_sent(void *arg, struct tcp_pcb *pcb, u16_t size);

/* segment.c: after the peer has acknowledged something. */
void at_ip_segment_tune(struct at_ip_tcp *tcp);

/* Whether more may be written: not while large segments of a connection that loses some still wait. */
bool at_ip_segment_may_write(const struct at_ip_tcp *tcp);

/* After lwIP's timers: they may have sent something again. */
void at_ip_segment_tick(void);

#endif /* ATMAN_IP_SRC_TCP_H */
