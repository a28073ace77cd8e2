/* SPDX-License-Identifier: ISC */
#include <atman/mm/pages.h>

#include <stddef.h>
#include <string.h>

/*
 * What somebody has freed may lie in any page. Before that they are as they were given: of the lists that free blocks
 * are in nothing stays behind.
 */
static void *alloc(void *ctx)
{
    struct at_mm_frame_pages *source = ctx;
    struct at_mm_frames *frames = source->frames;
    void *page = NULL;

    if (at_mm_frames_alloc(frames, &page, 0) == AT_OK && frames->taken != frames->used)
        memset(page, 0, AT_MM_PAGE_SIZE);
    return page;
}

static void free_page(void *ctx, void *page)
{
    struct at_mm_frame_pages *source = ctx;

    at_mm_frames_free(source->frames, page, 0);
}

static uint64_t frame(void *ctx, const void *page)
{
    struct at_mm_frame_pages *source = ctx;

    return source->frame_of(source->ctx, page);
}

struct at_mm_pages at_mm_pages_from_frames(struct at_mm_frame_pages *source)
{
    static const struct at_mm_pages_ops ops = {alloc, free_page, frame};

    return (struct at_mm_pages){&ops, source};
}
