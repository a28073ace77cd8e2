/* SPDX-License-Identifier: ISC */
/* Follows the toolstack's memory target, says each time what it came to, and uses all the memory that it then has. */

#include <stdio.h>
#include <string.h>

#include <atman/guest.h>
#include <atman/lifecycle/lifecycle.h>
#include <atman/lifecycle/memory.h>
#include <atman/mm/frames.h>
#include <atman/xen/memory.h>

#define SECOND 1000000000u

static struct at_lifecycle lifecycle;
static struct at_lifecycle_memory memory;

/* Takes all free pages, writes to each, and gives them back. Returns how many. */
static unsigned use_all(void)
{
    void **chain = NULL;
    unsigned count = 0;

    for (void *page; at_mm_frames_alloc(at_guest_frames(), &page, 0) == AT_OK; count++) {
        memset(page, 0xa5, AT_MM_PAGE_SIZE);
        *(void **)page = chain;
        chain = page;
    }
    while (chain != NULL) {
        void *page = chain;

        chain = *chain;
        at_mm_frames_free(at_guest_frames(), page, 0);
    }
    return count;
}

static void follow(void *ctx, uint32_t kib)
{
    at_status status = at_guest_set_memory(kib);
    uint64_t pages = 0;

    (void)ctx;
    (void)at_xen_memory_current(&pages);
    printf("target %u: %s, %u KiB\n", (unsigned)kib, status == AT_OK ? "reached" : "not reached", (unsigned)pages * 4);
    printf("used %s\n", use_all() != 0 ? "all" : "none");
}

int main(void)
{
    struct at_wait wait = at_guest_wait();
    struct at_xenstore *xs = at_guest_xenstore();

    if (at_lifecycle_start(&lifecycle, xs, wait, at_wait_now(wait) + SECOND) != AT_OK ||
        at_lifecycle_memory_start(&memory, xs, follow, NULL, at_wait_now(wait) + SECOND) != AT_OK)
        return 1;
    while (at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_NONE)
        (void)at_wait_sleep(wait, AT_NEVER);
    return at_lifecycle_memory_stop(&memory, at_wait_now(wait) + SECOND) == AT_OK ? 0 : 1;
}
