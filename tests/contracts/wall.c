/* SPDX-License-Identifier: ISC */
/* Waits until the host sets its clock, and says what the wall clock shows then. */

#include <atman/guest.h>
#include <atman/base/clock.h>
#include <atman/xen/clock.h>
#include <atman/xen/event.h>

#include <stdio.h>

#define MILLISECOND UINT64_C(1000000)

int main(void)
{
    struct at_xen_events *events = at_guest_events();
    const shared_info_t *shared = events->shared;
    uint32_t version = at_xen_clock_wall_version(shared);
    uint64_t end_ns = at_clock_after(at_xen_clock_read(shared), 30000 * MILLISECOND), now_ns;
    struct at_xen_wall_time wall;

    puts("waiting");
    do {
        now_ns = at_xen_clock_read(shared);
        at_xen_events_wait(events, now_ns + 20 * MILLISECOND);
    } while (at_xen_clock_wall_version(shared) == version && now_ns < end_ns);
    at_xen_clock_wall(shared, &wall);
    printf("wall clock at %llu\n", (unsigned long long)wall.seconds);
    return at_xen_clock_wall_version(shared) == version;
}
