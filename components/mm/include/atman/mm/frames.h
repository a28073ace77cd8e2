/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_FRAMES_H
#define ATMAN_MM_FRAMES_H

/*
 * Page frames: a buddy allocator over one linear range of virtual pages.
 *
 * Blocks are 1 << order pages, order 0 to 10 (4 KiB to 4 MiB), naturally aligned: a block's address is a multiple of
 * its size. Pages are numbered from the range's base. Up to the frontier they are the allocator's; from there to the
 * end they are virgin: neither they nor their state bytes are touched, or need exist, before a request cannot be met
 * without them. That is why at_mm_frames_init() costs the same for a megabyte and for a terabyte.
 *
 *     base          low              frontier       ready              end
 *      | not given   | free and used  | accessible   | does not exist   |
 *                                     |<----- virgin, in this order --->|
 *
 * The caller owns the context and the state array; free lists live inside the free pages. One byte of state per page
 * tells what it is, so a block freed twice, with another order, or never allocated panics with a reason.
 *
 * Costs: a page allocated or freed is a few instructions while up to AT_MM_QUICK_MAX freed pages are kept unmerged;
 * anything else is O(order). Nothing here blocks, and nothing is safe against another CPU.
 *
 * Not for: objects smaller than a page (see <atman/mm/heap.h>), or memory whose content must survive being free.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/list.h>
#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AT_MM_PAGE_SHIFT 12
#define AT_MM_PAGE_SIZE ((size_t)1 << AT_MM_PAGE_SHIFT)

/* The largest order: blocks of 4 MiB. */
#define AT_MM_ORDER_MAX 10

/* How many freed pages wait unmerged for the next request. They are merged before virgin pages are touched for more. */
#define AT_MM_QUICK_MAX 32

/*
 * Makes pages [first_page, first_page + count) accessible, readable and writable, and the state bytes of these pages as
 * well; they may hold anything. Stores in `*grown` how many pages, counted from first_page, are accessible now: more
 * than `count` if that is cheaper (never beyond the end), less when it fails half-way. Must not call the allocator.
 * Returns AT_OK, or why it cannot: the request that needed the pages returns that.
 */
typedef at_status (*at_mm_frames_grow_fn)(void *ctx, size_t first_page, size_t count, size_t *grown);

/* Gives back to the allocator what can be spared, such as a cache's pages: see at_mm_frames_on_shortage(). */
typedef void (*at_mm_frames_shortage_fn)(void *ctx);

/* What the allocator manages. */
struct at_mm_frames_config {
    void *base;         /* address of page 0; a multiple of 4096 */
    size_t pages;       /* from base to the end; any number, 0 too */
    size_t first_page;  /* where the frontier starts; the pages before it are not given (default 0: all are) */
    uint8_t *state;     /* one byte per page; only the bytes of accessible pages need exist, and may hold anything */
    size_t ready_pages; /* pages [0, ready_pages) are accessible from the start; at least first_page, at most pages */
    at_mm_frames_grow_fn grow; /* NULL if ready_pages is all there will ever be */
    void *ctx;                 /* for grow */
};

/* The allocator. Every member is private; it must not move once initialised. */
struct at_mm_frames {
    uint8_t *state;
    size_t base_page; /* address of page 0, in pages */
    size_t low;       /* pages below were not given and their state bytes were not written */
    size_t frontier;
    void *quick; /* freed pages not merged yet, linked through their first word */
    size_t quick_count;
    size_t used;
    size_t taken; /* ever: differs from `used` once something was freed */
    size_t peak;
    size_t total;
    size_t ready;
    size_t end;
    size_t free_blocks[AT_MM_ORDER_MAX + 1];
    struct at_list free[AT_MM_ORDER_MAX + 1];
    at_mm_frames_grow_fn grow;
    void *grow_ctx;
    at_mm_frames_shortage_fn shortage;
    void *shortage_ctx;
};

/* A moment's account, in pages: total = used + free + virgin. */
struct at_mm_frames_stats {
    size_t total;                            /* given by init and add */
    size_t used;                             /* allocated now */
    size_t peak;                             /* the most that was ever allocated at once */
    size_t virgin;                           /* never touched */
    size_t free;                             /* freed, or split off, and waiting */
    size_t free_blocks[AT_MM_ORDER_MAX + 1]; /* the same by order, in blocks */
};

/*
 * at_mm_frames_init prepares `frames` to manage what `config` describes. It touches no page and no state byte. Panics
 * if the config contradicts itself. O(1).
 */
void at_mm_frames_init(struct at_mm_frames *frames, const struct at_mm_frames_config *config);

/*
 * at_mm_frames_add gives the allocator pages [first, first + count), which must be accessible, lie before the config's
 * first_page, and not have been given yet: what boot has left over. Anything else panics. Nothing may be in them that
 * another domain must not see (<atman/mm/pages.h>). O(count + distance to the lowest page given before) in state
 * bytes, not in pages.
 */
void at_mm_frames_add(struct at_mm_frames *frames, size_t first, size_t count);

/*
 * at_mm_frames_alloc stores in `*block` a block of 1 << order pages, aligned to its size, contents undefined, which is
 * the caller's until at_mm_frames_free().
 *
 * Returns AT_OK; AT_INVALID if order is above AT_MM_ORDER_MAX; AT_NO_MEMORY when no such block can be had; or what
 * `grow` returned. `*block` is only written on AT_OK. A request that fails may have moved the frontier. O(order), and
 * O(AT_MM_QUICK_MAX) once the quick pages must merge.
 */
at_status at_mm_frames_alloc(struct at_mm_frames *frames, void **block, unsigned order);

/*
 * at_mm_frames_free takes back `block`, which at_mm_frames_alloc() gave with the same `order`. A block that is free, of
 * another order, a run's, a heap's, or not from here panics. O(order).
 */
void at_mm_frames_free(struct at_mm_frames *frames, void *block, unsigned order);

/*
 * at_mm_frames_on_shortage makes `fn(ctx)` be called when a request is about to fail, which is then tried once more.
 * The function may free but not allocate. One at a time: a new one replaces the last, NULL removes it.
 */
void at_mm_frames_on_shortage(struct at_mm_frames *frames, at_mm_frames_shortage_fn fn, void *ctx);

/* at_mm_frames_stats stores the present account in `*stats`. O(AT_MM_ORDER_MAX). */
void at_mm_frames_stats(const struct at_mm_frames *frames, struct at_mm_frames_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_MM_FRAMES_H */
