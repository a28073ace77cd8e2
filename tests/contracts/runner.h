/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTS_CONTRACTS_RUNNER_H
#define ATMAN_TESTS_CONTRACTS_RUNNER_H

/* What the contract kernels have in common: reporting on the guest's console. */

#include <atman/testing/contract.h>

/* run_contract reports each of `cases` on the console, as at_contract_run() says. Returns how many failed. */
unsigned run_contract(const struct at_contract_case *cases, size_t count, void *env);

#endif /* ATMAN_TESTS_CONTRACTS_RUNNER_H */
