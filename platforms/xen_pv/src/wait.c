/* SPDX-License-Identifier: ISC */
/* Where whoever has to wait does so. A variable, so that a kernel without threads links no scheduler. */

#include "wait.h"

#include <atman/guest.h>
#include <atman/xen/event.h>

static struct at_wait wait;

void at_xen_pv_wait_in(struct at_wait place)
{
    wait = place;
}

struct at_wait at_guest_wait(void)
{
    if (wait.ops == NULL)
        wait = at_xen_events_waiter(at_guest_events());
    return wait;
}
