/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_NETDEV_NETDEV_H
#define ATMAN_NETDEV_NETDEV_H

/*
 * What an Ethernet device is: the seam between drivers (netfront, a TAP device, a fake) and what uses frames (ip, an
 * application that reads frames directly).
 *
 * Frames stay in the driver's pages and are never copied by this seam. The user takes a batch of received frames, looks
 * at them where they lie, and gives them back; to send, it takes buffers of the driver, fills them, and hands them
 * over. A driver owns a fixed number of buffers of each kind. Frames that the user holds are missing from the ring, so
 * hold few of them and not for long; a user that holds them all receives nothing.
 *
 * A frame is Ethernet II from the destination address on, without preamble and without frame check sequence.
 *
 * Trust: the bytes of a received frame come from the network, and they may CHANGE WHILE THE USER READS THEM, since a
 * driver may leave the page shared with its peer (netfront does: see AT_NETDEV_SHARED). So copy out what is checked,
 * check the copy, use the copy; never read a length twice. What the user writes into a frame is not private either.
 *
 * Not for: several CPUs, checksum or segmentation offload, frames in several parts, multicast filters.
 *
 * Calls are made from the context in which the driver's events are dispatched (one scheduler, no upcalls). Only
 * at_netdev_wait() may block. Times are nanoseconds of the monotonic clock.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AT_NETDEV_MAC_SIZE 6
#define AT_NETDEV_HEADER_SIZE 14 /* two addresses and a type: the least that at_netdev_send() takes */

/* What at_netdev_wait() waits for. */
#define AT_NETDEV_RX 1u /* a received frame */
#define AT_NETDEV_TX 2u /* a transmit buffer */

/* Flags of at_netdev_info. */
#define AT_NETDEV_SHARED 1u /* the peer can write a received frame until it is released, and read a sent one */

/* What a device is. Does not change while the device is open. */
struct at_netdev_info {
    uint8_t mac[AT_NETDEV_MAC_SIZE];
    uint16_t mtu;       /* most bytes after the Ethernet header (a VLAN tag does not count) */
    uint16_t max_frame; /* most bytes of a frame to send, with header and one VLAN tag; a buffer has this room */
    uint16_t flags;     /* AT_NETDEV_SHARED */
    uint16_t rx_buffers;
    uint16_t tx_buffers;
};

/* A frame that the user holds: received and not released yet, or a transmit buffer not sent yet. */
struct at_netdev_frame {
    uint8_t *data;
    uint32_t size;  /* received: bytes, at least 1 (it may be shorter than a header); to send: the user sets it */
    uint32_t token; /* the driver's: says which buffer this is */
};

/* Why a frame was lost. */
enum at_netdev_drop {
    AT_NETDEV_DROP_RX_ERROR,    /* the device reported a failed receive */
    AT_NETDEV_DROP_RX_EMPTY,    /* a frame of no bytes */
    AT_NETDEV_DROP_RX_SPLIT,    /* a frame in several parts, which was not asked for */
    AT_NETDEV_DROP_RX_CHECKSUM, /* a frame whose checksum was left to be filled in, which was not asked for */
    AT_NETDEV_DROP_TX_ERROR,    /* the device reported that it could not send */
    AT_NETDEV_DROP_COUNT
};

/* Since the device was opened. What the user holds or what still lies in the ring is not counted yet. */
struct at_netdev_stats {
    uint64_t rx_frames, rx_bytes; /* handed to the user */
    uint64_t tx_frames, tx_bytes; /* taken from the user; the failed ones are in dropped[] as well */
    uint64_t dropped[AT_NETDEV_DROP_COUNT];
};

/* What a driver implements. Each member's contract is that of the function of its name below. All must be set. */
struct at_netdev_ops {
    const struct at_netdev_info *(*info)(void *ctx);
    at_status (*recv)(void *ctx, struct at_netdev_frame *frames, size_t capacity, size_t *count);
    void (*release)(void *ctx, const struct at_netdev_frame *frames, size_t count);
    at_status (*tx_take)(void *ctx, struct at_netdev_frame *frames, size_t capacity, size_t *count);
    void (*tx_return)(void *ctx, const struct at_netdev_frame *frames, size_t count);
    at_status (*send)(void *ctx, const struct at_netdev_frame *frames, size_t count);
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
 * at_netdev_recv moves up to `capacity` received frames, oldest first, to `frames` and sets `*count` to how many; none
 * is no error. The user holds them until at_netdev_release(). Never blocks; O(frames), at most rx_buffers of them.
 *
 * Returns AT_OK, or what ended the device, with *count 0: AT_PROTOCOL the peer broke the protocol; AT_CLOSED the peer
 * closed the device. Both stay; frames that are held stay readable until they are released.
 */
static inline at_status at_netdev_recv(struct at_netdev dev, struct at_netdev_frame *frames, size_t capacity,
                                       size_t *count)
{
    return dev.ops->recv(dev.ctx, frames, capacity, count);
}

/*
 * at_netdev_release gives received frames back, in any order. The peer may get the buffers back at once or at the next
 * at_netdev_recv() or at_netdev_wait(). Never blocks, cannot fail. Giving back what is not held ends the program.
 */
static inline void at_netdev_release(struct at_netdev dev, const struct at_netdev_frame *frames, size_t count)
{
    dev.ops->release(dev.ctx, frames, count);
}

/*
 * at_netdev_tx_take moves up to `capacity` free transmit buffers to `frames` and sets `*count` to how many; none free
 * is no error (wait for AT_NETDEV_TX). Each has room for max_frame bytes at `data`, whose contents are anything; `size`
 * is 0. The user holds them until at_netdev_send() or at_netdev_tx_return(). Never blocks.
 *
 * Returns AT_OK, or AT_PROTOCOL or AT_CLOSED as at_netdev_recv().
 */
static inline at_status at_netdev_tx_take(struct at_netdev dev, struct at_netdev_frame *frames, size_t capacity,
                                          size_t *count)
{
    return dev.ops->tx_take(dev.ctx, frames, capacity, count);
}

/* at_netdev_tx_return gives transmit buffers back unsent. Never blocks, cannot fail; not held: ends the program. */
static inline void at_netdev_tx_return(struct at_netdev dev, const struct at_netdev_frame *frames, size_t count)
{
    dev.ops->tx_return(dev.ctx, frames, count);
}

/*
 * at_netdev_send sends `count` filled buffers in their order: all of them, or on error none, and then they stay held. A
 * held buffer has its place in the ring, so there is always room. Never blocks; tells the peer at most once.
 *
 * Returns AT_OK; AT_INVALID a size below AT_NETDEV_HEADER_SIZE; AT_TOO_BIG a size above max_frame; AT_PROTOCOL or
 * AT_CLOSED as at_netdev_recv(). Sending what is not held ends the program.
 */
static inline at_status at_netdev_send(struct at_netdev dev, const struct at_netdev_frame *frames, size_t count)
{
    return dev.ops->send(dev.ctx, frames, count);
}

/*
 * at_netdev_wait blocks until one of `events` (AT_NETDEV_RX, AT_NETDEV_TX or both) may be there, or `deadline_ns`
 * (AT_NEVER: none). It may also return AT_OK for another reason, when somebody else wakes the same sleepers: look
 * again. It lets the handlers of events run even when it does not have to wait, so a loop over wait and recv starves
 * nobody. When the peer's configuration changed, it may take longer than `deadline_ns` by one answer of the peer's.
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
