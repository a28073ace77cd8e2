/* SPDX-License-Identifier: ISC */
#include <atman/guest.h>
#include <atman/xen/event.h>
#include <atman/xenstore/xenstore.h>

#include "internal.h"

static void notify(void *ctx)
{
    (void)ctx;
    at_xen_event_notify(at_xen_pv_start_info->store_evtchn);
}

static void on_event(void *ctx)
{
    at_xenstore_on_event(ctx);
}

struct at_xenstore *at_guest_xenstore(void)
{
    static struct at_xenstore xenstore;
    at_xen_port port = at_xen_pv_start_info->store_evtchn;

    if (xenstore.config.ring == NULL) {
        const struct at_xenstore_config config = {
            .ring = at_xen_pv_direct(at_xen_pv_pfn_of_frame(at_xen_pv_start_info->store_mfn)),
            .notify = notify,
            .wait = at_guest_wait(),
        };

        at_xenstore_init(&xenstore, &config);
        if (at_xen_event_adopt(at_guest_events(), port) != AT_OK)
            at_panic("no event channel to XenStore");
        at_xen_event_handle(at_guest_events(), port, on_event, &xenstore);
    }
    return &xenstore;
}
