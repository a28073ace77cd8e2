/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_NETDEV_TESTING_FRAMES_H
#define ATMAN_NETDEV_TESTING_FRAMES_H

/* How the cases of the contract send and receive: frames.c to netdev_contract.c. */

#include <atman/testing/netdev_contract.h>

/* A received frame, copied out. */
struct contract_received {
    uint8_t data[4096 + 64];
    uint32_t size;
    uint32_t parts;
    uint16_t flags;
    uint16_t gso_size;
};

/* The latest time for an answer to what is done now. */
uint64_t contract_deadline(const struct at_netdev_contract_env *e);

/* Whether there is a device that frames arrive at. */
bool contract_arrives(const struct at_netdev_contract_env *e);

/* Writes a frame of `size` bytes whose body `seed` tells, and returns where. */
uint8_t *contract_fill(const struct at_netdev_contract_env *e, uint8_t *at, uint32_t size, uint8_t seed);

/* Whether it is that frame. */
bool contract_is_filled(const struct contract_received *frame, uint32_t size, uint8_t seed);

/* Sends, waiting for room if need be, and tells the peer. */
at_status contract_send(const struct at_netdev_contract_env *e, const struct at_netdev_frame *frame);

/* Sends one piece that is copied. */
at_status contract_send_one(const struct at_netdev_contract_env *e, uint32_t size, uint8_t seed);

/* Copies the first frame of these parts out. Returns how many parts it has. */
size_t contract_copy_out(struct contract_received *frame, const struct at_netdev_part *parts);

/*
 * Waits for frames, up to `want`, copies each out and releases it at once, or holds the parts in `held` if it is not
 * NULL. Frames of one part only are held. Returns how many came.
 */
size_t contract_receive(const struct at_netdev_contract_env *e, struct contract_received *frames, size_t want,
                        struct at_netdev_part *held);

/* Waits for so many cookies, each of which is the address of a counter that it counts up. Returns how many came. */
size_t contract_get_cookies(const struct at_netdev_contract_env *e, size_t want);

#endif /* ATMAN_NETDEV_TESTING_FRAMES_H */
