/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_NETDEV_CONTRACT_H
#define ATMAN_TESTING_NETDEV_CONTRACT_H

/*
 * The contract suite of <atman/netdev/netdev.h>: what every driver must do, for its tests on the host and for a kernel
 * on real Xen. Each case takes the device as the one before left it and gives back everything that it took.
 *
 * Misuse that ends the program is not in here: the driver's own tests have it, as death tests.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/netdev/netdev.h>
#include <atman/testing/contract.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AT_NETDEV_CONTRACT_MEMORY (24u * 4096)

/* What the cases run on. */
struct at_netdev_contract_env {
    struct at_netdev dev;

    /* AT_NETDEV_CONTRACT_MEMORY bytes, page-aligned, that frames are sent from: some that the driver shares, if any. */
    uint8_t *memory;

    /* Where every frame that `dev` sends arrives, unchanged and in order. ops NULL: nowhere. May be `dev` itself. */
    struct at_netdev arrival;

    /* At `arrival` other frames come in as well, of other types than these cases': they are passed over. */
    bool noisy;

    /* The latest time by which a peer that is asked now has answered. NULL: a peer answers at once, never wait. */
    uint64_t (*deadline_ns)(void *ctx);
    void *ctx;
};

/* The cases, for AtRegisterContract() and at_contract_run(); `env` is a struct at_netdev_contract_env. */
extern const struct at_contract_case at_netdev_contract[];
extern const size_t at_netdev_contract_count;

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_NETDEV_CONTRACT_H */
