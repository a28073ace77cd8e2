/* SPDX-License-Identifier: ISC */
#include <atman/guest.h>
#include <atman/xen/event.h>

#include "internal.h"

struct at_xen_events *at_guest_events(void)
{
    static struct at_xen_events events;

    if (events.shared == NULL)
        at_xen_events_init(&events, &at_xen_pv_shared_info);
    return &events;
}
