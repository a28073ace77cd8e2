/* SPDX-License-Identifier: ISC */
/* The contracts of xen against the hypervisor that the fake Xen is a model of. */

#include <stdio.h>

#include "runner.h"
#include "xen_env.h"

int main(void)
{
    struct at_xen_contract_env env;
    unsigned failed;

    if (!xen_env_make(&env)) {
        puts("FAIL Setup a page, a window and the domain's number could not be had");
        return 1;
    }
    failed = run_contract(at_xen_event_contract, at_xen_event_contract_count, &env) +
             run_contract(at_xen_clock_contract, at_xen_clock_contract_count, &env) +
             run_contract(at_xen_vcpu_contract, at_xen_vcpu_contract_count, &env) +
             run_contract(at_xen_grant_contract, at_xen_grant_contract_count, &env) +
             run_contract(at_xen_mapping_contract, at_xen_mapping_contract_count, &env) +
             run_contract(at_xen_grant_table_contract, at_xen_grant_table_contract_count, &env) +
             run_contract(at_xen_console_contract, at_xen_console_contract_count, &env);
    /* Last: XenStore's port is not waited for any more. */
    failed += run_contract(at_xen_fifo_contract, at_xen_fifo_contract_count, &env);
    return (int)failed;
}
