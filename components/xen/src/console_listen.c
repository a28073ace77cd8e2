/* SPDX-License-Identifier: ISC */
/* A file of its own: a console that is only written to needs no events. */

#include <atman/xen/console.h>

at_status at_xen_console_listen(struct at_xen_console *console, struct at_xen_events *events, at_xen_event_fn fn,
                                void *ctx)
{
    at_status status = at_xen_event_adopt(events, console->port);

    if (status != AT_OK && status != AT_EXISTS)
        return status;
    return at_xen_event_handle(events, console->port, fn, ctx);
}
