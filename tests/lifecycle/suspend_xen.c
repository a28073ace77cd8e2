/* SPDX-License-Identifier: ISC */
/*
 * What of Xen the platform does not use, kept over a restore: a guest whose grant table has grown, that has used
 * version 2 of it and switched to FIFO event channels, is saved so. Afterwards it is a domain with none of that, and
 * asks for all of it again: the contracts hold as they did before.
 */

#include <stdio.h>

#include <atman/guest.h>
#include <atman/guest_suspend.h>
#include <atman/lifecycle/lifecycle.h>

#include "tests/contracts/runner.h"
#include "tests/contracts/xen_env.h"

#define SECOND 1000000000u

static struct at_lifecycle lifecycle;

/* Last the FIFO channels: the platform's events are not found any more, until the guest is restored. */
static unsigned run(struct at_xen_contract_env *env)
{
    return run_contract(at_xen_grant_table_contract, at_xen_grant_table_contract_count, env) +
           run_contract(at_xen_fifo_contract, at_xen_fifo_contract_count, env);
}

int main(void)
{
    struct at_wait wait = at_guest_wait();
    struct at_xen_contract_env env;
    enum at_lifecycle_resumption how;
    at_status status;

    at_guest_hooks();
    if (!xen_env_make(&env) ||
        at_lifecycle_start(&lifecycle, at_guest_xenstore(), wait, at_wait_now(wait) + SECOND) != AT_OK)
        return 1;
    puts("ready");
    while (at_lifecycle_requested(&lifecycle) != AT_LIFECYCLE_SUSPEND)
        (void)at_wait_sleep(wait, at_wait_now(wait) + SECOND);
    at_lifecycle_clear(&lifecycle);
    printf("before: %u failed\n", run(&env));
    status = at_guest_suspend(&how, 5ull * SECOND);
    if (status != AT_OK || how != AT_LIFECYCLE_RESTORED || !xen_env_renew(&env)) {
        printf("not restored: %s\n", at_status_name(status));
        return 1;
    }
    printf("restored: %u failed\n", run(&env));
    return 0;
}
