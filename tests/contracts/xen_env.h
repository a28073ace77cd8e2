/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTS_CONTRACTS_XEN_ENV_H
#define ATMAN_TESTS_CONTRACTS_XEN_ENV_H

/* What the contracts of xen are given in a kernel. */

#include <atman/testing/xen_contract.h>

/* xen_env_make takes what the contracts need, for good. Returns 0 if something could not be had. */
int xen_env_make(struct at_xen_contract_env *env);

/* xen_env_renew makes it that of the domain that the guest is now: to be called after it was restored. Returns as
 * above. */
int xen_env_renew(struct at_xen_contract_env *env);

#endif /* ATMAN_TESTS_CONTRACTS_XEN_ENV_H */
