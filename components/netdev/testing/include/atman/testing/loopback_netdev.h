/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_LOOPBACK_NETDEV_H
#define ATMAN_TESTING_LOOPBACK_NETDEV_H

/*
 * A netdev made of memory, for testing what uses one (ip, an application). What is sent arrives at once: at the device
 * itself, or at the other end of a cable (at_loopback_netdev_connect()). It keeps the whole contract of
 * <atman/netdev/netdev.h>, of which netdev_contract.h is the proof, and it ends the program on misuse as drivers do.
 *
 * It is one object of the caller's, allocates nothing and has no global state, so a test can have as many as it likes.
 */

#include <stdint.h>

#include <atman/base/status.h>
#include <atman/base/wait.h>
#include <atman/netdev/netdev.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AT_LOOPBACK_NETDEV_BUFFERS 8 /* of each kind */
#define AT_LOOPBACK_NETDEV_ROOM 2048 /* bytes of one: an MTU of up to 2030 */

/* Where a buffer is: free, with the user, or (a received one) waiting for the user. */
struct at_loopback_buffer {
    uint8_t data[AT_LOOPBACK_NETDEV_ROOM];
    uint32_t size;
    uint8_t owner;
};

/* The device. at_loopback_netdev_init() before use; every member is its own. Must not move while it is connected. */
struct at_loopback_netdev {
    struct at_netdev_info info;
    struct at_netdev_stats stats;
    struct at_wait wait;
    struct at_loopback_netdev *peer;
    at_status ended;
    struct at_loopback_buffer rx[AT_LOOPBACK_NETDEV_BUFFERS];
    struct at_loopback_buffer tx[AT_LOOPBACK_NETDEV_BUFFERS];
    uint8_t queue[AT_LOOPBACK_NETDEV_BUFFERS]; /* indices of rx: received, oldest first */
    uint8_t queued;
};

/*
 * at_loopback_netdev_init makes `lo` a device with that address and MTU (at most 2030), connected to itself. It sleeps
 * in `wait` and wakes whoever sleeps there; with ops NULL there is no one to wake it, and waiting for a deadline ends
 * at once.
 */
void at_loopback_netdev_init(struct at_loopback_netdev *lo, const uint8_t mac[AT_NETDEV_MAC_SIZE], uint16_t mtu,
                             struct at_wait wait);

/* at_loopback_netdev_connect puts a cable between `a` and `b`: what one sends the other receives. */
void at_loopback_netdev_connect(struct at_loopback_netdev *a, struct at_loopback_netdev *b);

/* at_loopback_netdev_dev returns `lo` as a netdev. */
struct at_netdev at_loopback_netdev_dev(struct at_loopback_netdev *lo);

/*
 * at_loopback_netdev_inject makes `lo` receive a frame of 1 to AT_LOOPBACK_NETDEV_ROOM bytes, of any content. Returns
 * AT_OK, or AT_NO_SPACE when no buffer is free: the frame is lost, as on a real device.
 */
at_status at_loopback_netdev_inject(struct at_loopback_netdev *lo, const void *data, uint32_t size);

/* at_loopback_netdev_end ends the device with `status` (AT_PROTOCOL or AT_CLOSED) as a broken or leaving peer would. */
void at_loopback_netdev_end(struct at_loopback_netdev *lo, at_status status);

/* at_loopback_netdev_held returns how many frames and buffers the user holds: 0 when nothing leaked. */
unsigned at_loopback_netdev_held(const struct at_loopback_netdev *lo);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_LOOPBACK_NETDEV_H */
