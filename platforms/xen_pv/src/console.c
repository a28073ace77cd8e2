/* SPDX-License-Identifier: ISC */
/* The console seam on the domain's console ring. */

#include <atman/base/console.h>
#include <atman/guest.h>
#include <atman/xen/clock.h>
#include <atman/xen/console.h>

#include "internal.h"

/* How long the end of the domain waits for its last words to be read. A reader that lives takes milliseconds. */
#define DRAIN_NS UINT64_C(1000000000)

static struct at_xen_console console;

void at_xen_pv_console_start(void)
{
    uint64_t pfn = at_xen_pv_pfn_of_frame(at_xen_pv_start_info->console.domU.mfn);

    at_xen_console_init(&console, at_xen_pv_direct(pfn), &at_xen_pv_shared_info,
                        at_xen_pv_start_info->console.domU.evtchn);
}

struct at_xen_console *at_guest_console(void)
{
    return &console;
}

void at_console_write(const char *text, size_t size)
{
    at_xen_console_write(&console, text, size); /* what is dropped is counted; there is nobody else to tell */
}

void at_xen_pv_console_drain(void)
{
    at_xen_console_flush(&console, at_xen_clock_read(&at_xen_pv_shared_info) + DRAIN_NS);
}
