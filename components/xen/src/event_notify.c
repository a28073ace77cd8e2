/* SPDX-License-Identifier: ISC */
/* A file of its own: the console notifies, and has no use for the rest of event channels. */

#include <atman/xen/event.h>

#include <atman/xen/hypercall.h>
#include <xen/event_channel.h>

at_status at_xen_event_notify(at_xen_port port)
{
    struct evtchn_send op = {.port = port};

    return at_xen_status(at_xen_event_channel_op(EVTCHNOP_send, &op));
}
