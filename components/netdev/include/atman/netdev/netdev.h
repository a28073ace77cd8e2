/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_NETDEV_NETDEV_H
#define ATMAN_NETDEV_NETDEV_H

/*
 * What an Ethernet device is: the seam between drivers (netfront, a TAP device, a fake) and what uses frames (ip, an
 * application that reads frames directly).
 *
 * A frame is Ethernet II from the destination address on, without preamble and without frame check sequence. It lies
 * in one or several parts. A received part stays in the driver's page: the user looks at it where it lies and gives it
 * back. Parts that the user holds are missing from the ring, so hold few and not for long; a user that holds them all
 * receives nothing. A frame to send lies in memory of the user's, anywhere; if the driver was configured to share that
 * memory with its peer it is not copied.
 *
 * Offloads are offered by the device (features) and used frame by frame. A received frame may be larger than the MTU
 * allows (AT_NETDEV_GSO); a user that cannot take that configures the driver not to ask for it.
 *
 * Trust: the bytes of a received frame come from the network, and they may CHANGE WHILE THE USER READS THEM, since a
 * driver may leave the page shared with its peer (netfront does: see AT_NETDEV_SHARED). So copy out what is checked,
 * check the copy, use the copy; never read a length twice. What the user sends is not private either.
 *
 * Not for: several CPUs.
 *
 * Calls are made from the context in which the driver's events are dispatched (one scheduler, no upcalls). Only
 * at_netdev_wait() and at_netdev_arm() may block. Times are nanoseconds of the monotonic clock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AT_NETDEV_MAC_SIZE 6
#define AT_NETDEV_HEADER_SIZE 14 /* two addresses and a type: the least that at_netdev_send() takes */
#define AT_NETDEV_PARTS_MAX 18   /* of one frame, received or sent, each within one page */

/* What at_netdev_wait() and at_netdev_arm() wait for. */
#define AT_NETDEV_RX 1u   /* a received frame */
#define AT_NETDEV_TX 2u   /* room to send, or a cookie for at_netdev_tx_done() */
#define AT_NETDEV_DONE 4u /* a cookie for at_netdev_tx_done(): for who has room, but no memory left to send from */

/* Features of a device, in at_netdev_info. */
#define AT_NETDEV_SHARED 1u   /* the peer can write a received part until it is released, and read what is sent */
#define AT_NETDEV_TX_PARTS 2u /* sends in place from several parts; without it a frame is copied to one buffer */
#define AT_NETDEV_TX_CSUM4 4u /* takes AT_NETDEV_CSUM_BLANK for TCP and UDP over IPv4 */
#define AT_NETDEV_TX_CSUM6 8u /* ... over IPv6 */
#define AT_NETDEV_TX_GSO4 16u /* takes AT_NETDEV_GSO4 */
#define AT_NETDEV_TX_GSO6 32u /* takes AT_NETDEV_GSO6 */

/* Flags of a frame (received: of its first part, but for AT_NETDEV_MORE). */
#define AT_NETDEV_MORE 1u       /* received: the next part belongs to the same frame */
#define AT_NETDEV_CSUM_BLANK 2u /* TCP or UDP checksum holds only the pseudo-header's sum; to send: finish it */
#define AT_NETDEV_CSUM_OK 4u    /* received: the TCP or UDP checksum needs no check (also set with CSUM_BLANK) */
#define AT_NETDEV_GSO4 8u       /* TCP over IPv4 in segments of gso_size bytes; to send, CSUM_BLANK goes with it */
#define AT_NETDEV_GSO6 16u      /* the same over IPv6 */

/* What a device is. Does not change while the device is open. */
struct at_netdev_info {
    uint8_t mac[AT_NETDEV_MAC_SIZE];
    uint16_t mtu;       /* most bytes after the Ethernet header (a VLAN tag does not count) */
    uint32_t max_frame; /* most bytes of a frame to send without GSO, with header and one VLAN tag */
    uint32_t max_gso;   /* most bytes of a frame to send with GSO, header included; 0 = no GSO */
    uint16_t features;  /* AT_NETDEV_SHARED ... */
    uint16_t rx_buffers;
    uint16_t tx_slots; /* parts that may be in the ring at once */
    /* NULL: the user is given every group's frames. Otherwise group.h's functions are this. */
    at_status (*group)(void *ctx, const uint8_t mac[AT_NETDEV_MAC_SIZE], bool joins);
};

/* A received part that the user holds until at_netdev_release(). */
struct at_netdev_part {
    uint8_t *data;
    uint32_t size;     /* bytes, at least 1 (a frame may be shorter than a header); within one page */
    uint32_t token;    /* the driver's: says which buffer this is */
    uint16_t flags;    /* AT_NETDEV_MORE ... */
    uint16_t gso_size; /* with AT_NETDEV_GSO4 or 6: TCP payload bytes of each segment on the wire, not 0 */
};

/* A piece of a frame to send. It may cross pages if the frame then still has at most AT_NETDEV_PARTS_MAX. */
struct at_netdev_piece {
    const uint8_t *data;
    uint32_t size; /* bytes, at least 1 */
};

/* A frame to send. The structure and the array are read during the call only. */
struct at_netdev_frame {
    const struct at_netdev_piece *pieces;
    uint16_t count;
    uint16_t flags;    /* AT_NETDEV_CSUM_BLANK, AT_NETDEV_GSO4, AT_NETDEV_GSO6 */
    uint16_t gso_size; /* bytes; with AT_NETDEV_GSO4 or 6 */
    /*
     * NULL: the bytes are the user's again when at_netdev_send() returns (the driver copies them). Otherwise they must
     * stay as they are until at_netdev_tx_done() gives the cookie back, and are not copied if the driver shares them.
     */
    void *cookie;
};

/* Why a frame was lost. */
enum at_netdev_drop {
    AT_NETDEV_DROP_RX_ERROR, /* the device reported a failed receive */
    AT_NETDEV_DROP_RX_EMPTY, /* a frame with a part of no bytes */
    AT_NETDEV_DROP_RX_PARTS, /* a frame in more than AT_NETDEV_PARTS_MAX parts, or in several that were not asked for */
    AT_NETDEV_DROP_RX_CHECKSUM, /* a frame whose checksum was left to be filled in, which was not asked for */
    AT_NETDEV_DROP_TX_ERROR,    /* the device reported that it could not send */
    AT_NETDEV_DROP_COUNT
};

/* Since the device was opened. What the user holds or what still lies in the ring is not counted yet. */
struct at_netdev_stats {
    uint64_t rx_frames, rx_bytes; /* handed to the user */
    uint64_t tx_frames, tx_bytes; /* taken from the user; the failed ones are in dropped[] as well */
    uint64_t tx_copied_bytes;     /* of tx_bytes: copied because they were not shared memory or had no cookie */
    uint64_t dropped[AT_NETDEV_DROP_COUNT];
};

/* What a driver implements. Each member's contract is that of the function of its name below. All must be set. */
struct at_netdev_ops {
    const struct at_netdev_info *(*info)(void *ctx);
    at_status (*recv)(void *ctx, struct at_netdev_part *parts, size_t capacity, size_t *count);
    void (*release)(void *ctx, const struct at_netdev_part *parts, size_t count);
    at_status (*send)(void *ctx, const struct at_netdev_frame *frame);
    void (*flush)(void *ctx);
    at_status (*tx_done)(void *ctx, void **cookies, size_t capacity, size_t *count);
    at_status (*arm)(void *ctx, unsigned events);
    at_status (*wait)(void *ctx, unsigned events, uint64_t deadline_ns);
    void (*stats)(void *ctx, struct at_netdev_stats *stats);
};

/* A device: passed by value, owns nothing. Valid while the driver's object is open. */
struct at_netdev {
    const struct at_netdev_ops *ops;
    void *ctx;
};

/* at_netdev_info returns what the device is. Never NULL; valid while the device is open. */
static inline const struct at_netdev_info *at_netdev_info(struct at_netdev dev)
{
    return dev.ops->info(dev.ctx);
}

/*
 * at_netdev_recv moves the parts of received frames, oldest first, to `parts` and sets `*count` to how many; none is
 * no error. Only whole frames: all parts of a frame but its last have AT_NETDEV_MORE. `capacity` is at least
 * AT_NETDEV_PARTS_MAX. The user holds the parts until at_netdev_release(). Never blocks; O(parts).
 *
 * Returns AT_OK, or what ended the device, with *count 0: AT_PROTOCOL the peer broke the protocol; AT_CLOSED the peer
 * closed the device. Both stay; parts that are held stay readable until they are released.
 */
static inline at_status at_netdev_recv(struct at_netdev dev, struct at_netdev_part *parts, size_t capacity,
                                       size_t *count)
{
    return dev.ops->recv(dev.ctx, parts, capacity, count);
}

/*
 * at_netdev_release gives received parts back, in any order and from any frames. The peer may get the buffers back at
 * once, at the next at_netdev_recv() or at the next at_netdev_flush(). Never blocks, cannot fail. Giving back what is
 * not held ends the program.
 */
static inline void at_netdev_release(struct at_netdev dev, const struct at_netdev_part *parts, size_t count)
{
    dev.ops->release(dev.ctx, parts, count);
}

/*
 * at_netdev_send puts one frame behind those sent before (a device of several queues: behind those between the same
 * addresses and ports); the peer need not learn of it before at_netdev_flush() or
 * at_netdev_wait(). Never blocks.
 *
 * Returns AT_OK; AT_AGAIN no room now, nothing was taken: wait for AT_NETDEV_TX; AT_INVALID fewer bytes than
 * AT_NETDEV_HEADER_SIZE, an empty piece, no piece, or a flag or gso_size that the device's features do not allow;
 * AT_TOO_BIG more bytes than max_frame (with GSO: max_gso) or more than AT_NETDEV_PARTS_MAX parts; AT_PROTOCOL or
 * AT_CLOSED as at_netdev_recv(). On any error the cookie is not kept.
 */
static inline at_status at_netdev_send(struct at_netdev dev, const struct at_netdev_frame *frame)
{
    return dev.ops->send(dev.ctx, frame);
}

/*
 * at_netdev_flush shows the peer what was sent and released, and tells it so at most once. Never blocks. At the end of
 * a batch, and before a sleep that is not at_netdev_wait().
 */
static inline void at_netdev_flush(struct at_netdev dev)
{
    dev.ops->flush(dev.ctx);
}

/*
 * at_netdev_tx_done moves up to `capacity` cookies of frames whose memory is the user's again to `cookies`, and sets
 * `*count` to how many; none is no error. Each cookie of a frame that was taken comes back once, in any order; when the
 * device has ended, after its driver was closed, none comes back any more. Never blocks.
 *
 * Returns AT_OK, or AT_PROTOCOL or AT_CLOSED as at_netdev_recv().
 */
static inline at_status at_netdev_tx_done(struct at_netdev dev, void **cookies, size_t capacity, size_t *count)
{
    return dev.ops->tx_done(dev.ctx, cookies, capacity, count);
}

/*
 * at_netdev_arm asks to be woken, in the place that the driver was configured to wake, when one of `events` is there:
 * for a user that sleeps there itself, with several devices or for other reasons as well. Flushes first. Blocks only
 * when the peer's configuration changed, for one answer of XenStore's.
 *
 * Returns AT_AGAIN armed: sleep, then look; AT_OK one is there already: do not sleep; AT_PROTOCOL or AT_CLOSED as
 * at_netdev_recv().
 */
static inline at_status at_netdev_arm(struct at_netdev dev, unsigned events)
{
    return dev.ops->arm(dev.ctx, events);
}

/*
 * at_netdev_wait flushes, and blocks until one of `events` (AT_NETDEV_RX ...) may be there, or
 * `deadline_ns` (AT_NEVER: none). It may also return AT_OK for another reason, when somebody else wakes the same
 * sleepers: look again. It lets the handlers of events run even when it does not have to wait, so a loop over wait and
 * recv starves nobody. When the peer's configuration changed, it may take longer than `deadline_ns` by one answer of
 * the peer's.
 *
 * Returns AT_OK; AT_TIMED_OUT; AT_DEADLOCK nothing could ever wake it; AT_PROTOCOL or AT_CLOSED as at_netdev_recv().
 */
static inline at_status at_netdev_wait(struct at_netdev dev, unsigned events, uint64_t deadline_ns)
{
    return dev.ops->wait(dev.ctx, events, deadline_ns);
}

/* at_netdev_stats copies the counters to `stats`. */
static inline void at_netdev_stats(struct at_netdev dev, struct at_netdev_stats *stats)
{
    dev.ops->stats(dev.ctx, stats);
}

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_NETDEV_NETDEV_H */
