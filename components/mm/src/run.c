/* SPDX-License-Identifier: ISC */
#include <atman/mm/run.h>

#include <string.h>

#include <atman/base/bits.h>

#include "internal.h"

#define LARGEST ((size_t)1 << AT_MM_ORDER_MAX)

/* Marks [page, page + count), all INNER, as a run: a head, then a PART for each further block that fits. */
static void mark(struct at_mm_frames *frames, size_t page, size_t count)
{
    unsigned kind = AT_MM_STATE_RUN;

    while (count > 0) {
        unsigned order = at_mm_frame_fit(frames, page, count);

        frames->state[page] = (uint8_t)(kind | order);
        kind = AT_MM_STATE_PART;
        page += (size_t)1 << order;
        count -= (size_t)1 << order;
    }
}

/*
 * Finds `blocks` free neighbours of the largest order, in virgin pages if need be, and takes them. The search goes up
 * from the lowest page once; when it comes to the frontier it moves that, unless the end is too near to be of use.
 */
static at_status take_neighbours(struct at_mm_frames *frames, size_t *first, size_t blocks)
{
    size_t page = at_bits_align_up(frames->base_page + frames->low, LARGEST) - frames->base_page;
    size_t found = 0;

    at_mm_frame_settle(frames);
    while (found < blocks) {
        if (page > frames->end || (frames->end - page) / LARGEST < blocks - found)
            return AT_NO_MEMORY;
        if (page + LARGEST > frames->frontier) {
            at_status status = at_mm_frame_advance(frames, page + LARGEST);

            if (status != AT_OK)
                return status;
        }
        found = frames->state[page] == (AT_MM_STATE_FREE | AT_MM_ORDER_MAX) ? found + 1 : 0;
        page += LARGEST;
    }
    *first = page - blocks * LARGEST;
    while (page > *first) {
        page -= LARGEST;
        at_mm_frame_take(frames, page, AT_MM_ORDER_MAX);
    }
    return AT_OK;
}

at_status at_mm_run_alloc(struct at_mm_frames *frames, void **run, size_t pages, unsigned align_order)
{
    at_status status;
    size_t first, taken;

    if (pages == 0 || align_order > AT_MM_ORDER_MAX)
        return AT_INVALID;
    if (pages > frames->end)
        return AT_NO_MEMORY;
    if (pages <= LARGEST) {
        unsigned order = pages == 1 ? 0 : at_bits_highest(pages - 1) + 1;

        if (order < align_order)
            order = align_order;
        taken = (size_t)1 << order;
        status = at_mm_frame_get(frames, &first, order);
    } else {
        taken = at_bits_align_up(pages, LARGEST);
        status = take_neighbours(frames, &first, taken / LARGEST);
        if (status != AT_OK && at_mm_frame_shortage(frames))
            status = take_neighbours(frames, &first, taken / LARGEST);
    }
    if (status != AT_OK)
        return status;
    mark(frames, first, pages);
    at_mm_frame_put(frames, first + pages, taken - pages);
    at_mm_frame_use(frames, pages);
    *run = at_mm_frame_address(frames, first);
    return AT_OK;
}

size_t at_mm_run_pages(const struct at_mm_frames *frames, const void *run)
{
    unsigned state = at_mm_frame_state_at(frames, run);
    size_t first = at_mm_frame_page(frames, run);
    size_t page = first;

    if ((state & AT_MM_STATE_KIND) != AT_MM_STATE_RUN)
        at_mm_frame_reject(state);
    do {
        page += (size_t)1 << (frames->state[page] & AT_MM_STATE_ORDER);
    } while (page < frames->frontier && (frames->state[page] & AT_MM_STATE_KIND) == AT_MM_STATE_PART);
    return page - first;
}

void at_mm_run_free(struct at_mm_frames *frames, void *run)
{
    size_t pages = at_mm_run_pages(frames, run);

    frames->used -= pages;
    at_mm_frame_put(frames, at_mm_frame_page(frames, run), pages);
}

/* Finds how far the free blocks from `page` on reach, at most a little beyond `target`. */
static size_t free_reach(const struct at_mm_frames *frames, size_t page, size_t target)
{
    while (page < target && page < frames->frontier && (frames->state[page] & AT_MM_STATE_KIND) == AT_MM_STATE_FREE)
        page += (size_t)1 << (frames->state[page] & AT_MM_STATE_ORDER);
    return page;
}

at_status at_mm_run_resize(struct at_mm_frames *frames, void *run, size_t pages)
{
    size_t first = at_mm_frame_page(frames, run);
    size_t old = at_mm_run_pages(frames, run);
    size_t end = first + old;

    if (pages == 0)
        return AT_INVALID;
    if (pages > frames->end - first)
        return AT_NO_SPACE;
    if (pages > old) {
        size_t reach;

        at_mm_frame_settle(frames);
        reach = free_reach(frames, end, first + pages);
        if (reach < first + pages) {
            at_status status = reach == frames->frontier ? at_mm_frame_advance(frames, first + pages) : AT_NO_SPACE;

            if (status != AT_OK)
                return status;
            reach = free_reach(frames, end, first + pages); /* the new pages may have merged with the old */
        }
        while (end < reach) {
            unsigned order = frames->state[end] & AT_MM_STATE_ORDER;

            at_mm_frame_take(frames, end, order);
            end += (size_t)1 << order;
        }
        at_mm_frame_use(frames, pages - old);
    } else {
        frames->used -= old - pages;
    }
    memset(frames->state + first, AT_MM_STATE_INNER, end - first);
    mark(frames, first, pages);
    at_mm_frame_put(frames, first + pages, end - first - pages);
    return AT_OK;
}
