/* SPDX-License-Identifier: ISC */
/* A console that somebody reads. */

#include <atman/testing/xen_contract.h>

#include <atman/base/bits.h>
#include <atman/xen/clock.h>

#define PATIENCE_NS UINT64_C(10000000000)

static void what_is_written_is_taken(struct at_contract *t, void *ctx)
{
    static const char line[] = "console contract: one line\n";
    struct at_xen_contract_env *env = ctx;

    AT_CHECK_EQ(t, at_xen_console_write(env->console, line, sizeof line - 1), AT_OK);
    AT_CHECK_EQ(t, at_xen_console_flush(env->console, at_xen_clock_read(env->shared) + PATIENCE_NS), AT_OK);
    AT_CHECK_EQ(t, env->console->ring->out_cons, env->console->ring->out_prod);
    AT_CHECK_EQ(t, env->console->dropped, 0);
}

/* Three rings' worth in one write. */
static void a_write_may_exceed_the_ring(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    char text[3 * sizeof env->console->ring->out];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 64 == 63 ? '\n' : '.';
    AT_CHECK_EQ(t, at_xen_console_write(env->console, text, sizeof text), AT_OK);
    AT_CHECK_EQ(t, at_xen_console_flush(env->console, at_xen_clock_read(env->shared) + PATIENCE_NS), AT_OK);
    AT_CHECK_EQ(t, env->console->dropped, 0);
}

static void reading_does_not_block(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    char text[8];
    size_t got = 99;

    AT_CHECK_EQ(t, at_xen_console_read(env->console, text, &got, sizeof text), AT_OK);
    AT_CHECK_EQ(t, got, 0);
}

const struct at_contract_case at_xen_console_contract[] = {
    {"WhatIsWrittenIsTaken", what_is_written_is_taken},
    {"AWriteMayExceedTheRing", a_write_may_exceed_the_ring},
    {"ReadingDoesNotBlock", reading_does_not_block},
};
const size_t at_xen_console_contract_count = AT_COUNT_OF(at_xen_console_contract);
