/* SPDX-License-Identifier: ISC */
/* The seam under standard input: lines from the domain's console. */

#include <atman/base/panic.h>
#include <atman/guest.h>
#include <atman/libc/console.h>
#include <atman/xen/console_line.h>
#include <atman/xen/event.h>

static void typed(void *ctx)
{
    (void)ctx;
    at_libc_console_changed();
}

/* Lets typed() run when there is input, from the first read on: a guest that reads nothing is not woken by it. */
static void listen(struct at_xen_console *console)
{
    struct at_xen_events *events = at_guest_events();

    if (at_xen_event_adopt(events, console->port) == AT_NO_SPACE)
        at_panic("no event channel is left for reading the console");
    at_xen_event_handle(events, console->port, typed, NULL); /* whoever had adopted it has lost it: stdin is one */
}

at_status at_libc_console_read(char *text, size_t *got, size_t size)
{
    static struct at_xen_console_line line;
    at_status status;

    if (line.console == NULL) {
        line.console = at_guest_console();
        listen(line.console);
    }
    status = at_xen_console_line_read(&line, text, got, size);
    return status == AT_OK || status == AT_AGAIN ? status : AT_CLOSED;
}
