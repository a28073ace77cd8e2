/* SPDX-License-Identifier: ISC */
/* The pages seam of drivers on at_guest_frames(). */

#include <atman/guest.h>
#include <atman/mm/pages.h>

#include "internal.h"

static uint64_t frame_of(void *ctx, const void *page)
{
    (void)ctx;
    return at_xen_pv_frame_of(page);
}

struct at_mm_pages at_guest_pages(void)
{
    static struct at_mm_frame_pages pages;

    pages.frames = at_guest_frames();
    pages.frame_of = frame_of;
    return at_mm_pages_from_frames(&pages);
}
