/* SPDX-License-Identifier: ISC */
/* Clocks and sleeping. There is one monotonic clock and one wall clock, whatever their names. */

#include <errno.h>
#include <stddef.h>
#include <time.h>

#include <atman/base/clock.h>
#include <atman/libc/thread.h>

#include "ns.h"
#include "park.h"
#include "serve.h"

/* Stores in `*now_ns` what `clock` shows. Returns whether there is such a clock. Times of the CPU are not kept. */
static bool read_clock(uint64_t *now_ns, int clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE: *now_ns = at_clock_wall_ns(); return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: *now_ns = at_clock_now_ns(); return true;
    default: return false;
    }
}

long at_libc_sys_clock_gettime(int clock, struct timespec *now)
{
    uint64_t ns;
    if (!read_clock(&ns, clock)) {
        return -EINVAL;
    }
    *now = at_libc_timespec_of(ns);
    return 0;
}

long at_libc_sys_clock_getres(int clock, struct timespec *resolution)
{
    uint64_t ns;
    if (!read_clock(&ns, clock)) {
        return -EINVAL;
    }
    if (resolution != NULL) {
        *resolution = at_libc_timespec_of(1);
    }
    return 0;
}

long at_libc_sys_clock_nanosleep(int clock, int flags, const struct timespec *request, struct timespec *rest)
{
    struct at_libc_parked parked;
    uint64_t ns, now_ns;
    if (!read_clock(&now_ns, clock) || !at_libc_ns_of(&ns, request)) {
        return -EINVAL;
    }
    if (flags & TIMER_ABSTIME) {
        ns = ns > now_ns ? ns - now_ns : 0;
    }
    if (ns == 0) {
        at_libc_thread_yield();
        return 0;
    }
    uint64_t deadline_ns = at_clock_after(at_clock_now_ns(), ns);
    long result = at_libc_park(&parked, deadline_ns, "sleep");
    if (result == -ETIMEDOUT) {
        return 0;
    }
    if (rest != NULL && !(flags & TIMER_ABSTIME)) {
        now_ns = at_clock_now_ns();
        *rest = at_libc_timespec_of(deadline_ns > now_ns ? deadline_ns - now_ns : 0);
    }
    return result;
}
