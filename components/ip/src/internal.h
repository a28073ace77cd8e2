/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_INTERNAL_H
#define ATMAN_IP_INTERNAL_H

/* What the stack's sources share. The file names are the table of contents. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/list.h>
#include <atman/base/panic.h>
#include <atman/ip/ip.h>
#include <atman/mm/frames.h>
#include <atman/mm/heap.h>
#include <atman/netdev/netdev.h>

#include "lwip/ip_addr.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"

#define AT_IP_MS 1000000ull /* nanoseconds */

/* Frames that wait for room in a device's ring. */
#define AT_IP_WAITING 32

/* How many random ports are tried before there is none. */
#define AT_IP_PORT_TRIES 64

/* Cyclic timers of lwIP's: timers.c. */
#define AT_IP_TIMERS 10

/* The bytes of a frame that are copied before anybody looks at them: all headers that lwIP knows, with room to spare.
 */
#define AT_IP_HEAD 192

/* Frames up to this size are copied whole: cheaper than to hold a page. */
#define AT_IP_SMALL 256

struct at_ip_interface {
    struct netif netif;
    struct at_ip *ip;
    struct at_ip_interface *next;
    struct at_netdev dev;
    const struct at_netdev_info *info;
    at_status ended;    /* what ended the device, or AT_OK */
    bool is_refused;    /* the device had no room for a group, since this was cleared */
    bool dirty;         /* something was sent or released since the last flush */
    uint16_t checks;    /* NETIF_CHECKSUM_*: what lwIP does for frames that the device says nothing about */
    uint32_t in_flight; /* frames whose memory the device has */
    uint8_t first;      /* of `waiting` */
    uint8_t count;
    struct pbuf *waiting[AT_IP_WAITING];
    struct at_ip_stats stats;
};

/* Connections of servers that are over: time_wait.c. */
struct at_ip_time_wait {
    struct at_list all;     /* the next to end first; not before there are buckets */
    struct entry **buckets; /* NULL: there was none yet */
    uint64_t key[2];        /* of the hash; stays, for the entries lie by it */
    uint32_t size;          /* buckets, a power of two */
    uint32_t count;
};

struct at_ip {
    struct at_ip_config config;
    struct at_ip_interface *interfaces; /* oldest first */
    uint64_t now_ns;                    /* as of the batch */
    uint64_t due_ns[AT_IP_TIMERS];      /* AT_NEVER: not running */
    uint64_t next_due_ns;               /* the least of them */
    uint64_t active_ns;                 /* when a frame came or went last */
    uint64_t aged_s;                    /* the second up to which ARP's and ND's tables have aged */
    bool is_resting;                    /* they are looked at more rarely */
    bool timers_changed;                /* something may need one that is not running (but for TCP's) */
    uint64_t sleeps_until_ns;           /* while at_ip_run() sleeps */
    bool running;                       /* at_ip_run() is somebody's caller */
    bool sleeping;                      /* ... and sleeps in config.wait */
    bool stop;
    bool removing;           /* at_ip_fini() is at work */
    uint32_t copies;         /* received bytes in memory of the stack's: objects */
    void (*dns_timer)(void); /* once a second; NULL: nobody has asked for a name, nor links DNS */
    uint8_t secret[16];      /* of initial sequence numbers and cookies: at_ip_reseed() */
    struct at_ip_time_wait time_wait;
    struct at_list unsent;     /* connections that were written to outside of a batch: tcp.c */
    uint64_t challenge_second; /* guard.c: the second that `challenges` are left of */
    uint32_t challenges;
    uint64_t cookies_until_ns; /* cookie.c: until then an ACK may bring one back */
    uint32_t cookie;           /* the last one */
    bool has_cookie;           /* a connection may have it that is to be forgotten */
    bool is_cookie_due;        /* it is the next initial sequence number */
    bool is_restoring;         /* lwIP answers a SYN that has been answered: nothing is sent */
    struct at_mm_frames shared_frames;
    struct at_mm_heap shared_heap;
    uint8_t *shared_state;
};

/* core.c: the one there is, or NULL; around every use of lwIP. */
extern struct at_ip *at_ip_the;
void at_ip_enter(struct at_ip *ip);
void at_ip_leave(struct at_ip *ip);
bool at_ip_is_inside(void);

/* Whether the caller, who has entered, was called by the engine: its batch ends later. */
bool at_ip_is_in_batch(void);

/* groups.c: a device that filters learns which groups the stack joins, from before lwIP starts until it has left. */
void at_ip_groups_start(struct at_ip_interface *interface);
void at_ip_groups_stop(struct at_ip_interface *interface);
/* Joins the groups of addresses in use that lwIP had no memory to join. */
void at_ip_groups_mend(struct at_ip_interface *interface);

/* loop.c */
void at_ip_flush(struct at_ip *ip);

/* pools.c: what lwIP allocates. */
at_status at_ip_pools_init(struct at_ip *ip);
void at_ip_pools_fini(struct at_ip *ip);
uint32_t at_ip_pool_count(unsigned type);

/* An object of the heap's, for which what can be done without makes room; NULL: there is no memory. */
void *at_ip_alloc(struct at_ip *ip, size_t size);

/* random.c */
at_status at_ip_random_init(struct at_ip *ip);
uint16_t at_ip_random_port(void);

/* A keyed hash of a connection's ends and `more`. */
uint32_t at_ip_hash(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port,
                    const void *more, size_t size);

/* timers.c: the handlers that are due; the next time that one is, or AT_NEVER; for who has
 * something to send or to receive. */
void at_ip_timers_init(struct at_ip *ip);
void at_ip_timers_run(struct at_ip *ip);
uint64_t at_ip_timers_next(struct at_ip *ip);
void at_ip_timers_wake(struct at_ip *ip);

/* tcp.c: sends what was written outside of a batch. */
void at_ip_tcp_send_unsent(struct at_ip *ip);

/* guard.c: after each frame. */
void at_ip_tcp_delivered(struct at_ip *ip);

/* time_wait.c: frees the oldest entry, if there is one; those that are over; all. */
bool at_ip_time_wait_give(struct at_ip *ip);
void at_ip_time_wait_expire(struct at_ip *ip);
void at_ip_time_wait_fini(struct at_ip *ip);

/* udp.c: removes all sockets, with what wraps them. */
void at_ip_udp_fini(struct at_ip *ip);

/* interface.c */
void at_ip_interface_drop(struct at_ip_interface *interface);

/* at_ip_loopback_drop frees what is on its way to oneself through `netif`, which netif_remove() would leave. */
void at_ip_loopback_drop(struct netif *netif);

/* rx.c: one batch of received frames. */
void at_ip_receive(struct at_ip_interface *interface);

/* filter.c: what a frame is, by its first `have` bytes of `total`, a copy: all, or at least AT_IP_HEAD. */
enum at_ip_kind {
    AT_IP_DROP,
    AT_IP_ARP,
    AT_IP_IPV4,
    AT_IP_IPV6,
    AT_IP_TCP4, /* its TCP header lies within `have` */
    AT_IP_TCP6,
};
enum at_ip_kind at_ip_filter(const uint8_t *frame, size_t have, size_t total);

/* tx.c */
err_t at_ip_transmit(struct netif *netif, struct pbuf *p);
void at_ip_transmit_waiting(struct at_ip_interface *interface);
void at_ip_transmit_done(struct at_ip_interface *interface);
void at_ip_transmit_abandon(struct at_ip_interface *interface);

/* sum.c: the sum of RFC 1071 in the order of the wire, not folded; folded to 16 bits. */
uint64_t at_ip_sum(uint64_t sum, const void *bytes, size_t size);
uint16_t at_ip_sum_fold(uint64_t sum);

/* segment.c: whether the device cuts large TCP segments. */
bool at_ip_segments(const struct at_ip_interface *interface, bool is_v6);

/* convert.c */
bool at_ip_to_lwip(ip_addr_t *to, const struct at_ip_address *from);
void at_ip_from_lwip(struct at_ip_address *to, const ip_addr_t *from);
at_status at_ip_status(err_t err);

#endif /* ATMAN_IP_INTERNAL_H */
