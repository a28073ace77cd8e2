/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_XENSTORE_CONTRACT_H
#define ATMAN_TESTING_XENSTORE_CONTRACT_H

/*
 * What a XenStore must do for the client to keep its promises: run against the fake on the host, and against the real
 * xenstored from a kernel on Xen, so that a fake that lies is caught.
 *
 * The cases write and remove nodes below `prefix`, which has to exist and to be the guest's to write ("data").
 */

#include <stddef.h>

#include <atman/testing/contract.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;

/* What each case gets as `env`. */
struct at_xenstore_contract_env {
    struct at_xenstore *xs;
    const char *prefix; /* relative, at most 40 characters */

    /* Of dom0's, readable: AT_XENSTORE_CONTRACT_NAMES children whose names begin with AT_XENSTORE_CONTRACT_NAME. */
    const char *long_directory;
};

#define AT_XENSTORE_CONTRACT_NAMES 70
#define AT_XENSTORE_CONTRACT_NAME "a-name-of-sixty-letters-and-more-of-which-not-many-make-a-node"

extern const struct at_contract_case at_xenstore_contract_cases[];
extern const size_t at_xenstore_contract_count;

/* Forgets the guest's watches: to be run when it has none. */
extern const struct at_contract_case at_xenstore_more_contract_cases[];
extern const size_t at_xenstore_more_contract_count;

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_XENSTORE_CONTRACT_H */
