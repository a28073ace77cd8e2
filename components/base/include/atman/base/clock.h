/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_BASE_CLOCK_H
#define ATMAN_BASE_CLOCK_H

/*
 * The monotonic clock, by which times and deadlines are told throughout the kit, and the wall clock.
 *
 * A time is nanoseconds since some fixed moment not after boot, in a uint64_t that lasts 584 years; it never runs
 * backwards and has nothing to do with the time of day. A deadline is such a time: a call that has one returns at or
 * soon after it. A deadline in the past, 0 included, means "do not wait".
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The deadline that never comes. */
#define AT_NEVER UINT64_MAX

/*
 * at_clock_now_ns returns the time now. Never blocks; may be called from anywhere. A seam: the platform defines it
 * (on xen_pv it is Xen's system time, on the host CLOCK_MONOTONIC or the fake Xen's virtual time).
 */
uint64_t at_clock_now_ns(void);

/*
 * at_clock_wall_ns returns the time of day: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. It steps,
 * either way, when somebody sets the host's clock: no deadline is told by it. Never blocks; may be called from
 * anywhere. A seam: the platform defines it (on xen_pv it is Xen's wall clock, on the host CLOCK_REALTIME).
 */
uint64_t at_clock_wall_ns(void);

/*
 * at_clock_after returns the deadline `delay_ns` after `now_ns`, or AT_NEVER when that lies beyond the end of time, so
 * that "in AT_NEVER nanoseconds" is never.
 */
static inline uint64_t at_clock_after(uint64_t now_ns, uint64_t delay_ns)
{
    return delay_ns > AT_NEVER - now_ns ? AT_NEVER : now_ns + delay_ns;
}

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_BASE_CLOCK_H */
