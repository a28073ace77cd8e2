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

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t at_clock_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint64_t at_clock_now_ns(void)
{
    if (redirected_to != NULL)
        return redirected_to(redirected_ctx);
    return read_clock(CLOCK_MONOTONIC);
}
