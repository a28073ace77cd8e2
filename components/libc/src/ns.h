/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_NS_H
#define ATMAN_LIBC_NS_H

/* Times of <time.h> and the kit's. */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define AT_LIBC_NS_PER_S UINT64_C(1000000000)

/*
 * at_libc_ns_of stores `time` in nanoseconds in `*ns`, UINT64_MAX when it is longer than that. Returns whether it is a
 * time: not negative, less than 10^9 ns beside the seconds.
 */
static inline bool at_libc_ns_of(uint64_t *ns, const struct timespec *time)
{
    if (time->tv_sec < 0 || time->tv_nsec < 0 || (uint64_t)time->tv_nsec >= AT_LIBC_NS_PER_S) {
        return false;
    }
    if (__builtin_mul_overflow((uint64_t)time->tv_sec, AT_LIBC_NS_PER_S, ns) ||
        __builtin_add_overflow(*ns, (uint64_t)time->tv_nsec, ns)) {
        *ns = UINT64_MAX;
    }
    return true;
}

/* at_libc_timespec_of is the other way round. */
static inline struct timespec at_libc_timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / AT_LIBC_NS_PER_S), .tv_nsec = (long)(ns % AT_LIBC_NS_PER_S)};
}

#endif /* ATMAN_LIBC_NS_H */
