/* SPDX-License-Identifier: ISC */
/* A domain that was restored is another domain: what this component's parts held of Xen's is gone. */

#include <atman/xen/console.h>
#include <atman/xen/event.h>
#include <atman/xen/grant.h>

#include <string.h>

/* Where `port` has gone; 0 when it is no more. */
static at_xen_port moved(at_xen_port port, const struct at_xen_port_move *moves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (moves[i].from == port)
            return moves[i].to;
    }
    return 0;
}

void at_xen_events_restored(struct at_xen_events *events, const struct at_xen_port_move *moves, size_t count,
                            const struct at_xen_clock *clock)
{
    if (clock != NULL)
        events->clock = *clock;
    events->shared->vcpu_info[0].evtchn_upcall_mask = 1;
    memset(events->shared->evtchn_mask, 0xff, sizeof events->shared->evtchn_mask);
    for (uint32_t i = 0; i < events->used; i++) {
        if (events->slots[i].port != 0)
            events->slots[i].port = moved(events->slots[i].port, moves, count);
    }
}

void at_xen_grants_restored(struct at_xen_grants *grants)
{
    grants->frontier = GNTTAB_NR_RESERVED_ENTRIES;
    grants->free = 0;
    grants->live = 0;
}

void at_xen_console_restored(struct at_xen_console *console, at_xen_port port)
{
    console->port = port;
}
