/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_SCHED_CONTRACT_H
#define ATMAN_TESTING_SCHED_CONTRACT_H

/*
 * What a scheduler and the platform under it must do together, on any platform: the fake one under GoogleTest, Xen in
 * a kernel. Times are short, a few milliseconds in all, and are checked for being too early only, never for being
 * late.
 */

#include <stddef.h>

#include <atman/sched/thread.h>
#include <atman/testing/contract.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The environment of the cases. The caller of a case must be the thread "main" of `sched`, alone in it. */
struct at_sched_contract_env {
    struct at_sched *sched;
};

/*
 * at_sched_contract returns the cases and stores how many there are in `*count`. Each leaves the scheduler as it
 * found it.
 */
const struct at_contract_case *at_sched_contract(size_t *count);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_SCHED_CONTRACT_H */
