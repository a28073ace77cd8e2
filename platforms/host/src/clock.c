/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE

#include <atman/base/clock.h>
#include <atman/host/seams.h>

#include <stddef.h>
#include <time.h>

static at_host_clock_fn redirected_to;
static void *redirected_ctx;

void at_host_clock_redirect(at_host_clock_fn fn, void *ctx)
{
    redirected_to = fn;
    redirected_ctx = ctx;
}

uint64_t at_clock_now_ns(void)
{
    struct timespec now;

    if (redirected_to != NULL)
        return redirected_to(redirected_ctx);
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
