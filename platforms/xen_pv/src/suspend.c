/* SPDX-License-Identifier: ISC */
/*
 * Suspending the guest. What the toolstack wants of a PV guest before it stops: no page table maps a frame that is not
 * the domain's own, and the start info page names its rings by page number. What it does while the guest stands still:
 * write every frame's new number into page tables, p2m and the start info page. So everything that lies in memory is
 * where it was, and only what was Xen's or another domain's has to be found again.
 */

#include <atman/base/bits.h>
#include <atman/base/clock.h>
#include <atman/guest.h>
#include <atman/guest_suspend.h>
#include <atman/xen/console.h>
#include <atman/xen/domain.h>
#include <atman/xen/event.h>
#include <atman/xen/hypercall.h>
#include <atman/xenstore/restore.h>
#include <atman/xenstore/xenstore.h>

#include "internal.h"
#include "suspend.h"

/* The start info page where it can be written. It was the builder's to write, and is the toolstack's now. */
static start_info_t *start_info(void)
{
    return at_xen_pv_direct(((uintptr_t)at_xen_pv_start_info - at_xen_pv_direct_base) >> AT_XEN_PV_PAGE_SHIFT);
}

static void map_shared_info(uint64_t entry)
{
    if (at_xen_update_va_mapping((uintptr_t)&at_xen_pv_shared_info, entry, UVMF_INVLPG | UVMF_LOCAL) != 0)
        at_panic("Xen does not map the shared info page");
}

/* Stops. Returns what at_xen_domain_suspend() returned. In between nothing may look at shared_info, nor at a clock. */
static at_status stop(void)
{
    start_info_t *info = start_info();
    start_info_t before = *info;
    at_status status;

    info->store_mfn = at_xen_pv_pfn_of_frame(before.store_mfn);
    info->console.domU.mfn = at_xen_pv_pfn_of_frame(before.console.domU.mfn);
    at_xen_pv_grants_unmap();
    map_shared_info(0);
    status = at_xen_domain_suspend(at_xen_pv_frame_of(info));
    if (status != AT_OK) {
        info->store_mfn = before.store_mfn;
        info->console.domU.mfn = before.console.domU.mfn;
    }
    info->nr_pages = before.nr_pages; /* the toolstack counts from the highest page that has memory */
    map_shared_info(info->shared_info | AT_XEN_PV_PTE_RW);
    at_xen_pv_grants_map();
    return status;
}

/* Another domain: ports, grants, the clock and the rings' other ends are new. `before` is of the old one. */
static void begin_anew(const start_info_t *before, uint64_t now_ns)
{
    const struct at_xen_port_move moves[] = {
        {before->store_evtchn, at_xen_pv_start_info->store_evtchn},
        {before->console.domU.evtchn, at_xen_pv_start_info->console.domU.evtchn},
    };

    at_xen_events_restored(at_guest_events(), moves, AT_COUNT_OF(moves), at_xen_pv_clock_continue(now_ns));
    at_xen_console_restored(at_guest_console(), at_xen_pv_start_info->console.domU.evtchn);
    at_xen_pv_grants_restored();
    at_xenstore_restored(at_guest_xenstore());
    at_xen_pv_frame_list_publish();
}

struct at_lifecycle_hooks *at_guest_hooks(void)
{
    static struct at_lifecycle_hooks hooks;
    static int ready;

    if (!ready) {
        at_lifecycle_hooks_init(&hooks);
        at_xen_pv_frame_list_publish();
        ready = 1;
    }
    return &hooks;
}

/*
 * Lets all that was asked of XenStore be answered, while handlers run and no thread does: the hooks are at rest.
 * Returns AT_BUSY when there is a transaction open, for that is a thread's to end.
 */
static at_status settle(struct at_xenstore *xs, uint64_t deadline_ns)
{
    for (;;) {
        struct at_xenstore_stats stats;
        at_status status;

        at_xenstore_on_event(xs);
        if (at_xenstore_status(xs) != AT_OK)
            return at_xenstore_status(xs);
        at_xenstore_stats(xs, &stats);
        if (stats.outstanding == 0 && stats.transactions == 0)
            return AT_OK;
        if (at_clock_now_ns() >= deadline_ns)
            return AT_TIMED_OUT;
        if (stats.outstanding == 0)
            return AT_BUSY;
        status = at_xen_events_wait(at_guest_events(), deadline_ns);
        if (status != AT_OK)
            return status;
    }
}

/* Has the hooks and XenStore come to rest, after which nobody runs. After any other answer the hooks are as before. */
static at_status come_to_rest(struct at_lifecycle_hooks *hooks, uint64_t deadline_ns)
{
    struct at_xenstore *xs = at_guest_xenstore();
    at_status status;

    for (;;) {
        status = at_lifecycle_hooks_suspend(hooks, NULL, deadline_ns);
        if (status != AT_OK)
            return status;
        at_xen_pv_console_drain(); /* the last domain's console is another file for some */
        status = settle(xs, deadline_ns);
        if (status == AT_OK)
            return AT_OK;
        at_lifecycle_hooks_resume(hooks, AT_LIFECYCLE_CANCELLED);
        if (status == AT_BUSY)
            status = at_xenstore_rest(xs, deadline_ns);
        if (status != AT_OK)
            return status;
    }
}

at_status at_guest_suspend(enum at_lifecycle_resumption *how, uint64_t timeout_ns)
{
    struct at_lifecycle_hooks *hooks = at_guest_hooks();
    uint64_t deadline_ns = at_clock_after(at_clock_now_ns(), timeout_ns), now_ns;
    start_info_t before;
    at_status status;

    if (at_xen_pv_grants_too_many())
        return AT_UNSUPPORTED;
    status = come_to_rest(hooks, deadline_ns);
    if (status != AT_OK)
        return status;
    now_ns = at_clock_now_ns();
    before = *at_xen_pv_start_info;
    *how = AT_LIFECYCLE_CANCELLED;
    status = stop();
    if (status == AT_OK) {
        *how = AT_LIFECYCLE_RESTORED;
        begin_anew(&before, now_ns);
    }
    at_lifecycle_hooks_resume(hooks, *how);
    if (status != AT_OK)
        return status == AT_CANCELLED ? AT_OK : status;
    deadline_ns = at_clock_after(at_clock_now_ns(), timeout_ns);
    /* Who is not told of changes any more, or does not find its other end, says so itself. */
    (void)at_xenstore_rewatch(at_guest_xenstore(), deadline_ns);
    (void)at_lifecycle_hooks_reconnect(hooks, deadline_ns);
    return AT_OK;
}
