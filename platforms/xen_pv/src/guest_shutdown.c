/* SPDX-License-Identifier: ISC */
/* The thread that waits to be asked, and the one in which hooks may take their time. */

#include <atman/guest_shutdown.h>

#include <stdbool.h>
#include <stdlib.h>

#include <atman/base/clock.h>
#include <atman/base/console.h>
#include <atman/base/panic.h>
#include <atman/guest.h>
#include <atman/lifecycle/features.h>
#include <atman/lifecycle/hooks.h>
#include <atman/lifecycle/lifecycle.h>
#include <atman/sched/thread.h>
#include <atman/sched/wait.h>

#define PATIENCE_NS 5000000000u /* with XenStore, at the start */

static struct {
    struct at_lifecycle_hooks *hooks;
    uint64_t grace_ns;
    uint64_t deadline_ns; /* of the hooks */
    bool hooks_returned;
    struct at_lifecycle lifecycle;
    struct at_sched_wait_queue asked, returned;
} shutdown;

static void start_thread(const char *name, at_sched_thread_fn function)
{
    struct at_sched_thread *thread;

    if (at_sched_thread_create(at_guest_sched(), &thread, name, function, NULL, 0) != AT_OK)
        at_panic("no memory for the thread that shuts the guest down");
    at_sched_thread_detach(thread);
}

static void *call_hooks(void *unused)
{
    (void)at_lifecycle_hooks_end(shutdown.hooks, at_guest_wait(), shutdown.deadline_ns);
    shutdown.hooks_returned = true;
    at_sched_wake_one(&shutdown.returned);
    return unused;
}

static void end_services(void)
{
    static const char late[] = "shutdown: a hook did not return in time\n";
    at_status status = AT_OK;

    if (shutdown.hooks == NULL)
        return;
    shutdown.deadline_ns = at_clock_after(at_wait_now(at_guest_wait()), shutdown.grace_ns);
    start_thread("shutdown hooks", call_hooks);
    while (!shutdown.hooks_returned && status == AT_OK)
        status = at_sched_wait(&shutdown.returned, shutdown.deadline_ns);
    if (!shutdown.hooks_returned)
        at_console_write(late, sizeof(late) - 1);
}

static void *await_request(void *unused)
{
    struct at_wait wait = at_sched_wait_queue_waiter(&shutdown.asked);

    (void)unused;
    for (;;) {
        switch (at_lifecycle_requested(&shutdown.lifecycle)) {
        case AT_LIFECYCLE_NONE: (void)at_wait_sleep(wait, AT_NEVER); break;
        case AT_LIFECYCLE_SUSPEND: at_lifecycle_clear(&shutdown.lifecycle); break;
        case AT_LIFECYCLE_REBOOT: end_services(); at_guest_reboot();
        case AT_LIFECYCLE_CRASH: at_panic("the toolstack asked for a crash");
        case AT_LIFECYCLE_POWEROFF:
        case AT_LIFECYCLE_HALT: end_services(); exit(0);
        }
    }
}

void at_guest_shutdown(struct at_lifecycle_hooks *hooks, uint64_t grace_ns)
{
    struct at_sched *sched = at_guest_sched();
    struct at_xenstore *xs = at_guest_xenstore();
    uint64_t deadline_ns = at_clock_after(at_wait_now(at_guest_wait()), PATIENCE_NS);

    shutdown.hooks = hooks;
    shutdown.grace_ns = grace_ns;
    at_sched_wait_queue_init(&shutdown.asked, sched, "to be shut down");
    at_sched_wait_queue_init(&shutdown.returned, sched, "shutdown hooks");
    if (at_lifecycle_start(&shutdown.lifecycle, xs, at_sched_wait_queue_waiter(&shutdown.asked), deadline_ns) != AT_OK)
        at_panic("XenStore does not say when to shut down");
    /* Where the toolstack made no such nodes, it does not look at them. */
    (void)at_lifecycle_advertise(xs, AT_LIFECYCLE_CAN_POWEROFF | AT_LIFECYCLE_CAN_REBOOT, deadline_ns);
    start_thread("shutdown", await_request);
}
