/* SPDX-License-Identifier: ISC */
/* The contract of sched with Xen's clock, SCHEDOP_poll and guarded stacks under it. */

#include <atman/guest.h>
#include <atman/testing/sched_contract.h>

#include "runner.h"

int main(void)
{
    struct at_sched_contract_env env = {.sched = at_guest_sched()};
    size_t count;
    const struct at_contract_case *cases = at_sched_contract(&count);

    return (int)run_contract(cases, count, &env);
}
