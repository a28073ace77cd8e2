/* SPDX-License-Identifier: ISC */
/* The clock seam on Xen's system time. */

#include <atman/base/clock.h>
#include <atman/xen/clock.h>

#include "internal.h"

uint64_t at_clock_now_ns(void)
{
    static struct at_xen_clock clock;

    clock.shared = &at_xen_pv_shared_info;
    return at_xen_clock_now(&clock);
}
