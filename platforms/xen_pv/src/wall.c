/* SPDX-License-Identifier: ISC */
/* The wall clock seam on Xen's. */

#include <atman/base/clock.h>
#include <atman/xen/clock.h>

#include "internal.h"

uint64_t at_clock_wall_ns(void)
{
    struct at_xen_wall_time wall;

    at_xen_clock_wall(&at_xen_pv_shared_info, &wall);
    return wall.seconds * 1000000000u + wall.nanoseconds;
}
