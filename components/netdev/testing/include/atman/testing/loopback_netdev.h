/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_LOOPBACK_NETDEV_H
#define ATMAN_TESTING_LOOPBACK_NETDEV_H

/*
 * A netdev made of memory, for testing what uses one (ip, an application). What is sent arrives at once: at the device
 * itself, or at the other end of a cable (at_loopback_netdev_connect()). It keeps the whole contract of
 * <atman/netdev/netdev.h>, of which netdev_contract.h is the proof, and it ends the program on misuse as drivers do.
 *
 * Offloads are those of two guests on one host: a frame sent with AT_NETDEV_CSUM_BLANK or AT_NETDEV_GSO4 arrives as it
 * was sent, with these flags. So both ends of a cable offer the same.
 *
 * It is one object of the caller's, allocates nothing and has no global state, so a test can have as many as it likes.
 */

#include <stdbool.h>
#include <stdint.h>

#include <atman/base/status.h>
#include <atman/base/wait.h>
#include <atman/netdev/netdev.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AT_LOOPBACK_NETDEV_BUFFERS 32 /* for parts received */
#define AT_LOOPBACK_NETDEV_ROOM 2048  /* bytes of one */
#define AT_LOOPBACK_NETDEV_SLOTS 16   /* frames sent whose cookies were not given back */
#define AT_LOOPBACK_NETDEV_GROUPS 16  /* memberships of groups */

/* The largest frame: all parts that one may have, full. */
#define AT_LOOPBACK_NETDEV_MAX ((uint32_t)AT_NETDEV_PARTS_MAX * AT_LOOPBACK_NETDEV_ROOM)

/* Where a buffer is: free, with the user, or waiting for the user. */
struct at_loopback_buffer {
    uint8_t data[AT_LOOPBACK_NETDEV_ROOM];
    uint32_t size;
    uint16_t flags;
    uint16_t gso_size;
    uint8_t owner;
};

/* The device. at_loopback_netdev_init() before use; every member is its own. Must not move while it is connected. */
struct at_loopback_netdev {
    struct at_netdev_info info;
    struct at_netdev_stats stats;
    struct at_wait wait;
    struct at_loopback_netdev *peer;
    at_status ended;
    uint32_t part_size;
    struct at_loopback_buffer rx[AT_LOOPBACK_NETDEV_BUFFERS];
    uint8_t queue[AT_LOOPBACK_NETDEV_BUFFERS]; /* indices of rx: received, oldest first */
    uint8_t queued;
    uint8_t cookie_count;
    uint8_t group_count;
    uint8_t groups[AT_LOOPBACK_NETDEV_GROUPS][AT_NETDEV_MAC_SIZE];
    void *cookies[AT_LOOPBACK_NETDEV_SLOTS];
};

/*
 * at_loopback_netdev_init makes `lo` a device with that address and MTU (at most AT_LOOPBACK_NETDEV_MAX - 18),
 * connected to itself. It sleeps in `wait` and wakes whoever sleeps there; with ops NULL there is no one to wake it,
 * and waiting for a deadline ends at once. It offers nothing but whole frames.
 */
void at_loopback_netdev_init(struct at_loopback_netdev *lo, const uint8_t mac[AT_NETDEV_MAC_SIZE], uint16_t mtu,
                             struct at_wait wait);

/* at_loopback_netdev_offer makes the device have these features, and take frames of AT_LOOPBACK_NETDEV_MAX with GSO. */
void at_loopback_netdev_offer(struct at_loopback_netdev *lo, uint16_t features);

/*
 * at_loopback_netdev_split makes what the device receives lie in parts of at most `size` bytes, 1 to
 * AT_LOOPBACK_NETDEV_ROOM (as at first). A frame of more than AT_NETDEV_PARTS_MAX of them is lost.
 */
void at_loopback_netdev_split(struct at_loopback_netdev *lo, uint32_t size);

/*
 * at_loopback_netdev_filter makes the device lose frames to groups that were not joined, AT_LOOPBACK_NETDEV_GROUPS
 * memberships at most.
 */
void at_loopback_netdev_filter(struct at_loopback_netdev *lo);

/* at_loopback_netdev_is_member returns whether `lo` has joined the group of that address. */
bool at_loopback_netdev_is_member(const struct at_loopback_netdev *lo, const uint8_t mac[AT_NETDEV_MAC_SIZE]);

/* at_loopback_netdev_connect puts a cable between `a` and `b`: what one sends the other receives. */
void at_loopback_netdev_connect(struct at_loopback_netdev *a, struct at_loopback_netdev *b);

/* at_loopback_netdev_dev returns `lo` as a netdev. */
struct at_netdev at_loopback_netdev_dev(struct at_loopback_netdev *lo);

/*
 * at_loopback_netdev_inject makes `lo` receive a frame of 1 to AT_LOOPBACK_NETDEV_MAX bytes, of any content. Returns
 * AT_OK, or AT_NO_SPACE when not enough buffers are free: the frame is lost, as on a real device.
 */
at_status at_loopback_netdev_inject(struct at_loopback_netdev *lo, const void *data, uint32_t size);

/* at_loopback_netdev_end ends the device with `status` (AT_PROTOCOL or AT_CLOSED) as a broken or leaving peer would. */
void at_loopback_netdev_end(struct at_loopback_netdev *lo, at_status status);

/* at_loopback_netdev_held returns how many parts the user holds, and cookies it has not fetched: 0 if nothing leaked.
 */
unsigned at_loopback_netdev_held(const struct at_loopback_netdev *lo);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_LOOPBACK_NETDEV_H */
