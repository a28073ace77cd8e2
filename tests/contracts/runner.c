/* SPDX-License-Identifier: ISC */
#include "runner.h"

#include <atman/base/console.h>

static void write_line(void *ctx, const char *text, size_t size)
{
    (void)ctx;
    at_console_write(text, size);
}

unsigned run_contract(const struct at_contract_case *cases, size_t count, void *env)
{
    const struct at_contract_sink sink = {.write = write_line};

    return at_contract_run(cases, count, env, &sink);
}
