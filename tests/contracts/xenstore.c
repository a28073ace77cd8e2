/* SPDX-License-Identifier: ISC */
/* The contract of xenstore against the real xenstored. */

#include <atman/guest.h>
#include <atman/testing/xenstore_contract.h>

#include "runner.h"

int main(void)
{
    struct at_xenstore_contract_env env = {.xs = at_guest_xenstore(), .prefix = "data", .long_directory = "/tool/many"};

    return (int)(run_contract(at_xenstore_more_contract_cases, at_xenstore_more_contract_count, &env) +
                 run_contract(at_xenstore_contract_cases, at_xenstore_contract_count, &env));
}
