/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_PAGES_H
#define ATMAN_MM_PAGES_H

/*
 * The pages seam: where a driver gets single pages that it shares with another domain, and the machine frame of each.
 *
 * A driver sees this and nothing else of mm, so that a test can count its pages and another kernel can bring its own.
 * at_mm_pages_from_frames() is the usual implementation.
 *
 * A page may be another domain's to read as soon as it is given: it holds nothing that this one has ever kept in it.
 * What it holds is undefined otherwise: it need not be 0.
 */

#include <stdint.h>

#include <atman/mm/frames.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an implementation provides. No call blocks. */
struct at_mm_pages_ops {
    void *(*alloc)(void *ctx);                      /* a page, 4096-aligned; NULL: none is left */
    void (*free)(void *ctx, void *page);            /* takes one back; a page that is not from here panics */
    uint64_t (*frame)(void *ctx, const void *page); /* the machine frame that `page`, from alloc, is */
};

/* A source of pages: passed and kept by value. */
struct at_mm_pages {
    const struct at_mm_pages_ops *ops;
    void *ctx;
};

/*
 * at_mm_pages_alloc returns a page, the caller's until at_mm_pages_free(), that holds nothing of this domain's; NULL
 * when none is left.
 */
static inline void *at_mm_pages_alloc(struct at_mm_pages pages)
{
    return pages.ops->alloc(pages.ctx);
}

/* at_mm_pages_free takes `page` back. No other domain may have access to it any more. */
static inline void at_mm_pages_free(struct at_mm_pages pages, void *page)
{
    pages.ops->free(pages.ctx, page);
}

/* at_mm_pages_frame returns the machine frame of `page`: what a grant names. */
static inline uint64_t at_mm_pages_frame(struct at_mm_pages pages, const void *page)
{
    return pages.ops->frame(pages.ctx, page);
}

/* Single pages out of a frame allocator. The caller's; it must outlive the pages and not move. */
struct at_mm_frame_pages {
    struct at_mm_frames *frames;
    uint64_t (*frame_of)(void *ctx, const void *page); /* the platform's: machine frame of a page of `frames` */
    void *ctx;                                         /* for frame_of */
};

/*
 * at_mm_pages_from_frames returns `source`, with all its members set, as a source of pages. It empties them, once
 * anything was ever freed in `frames`: what those began with counts as nothing of the domain's.
 */
struct at_mm_pages at_mm_pages_from_frames(struct at_mm_frame_pages *source);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_MM_PAGES_H */
