/* SPDX-License-Identifier: ISC */
/* Last words: plain text on the console, from code that may have little else left to rely on. */

#include "internal.h"

#define BACKTRACE_MAX 32u

/* Whether a frame record may be read there: aligned, and inside what is mapped for the image, stacks or the heap. */
static int readable(uint64_t rbp)
{
    uint64_t direct_end = at_xen_pv_direct_base + (at_xen_pv_start_info->nr_pages << AT_XEN_PV_PAGE_SHIFT);

    if (rbp % 8 != 0)
        return 0;
    return (rbp >= (uintptr_t)at_xen_pv_stack && rbp < (uintptr_t)at_xen_pv_stack_top - 8) ||
           (rbp >= at_xen_pv_direct_base && rbp < direct_end - 8);
}

void at_xen_pv_backtrace(uint64_t rbp)
{
    unsigned depth;

    at_xen_pv_write("  backtrace:");
    for (depth = 0; depth < BACKTRACE_MAX && readable(rbp); depth++) {
        const uint64_t *record = (const uint64_t *)rbp;

        at_xen_pv_write(" ");
        at_xen_pv_write_hex(record[1]);
        if (record[0] <= rbp)
            break; /* stacks grow down: an older frame lies higher, or this is no frame */
        rbp = record[0];
    }
    at_xen_pv_write("\n");
}

AT_NORETURN void at_panic(const char *reason)
{
    at_xen_pv_write("\natman: panic: ");
    at_xen_pv_write(reason);
    at_xen_pv_write("\n");
    at_xen_pv_backtrace((uint64_t)__builtin_frame_address(0));
    at_xen_pv_crash();
}
