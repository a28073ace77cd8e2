/* SPDX-License-Identifier: ISC */
#include <atman/xen/clock.h>

__extension__ typedef unsigned __int128 wide;

#define NS_PER_SECOND 1000000000u

uint64_t at_xen_clock_scale(uint64_t ticks, uint32_t mul, int shift)
{
    return (uint64_t)(((wide)ticks * mul) >> (32 - shift));
}

/* Xen writes an odd version, the values, and an even one: values between two equal, even versions belong together. */
uint64_t at_xen_clock_read(const shared_info_t *shared)
{
    const volatile struct vcpu_time_info *time = &shared->vcpu_info[0].time;
    uint64_t tsc, since, system_ns;
    uint32_t version, mul;
    int shift;

    do {
        version = time->version & ~1u; /* an odd one cannot match below */
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        since = time->tsc_timestamp;
        system_ns = time->system_time;
        mul = time->tsc_to_system_mul;
        shift = time->tsc_shift;
        tsc = __builtin_ia32_rdtsc();
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (time->version != version);
    /*
     * As a signed distance: RDTSC may execute before the loads, across an update; and where Xen emulates it, the stamp
     * of a domain younger than Xen's last update is before its TSC was 0.
     */
    if ((int64_t)(tsc - since) <= 0)
        return system_ns;
    return system_ns + at_xen_clock_scale(tsc - since, mul, shift);
}

void at_xen_clock_init(struct at_xen_clock *clock, const shared_info_t *shared)
{
    clock->shared = shared;
    clock->last_ns = 0;
    clock->offset_ns = 0;
}

void at_xen_clock_continue(struct at_xen_clock *clock, uint64_t now_ns)
{
    clock->offset_ns = now_ns - at_xen_clock_read(clock->shared);
    clock->last_ns = now_ns;
}

uint64_t at_xen_clock_now(struct at_xen_clock *clock)
{
    uint64_t now_ns = at_xen_clock_read(clock->shared) + clock->offset_ns;

    if (now_ns > clock->last_ns)
        clock->last_ns = now_ns;
    return clock->last_ns;
}

/* What Xen keeps is the wall clock's time at system time 0. */
void at_xen_clock_wall(const shared_info_t *shared, struct at_xen_wall_time *wall)
{
    const volatile shared_info_t *info = shared;
    uint32_t version, high, low, nanoseconds;
    uint64_t ns;

    do {
        version = info->wc_version & ~1u;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        high = info->wc_sec_hi;
        low = info->wc_sec;
        nanoseconds = info->wc_nsec;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (info->wc_version != version);
    ns = at_xen_clock_read(shared) + nanoseconds;
    wall->seconds = ((uint64_t)high << 32) + low + ns / NS_PER_SECOND;
    wall->nanoseconds = (uint32_t)(ns % NS_PER_SECOND);
}
