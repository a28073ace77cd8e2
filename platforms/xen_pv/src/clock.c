/* SPDX-License-Identifier: ISC */
/* The clock seam on Xen's system time. */

#include <atman/base/clock.h>
#include <atman/xen/clock.h>

#include "internal.h"
#include "suspend.h"

static struct at_xen_clock clock;

uint64_t at_clock_now_ns(void)
{
    clock.shared = &at_xen_pv_shared_info;
    return at_xen_clock_now(&clock);
}

const struct at_xen_clock *at_xen_pv_clock_continue(uint64_t now_ns)
{
    at_xen_clock_continue(&clock, now_ns);
    return &clock;
}
