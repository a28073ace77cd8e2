/* SPDX-License-Identifier: ISC */
/*
 * All the memory there is, whatever its size: every page that the platform hands out is distinct, can be written, and
 * comes back; the direct map grows as it is used. For domains of very different sizes.
 */

#include <stdio.h>

#include <atman/guest.h>
#include <atman/mm/frames.h>

/* Takes all blocks of `order`, links them, marks both ends, checks the marks, gives all back. Returns how many. */
static size_t take_all(unsigned order)
{
    struct at_mm_frames *frames = at_guest_frames();
    size_t words = (AT_MM_PAGE_SIZE << order) / sizeof(uintptr_t);
    uintptr_t *chain = NULL;
    size_t count = 0;
    void *block;

    while (at_mm_frames_alloc(frames, &block, order) == AT_OK) {
        uintptr_t *page = block;

        page[0] = (uintptr_t)chain;
        page[words - 1] = ++count;
        chain = page;
    }
    for (size_t left = count; chain != NULL; left--) {
        uintptr_t *next = (uintptr_t *)chain[0];

        if (chain[words - 1] != left)
            return 0;
        at_mm_frames_free(frames, chain, order);
        chain = next;
    }
    return count;
}

int main(void)
{
    struct at_mm_frames_stats before, after;
    size_t pages, blocks;

    at_mm_frames_stats(at_guest_frames(), &before);
    blocks = take_all(AT_MM_ORDER_MAX);
    pages = take_all(0);
    at_mm_frames_stats(at_guest_frames(), &after);
    printf("%zu pages, %zu blocks of 4 MiB, %zu left virgin, %zu used\n", pages, blocks, after.virgin, after.used);
    if (pages != before.total || after.total != before.total || after.virgin != 0 || after.used != 0)
        return 1;
    /* Not all memory is 4 MiB blocks, but what was cut into pages must have grown together again. */
    return take_all(AT_MM_ORDER_MAX) == blocks ? 0 : 1;
}
