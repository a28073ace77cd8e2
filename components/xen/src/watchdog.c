/* SPDX-License-Identifier: ISC */
#include <atman/xen/watchdog.h>

#include <atman/xen/hypercall.h>
#include <xen/sched.h>

at_status at_xen_watchdog_feed(struct at_xen_watchdog *watchdog, uint32_t seconds)
{
    struct sched_watchdog op = {.id = watchdog->id, .timeout = seconds};
    long result;

    if (seconds == 0)
        return AT_INVALID; /* which Xen would take for the end of it */
    result = at_xen_sched_op(SCHEDOP_watchdog, &op);
    if (result < 0)
        return at_xen_status(result);
    if (watchdog->id == 0)
        watchdog->id = (uint32_t)result;
    return AT_OK;
}

at_status at_xen_watchdog_stop(struct at_xen_watchdog *watchdog)
{
    struct sched_watchdog op = {.id = watchdog->id, .timeout = 0};
    long result = watchdog->id == 0 ? 0 : at_xen_sched_op(SCHEDOP_watchdog, &op);

    if (result == 0)
        watchdog->id = 0;
    return at_xen_status(result);
}
