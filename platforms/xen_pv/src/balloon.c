/* SPDX-License-Identifier: ISC */
#include <atman/guest.h>
#include <atman/mm/balloon.h>

#include "internal.h"

/* What the balloon leaves free: enough for the next device, thread or connection. */
#define RESERVE 64u

at_status at_guest_set_memory(uint64_t kib)
{
    static struct at_mm_balloon balloon;
    uint64_t had = at_xen_pv_start_info->nr_pages;
    uint64_t wanted = kib / (AT_XEN_PV_PAGE_SIZE / 1024);

    if (balloon.frames == NULL)
        at_mm_balloon_init(&balloon, at_guest_frames(), at_guest_memory(), RESERVE);
    return at_mm_balloon_set(&balloon, wanted < had ? had - wanted : 0);
}
