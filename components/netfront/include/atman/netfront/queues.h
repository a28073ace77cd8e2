/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_NETFRONT_QUEUES_H
#define ATMAN_NETFRONT_QUEUES_H

/*
 * A network device with more than one pair of rings and one event channel. Beside at_netfront_open(), which opens a
 * device without any of this and does not pay for it:
 *
 *     several queues      each has rings, buffers, slots and a port of its own. Linux's netback works for each in
 * threads of its own, so a guest with one CPU still has several of its host's work for it. What is sent goes to a queue
 * by its flow: the order within a flow is kept, between flows there is none. What is received may come from any queue,
 * and how it is distributed is the back-end's to say. split channels      an event channel for each direction: a
 * back-end that is told of buffers to receive in does not look for frames to send, and the other way round. For a guest
 * that does mostly one of both.
 *
 *     multicast filter    the back-end delivers the frames to groups that were joined (at_netdev_group_join()) and no
 *                         others': they cost the guest nothing. Nothing is joined at first, so the user of the device
 *                         has to: ip does.
 *
 * While there is work, the back-end is notified at most once for 32 packets of each direction, and at the latest when
 * the user waits with nothing to do, or flushes. config.poll_ns keeps the back-end from having to notify the guest.
 *
 * Each is used if the back-end offers it. All are known before anything is published, which takes a fourth XenStore
 * round trip. The keys that at_netfront_open() does not know are removed from XenStore when the device is closed.
 *
 * The contract, the trust and the context of calls are netfront.h's. A queue that the back-end breaks ends the device.
 *
 * Protocol: xen/io/netif.h.
 */

#include <atman/netfront/netfront.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AT_NETFRONT_QUEUES_MAX 4

struct at_netfront_queues;

/* A queue. The caller gives the memory and zeroes it once; every member is the driver's. */
struct at_netfront_queue {
    struct at_netfront front; /* the first one's has the connection to the back-end */
    struct at_netfront_queues *device;
    uint32_t rx_port;    /* with split channels: the event channel for receiving; 0 = none */
    uint32_t rx_packets; /* since the back-end was told */
    uint32_t tx_packets;
    unsigned untold; /* rings of which it wants to be told */
};

/* A group of Ethernet's. The caller gives the memory; every member is the driver's. */
struct at_netfront_group {
    uint8_t mac[AT_NETDEV_MAC_SIZE];
    uint16_t members;
    uint8_t wants;
};

#define AT_NETFRONT_GROUPS_MAX 64 /* what Linux's netback remembers */

/* What only those pay for that name it in their configuration. */
struct at_netfront_multicast;

/* How to open such a device. */
struct at_netfront_queues_config {
    struct at_netfront_config front;  /* as for at_netfront_open(); what it counts is of each queue, so `buffers` and
                                         `slots` are `count` times as many */
    struct at_netfront_queue *queues; /* `count` of them */
    uint16_t count;                   /* 1 to AT_NETFRONT_QUEUES_MAX; fewer are used if the back-end has fewer */
    bool split;                       /* an event channel for each direction */
    const struct at_netfront_multicast *multicast; /* at_netfront_multicast(); NULL: every group's frames are delivered,
                                                      and group_count is 0. Needs front.tx */
    struct at_netfront_group *groups;              /* group_count of them */
    uint16_t group_count;                          /* 1 to AT_NETFRONT_GROUPS_MAX */
    /*
     * How long at_netdev_wait() and at_netdev_arm() look at the rings before they ask for an event: for a guest that
     * has a CPU to itself and more use for its time than for its host's. Nobody else runs in the guest meanwhile. 0:
     * not.
     */
    uint64_t poll_ns;
};

/* A device. Zero it once before at_netfront_queues_open(); every member is the driver's. Must not move while open. */
struct at_netfront_queues {
    struct at_netfront_queues_config config;
    at_status (*prepare)(void *ctx, uint16_t backend_id);              /* the first queue's part of the handshake */
    at_status (*restart)(struct at_netfront *nf, uint16_t backend_id); /* of a device that was restored */
    uint32_t offered_queues;
    uint32_t offered_split;
    uint32_t offered_filter;
    uint32_t filters; /* the back-end was asked to: 0 or 1 */
    uint32_t active;  /* queues that are connected */
    uint16_t opened;  /* queues that have pages */
    uint16_t turn;    /* queue that is received from first */
    uint16_t full;    /* queue that had no room */
    bool split;
    bool published;      /* keys that are to be removed */
    bool groups_waiting; /* some are to be told of, and had no room */
    struct at_netdev_info info;
    struct at_xenbus_key backend[9];
    struct at_xenbus_key publish[9 + 4 * AT_NETFRONT_QUEUES_MAX];
};

/* at_netfront_multicast returns the filter of groups, for config.multicast. */
const struct at_netfront_multicast *at_netfront_multicast(void);

/*
 * at_netfront_queues_open is at_netfront_open() for such a device, with what that returns; at_netfront_phase() of the
 * first queue's `front` tells what it was at. AT_INVALID as well for a count out of range. On an error nothing is
 * kept but quarantined pages: see at_netfront_queues_close().
 */
at_status at_netfront_queues_open(struct at_netfront_queues *device, const struct at_netfront_queues_config *config);

/*
 * at_netfront_queues_netdev returns the open device as a netdev, valid until at_netfront_queues_close(). Its info's
 * rx_buffers and tx_slots are those of each queue: who holds so many parts may hold all of one queue's.
 */
struct at_netdev at_netfront_queues_netdev(struct at_netfront_queues *device);

/* at_netfront_queues_count returns how many queues are in use: 0 before the first at_netfront_queues_open(). */
unsigned at_netfront_queues_count(const struct at_netfront_queues *device);

/*
 * at_netfront_queues_filters returns whether the back-end filters groups. One that did and, after a restore, does not
 * any more delivers too much.
 */
bool at_netfront_queues_filters(const struct at_netfront_queues *device);

/* at_netfront_queues_is_split returns whether each direction has an event channel of its own. */
bool at_netfront_queues_is_split(const struct at_netfront_queues *device);

/*
 * at_netfront_queues_close is at_netfront_close() for such a device, with what that returns. May take
 * AT_XENBUS_GRACE_NS more, for XenStore to remove the keys.
 */
at_status at_netfront_queues_close(struct at_netfront_queues *device, uint64_t deadline_ns);

/* at_netfront_queues_resume is at_netfront_resume() for such a device. */
void at_netfront_queues_resume(struct at_netfront_queues *device);

/*
 * at_netfront_queues_reconnect is at_netfront_reconnect() for such a device, with what that returns. If the back-end
 * has fewer queues than before, fewer are used.
 */
at_status at_netfront_queues_reconnect(struct at_netfront_queues *device);

/* at_netfront_queues_stats adds up at_netfront_stats() of all queues into `stats`. */
void at_netfront_queues_stats(const struct at_netfront_queues *device, struct at_netfront_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_NETFRONT_QUEUES_H */
