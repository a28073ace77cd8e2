/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_INTERNAL_H
#define ATMAN_MM_INTERNAL_H

/*
 * What frames, runs and the heap share: the meaning of a state byte and the steps below the public functions.
 * DESIGN.md says which byte may follow which.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/panic.h>
#include <atman/mm/frames.h>

/* What a page is. Where an order follows, the page is the head of a block of that order; the block's rest is INNER. */
enum {
    AT_MM_STATE_INNER = 0x00,
    AT_MM_STATE_OUTSIDE = 0x01, /* never given to the allocator */
    AT_MM_STATE_QUICK = 0x02,   /* free, in the quick list */
    AT_MM_STATE_GIVEN = 0x03,   /* in a balloon: there is no memory behind it */
    AT_MM_STATE_FREE = 0x10,    /* + order: free, in the list of its order */
    AT_MM_STATE_BLOCK = 0x20,   /* + order: allocated by at_mm_frames_alloc() */
    AT_MM_STATE_RUN = 0x30,     /* + order: allocated, the first block of a run */
    AT_MM_STATE_PART = 0x40,    /* + order: the next block of the run that ends here */
    AT_MM_STATE_SLAB = 0x80,    /* + 7 bits of the heap's, on every page of a slab */
};
#define AT_MM_STATE_KIND 0xF0u
#define AT_MM_STATE_ORDER 0x0Fu

static inline size_t at_mm_frame_page(const struct at_mm_frames *frames, const void *address)
{
    return ((uintptr_t)address >> AT_MM_PAGE_SHIFT) - frames->base_page;
}

static inline void *at_mm_frame_address(const struct at_mm_frames *frames, size_t page)
{
    return (void *)((frames->base_page + page) << AT_MM_PAGE_SHIFT);
}

/* The state of the page that `address` lies in, whatever `address` is. */
static inline unsigned at_mm_frame_state(const struct at_mm_frames *frames, const void *address)
{
    size_t page = at_mm_frame_page(frames, address);

    return page - frames->low < frames->frontier - frames->low ? frames->state[page] : AT_MM_STATE_OUTSIDE;
}

/* The same of an address that should be a page's first: INNER if it is another one of the allocator's. */
static inline unsigned at_mm_frame_state_at(const struct at_mm_frames *frames, const void *address)
{
    unsigned state = at_mm_frame_state(frames, address);

    return (uintptr_t)address % AT_MM_PAGE_SIZE == 0 || state == AT_MM_STATE_OUTSIDE ? state : AT_MM_STATE_INNER;
}

/* Says why a page of `state` cannot be freed. */
AT_NORETURN void at_mm_frame_reject(unsigned state);

/* Finds a block of `order` for the caller to mark and account for. As at_mm_frames_alloc() but for that. */
at_status at_mm_frame_get(struct at_mm_frames *frames, size_t *page, unsigned order);

/* Makes [page, page + count), whatever its state bytes were, free, and merges it with what is free around it. */
void at_mm_frame_put(struct at_mm_frames *frames, size_t page, size_t count);

/* Takes the free block of `order` at `page` out of its list and leaves its state INNER. */
void at_mm_frame_take(struct at_mm_frames *frames, size_t page, unsigned order);

/* Makes all virgin pages before `target` accessible and free. AT_NO_MEMORY beyond the end. */
at_status at_mm_frame_advance(struct at_mm_frames *frames, size_t target);

/* Merges the quick pages into the free lists. Returns whether there were any. */
bool at_mm_frame_settle(struct at_mm_frames *frames);

/* Asks the holder of caches to give back. Returns whether there was somebody to ask. */
bool at_mm_frame_shortage(struct at_mm_frames *frames);

/* Accounts for `count` more pages in use. */
void at_mm_frame_use(struct at_mm_frames *frames, size_t count);

/* The largest order of a block that may start at `page` and be at most `count` pages long. */
unsigned at_mm_frame_fit(const struct at_mm_frames *frames, size_t page, size_t count);

#endif /* ATMAN_MM_INTERNAL_H */
