/* SPDX-License-Identifier: ISC */
#include "internal.h"

#include <atman/xen/hypercall.h>
#include <xen/event_channel.h>
#include <xen/sched.h>

long at_xen_poll(const at_xen_port *ports, unsigned count, uint64_t deadline_ns)
{
    struct sched_poll poll = {.nr_ports = count, .timeout = deadline_ns};

    set_xen_guest_handle(poll.ports, (at_xen_port *)ports);
    if (deadline_ns > INT64_MAX)
        poll.timeout = 0; /* Xen's word for never; its own times are signed */
    return at_xen_sched_op(SCHEDOP_poll, &poll);
}
