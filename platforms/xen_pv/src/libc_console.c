/* SPDX-License-Identifier: ISC */
/* The seam under standard input: lines from the domain's console. */

#include <atman/base/panic.h>
#include <atman/guest.h>
#include <atman/libc/console.h>
#include <atman/xen/console_line.h>

static void typed(void *ctx)
{
    (void)ctx;
    at_libc_console_changed();
}

at_status at_libc_console_read(char *text, size_t *got, size_t size)
{
    static struct at_xen_console_line line;
    at_status status;

    if (line.console == NULL) { /* not before: a guest that reads nothing is not woken by what is typed */
        line.console = at_guest_console();
        if (at_xen_console_listen(line.console, at_guest_events(), typed, NULL) != AT_OK)
            at_panic("no event channel is left for reading the console");
    }
    status = at_xen_console_line_read(&line, text, got, size);
    return status == AT_OK || status == AT_AGAIN ? status : AT_CLOSED;
}
