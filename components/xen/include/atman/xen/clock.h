/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_CLOCK_H
#define ATMAN_XEN_CLOCK_H

/*
 * Time, from what Xen publishes in shared_info: no hypercall, one RDTSC.
 *
 * The monotonic clock is Xen's system time in nanoseconds (since the hypervisor booted, not the guest), so a deadline
 * on it goes to SCHEDOP_poll unchanged, until the domain was restored: at_xen_clock_continue(). The wall clock is that
 * time plus the offset Xen keeps for the domain; it jumps when the host sets its clock. Both are vcpu 0's.
 *
 * RDTSC is free with tsc_mode="native" and costs a trap of about 1,200 instructions where Xen emulates it: read the
 * clock once per batch of work, not once per packet.
 *
 * Source: struct vcpu_time_info and struct shared_info in <xen/xen.h>. Xen is trusted to finish an update it began.
 */

#include <atman/base/status.h>
#include <atman/xen/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A clock that never steps back. at_xen_clock_init() it; the members are the clock's own. */
struct at_xen_clock {
    const shared_info_t *shared;
    uint64_t last_ns;
    uint64_t offset_ns; /* to Xen's system time, modulo 2^64: 0 until the domain was restored */
};

/* The wall clock: seconds since 1970-01-01T00:00:00Z without leap seconds, and nanoseconds below 10^9. */
struct at_xen_wall_time {
    uint64_t seconds;
    uint32_t nanoseconds;
};

/* at_xen_clock_init binds `clock` to `shared`, which must stay mapped as long as the clock is used. */
void at_xen_clock_init(struct at_xen_clock *clock, const shared_info_t *shared);

/*
 * at_xen_clock_now returns the monotonic time in ns: never less than it returned before, although Xen's own figure can
 * step back by microseconds when Xen recalibrates or moves the vcpu. Never blocks, cannot fail.
 */
uint64_t at_xen_clock_now(struct at_xen_clock *clock);

/*
 * at_xen_clock_continue makes the clock show `now_ns` now and go on from there: for a domain that was saved, and
 * restored on a host whose system time is another. The time in between does not count.
 */
void at_xen_clock_continue(struct at_xen_clock *clock, uint64_t now_ns);

/* at_xen_clock_read returns Xen's system time in ns as it is, without that guarantee and without state. */
uint64_t at_xen_clock_read(const shared_info_t *shared);

/*
 * at_xen_clock_scale converts `ticks` of the TSC into ns: ticks * mul * 2^shift / 2^32 rounded down, exact whatever the
 * size of the product, modulo 2^64 ns. `shift` is -31..31. Pure.
 */
uint64_t at_xen_clock_scale(uint64_t ticks, uint32_t mul, int shift);

/* at_xen_clock_wall stores the wall clock's time in `*wall`. Never blocks, cannot fail; it may step either way. */
void at_xen_clock_wall(const shared_info_t *shared, struct at_xen_wall_time *wall);

/*
 * at_xen_clock_wall_version returns a number that changes whenever the host sets its clock, and with it the domain's
 * wall clock: whoever keeps a difference between the clocks compares it, and reads the wall clock again if it is
 * another. Odd while Xen writes. Never blocks.
 */
static inline uint32_t at_xen_clock_wall_version(const shared_info_t *shared)
{
    return __atomic_load_n(&shared->wc_version, __ATOMIC_ACQUIRE);
}

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_CLOCK_H */
