/* SPDX-License-Identifier: ISC */
/* Xen's watchdog, fed by a timer of the scheduler: where no timer runs any more, the guest stands still. */

#include <atman/base/clock.h>
#include <atman/base/panic.h>
#include <atman/guest.h>
#include <atman/sched/thread.h>
#include <atman/sched/timer.h>
#include <atman/xen/watchdog.h>

#define SECOND 1000000000ull

static struct at_xen_watchdog watchdog;
static uint32_t patience_s;

static void feed(struct at_sched_timer *timer)
{
    at_status status = at_xen_watchdog_feed(&watchdog, patience_s);

    if (status != AT_OK) { /* a domain that was restored has none yet */
        watchdog.id = 0;
        status = at_xen_watchdog_feed(&watchdog, patience_s);
    }
    if (status != AT_OK)
        at_panic("Xen has no watchdog for this guest");
    /* Twice as often as it must be: a timer runs late where threads have much to do. */
    at_sched_timer_start(at_sched_timers(at_guest_sched()), timer, at_clock_now_ns() + patience_s * SECOND / 2, feed);
}

void at_guest_watchdog(uint32_t seconds)
{
    static struct at_sched_timer timer;

    patience_s = seconds;
    feed(&timer);
}
