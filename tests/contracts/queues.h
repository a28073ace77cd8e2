/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTS_CONTRACTS_QUEUES_H
#define ATMAN_TESTS_CONTRACTS_QUEUES_H

/* What two devices of several queues with split channels keep, on one bridge with Linux's netback. */

#include <atman/netfront/queues.h>
#include <atman/testing/netdev_contract.h>

#define QUEUES 2u

struct queues_env {
    struct at_netdev_contract_env contract; /* dev is `sender`, arrival is `receiver` */
    const struct at_netfront_queues *sender, *receiver;
};

/* The cases; `env` is a struct queues_env. */
extern const struct at_contract_case queues_cases[];
extern const size_t queues_case_count;

#endif /* ATMAN_TESTS_CONTRACTS_QUEUES_H */
