/* SPDX-License-Identifier: ISC */
#include <atman/mm/frames.h>

#include <string.h>

#include <atman/base/bits.h>

#include "internal.h"

void at_mm_frames_init(struct at_mm_frames *frames, const struct at_mm_frames_config *config)
{
    uintptr_t base = (uintptr_t)config->base;

    AT_ASSERT(at_bits_is_aligned(base, AT_MM_PAGE_SIZE) && config->pages <= (UINTPTR_MAX - base) >> AT_MM_PAGE_SHIFT);
    AT_ASSERT(config->first_page <= config->ready_pages && config->ready_pages <= config->pages);
    memset(frames, 0, sizeof(*frames));
    frames->state = config->state;
    frames->base_page = base >> AT_MM_PAGE_SHIFT;
    frames->low = config->first_page;
    frames->frontier = config->first_page;
    frames->ready = config->ready_pages;
    frames->end = config->pages;
    frames->total = config->pages - config->first_page;
    frames->grow = config->grow;
    frames->grow_ctx = config->ctx;
    for (unsigned order = 0; order <= AT_MM_ORDER_MAX; ++order)
        at_list_init(&frames->free[order]);
}

AT_NORETURN void at_mm_frame_reject(unsigned state)
{
    if (state == AT_MM_STATE_QUICK || (state & AT_MM_STATE_KIND) == AT_MM_STATE_FREE)
        at_panic("mm: freed, but free already");
    if (state == AT_MM_STATE_OUTSIDE)
        at_panic("mm: freed, but never allocated");
    if (state == AT_MM_STATE_INNER || (state & AT_MM_STATE_KIND) == AT_MM_STATE_PART)
        at_panic("mm: freed twice, or from the middle");
    at_panic("mm: freed with the wrong order or wrong function");
}

unsigned at_mm_frame_fit(const struct at_mm_frames *frames, size_t page, size_t count)
{
    unsigned aligned = at_bits_lowest((frames->base_page + page) | (size_t)1 << AT_MM_ORDER_MAX);
    unsigned fits = at_bits_highest(count);

    return aligned < fits ? aligned : fits;
}

void at_mm_frame_take(struct at_mm_frames *frames, size_t page, unsigned order)
{
    at_list_remove(at_mm_frame_address(frames, page));
    frames->free_blocks[order]--;
    frames->state[page] = AT_MM_STATE_INNER;
}

/* Lists a block that is free and has no free buddy. */
static void list(struct at_mm_frames *frames, size_t page, unsigned order)
{
    struct at_list_node *node = at_mm_frame_address(frames, page);

    *node = (struct at_list_node){NULL, NULL};
    at_list_push_front(&frames->free[order], node);
    frames->free_blocks[order]++;
    frames->state[page] = (uint8_t)(AT_MM_STATE_FREE | order);
}

/* Frees a block whose state bytes are all INNER. */
static void merge(struct at_mm_frames *frames, size_t page, unsigned order)
{
    for (; order < AT_MM_ORDER_MAX; ++order) {
        size_t buddy = ((frames->base_page + page) ^ (size_t)1 << order) - frames->base_page;

        if (buddy - frames->low >= frames->frontier - frames->low || frames->state[buddy] != (AT_MM_STATE_FREE | order))
            break;
        at_mm_frame_take(frames, buddy, order);
        if (buddy < page)
            page = buddy;
    }
    list(frames, page, order);
}

void at_mm_frame_put(struct at_mm_frames *frames, size_t page, size_t count)
{
    memset(frames->state + page, AT_MM_STATE_INNER, count);
    while (count > 0) {
        unsigned order = at_mm_frame_fit(frames, page, count);

        merge(frames, page, order);
        page += (size_t)1 << order;
        count -= (size_t)1 << order;
    }
}

void at_mm_frames_add(struct at_mm_frames *frames, size_t first, size_t count)
{
    AT_ASSERT(first <= frames->frontier && count <= frames->frontier - first);
    if (first < frames->low) {
        memset(frames->state + first, AT_MM_STATE_OUTSIDE, frames->low - first);
        frames->low = first;
    }
    for (size_t page = first; page < first + count; ++page)
        AT_ASSERT(frames->state[page] == AT_MM_STATE_OUTSIDE);
    frames->total += count;
    at_mm_frame_put(frames, first, count);
}

void at_mm_frame_use(struct at_mm_frames *frames, size_t count)
{
    frames->used += count;
    frames->taken += count;
    if (frames->used > frames->peak)
        frames->peak = frames->used;
}

/* Takes the latest quick page, which must exist. */
static size_t pop_quick(struct at_mm_frames *frames)
{
    void **latest = frames->quick;

    if (at_mm_frame_state(frames, latest) != AT_MM_STATE_QUICK)
        at_panic("mm: page written to after it was freed");
    frames->quick = *latest;
    frames->quick_count--;
    return at_mm_frame_page(frames, latest);
}

bool at_mm_frame_settle(struct at_mm_frames *frames)
{
    if (frames->quick_count == 0)
        return false;
    while (frames->quick_count > 0)
        at_mm_frame_put(frames, pop_quick(frames), 1);
    return true;
}

at_status at_mm_frame_advance(struct at_mm_frames *frames, size_t target)
{
    size_t first = frames->frontier;

    if (target > frames->end)
        return AT_NO_MEMORY;
    if (target > frames->ready) {
        at_status status = AT_NO_MEMORY;
        size_t grown = 0;

        if (frames->grow)
            status = frames->grow(frames->grow_ctx, frames->ready, target - frames->ready, &grown);
        AT_ASSERT(grown <= frames->end - frames->ready);
        frames->ready += grown;
        if (target > frames->ready)
            return status == AT_OK ? AT_NO_MEMORY : status;
    }
    frames->frontier = target;
    at_mm_frame_put(frames, first, target - first);
    return AT_OK;
}

bool at_mm_frame_shortage(struct at_mm_frames *frames)
{
    if (frames->shortage)
        frames->shortage(frames->shortage_ctx);
    return frames->shortage != NULL;
}

/* Takes the smallest free block of at least `order` and lists what it has too much. Returns whether there is one. */
static bool split(struct at_mm_frames *frames, size_t *page, unsigned order)
{
    unsigned have = order;

    while (frames->free_blocks[have] == 0)
        if (++have > AT_MM_ORDER_MAX)
            return false;
    *page = at_mm_frame_page(frames, at_list_first(&frames->free[have]));
    at_mm_frame_take(frames, *page, have);
    while (have-- > order)
        list(frames, *page + ((size_t)1 << have), have);
    return true;
}

at_status at_mm_frame_get(struct at_mm_frames *frames, size_t *page, unsigned order)
{
    size_t size = (size_t)1 << order;
    bool asked = false;

    while (!split(frames, page, order)) {
        at_status status;

        if (at_mm_frame_settle(frames))
            continue;
        /* Up to the next place where a block may end: if that is less than a block, it may still complete one. */
        status = at_mm_frame_advance(frames, at_bits_align_up(frames->base_page + frames->frontier + 1, size) -
                                                 frames->base_page);
        if (status == AT_OK)
            continue;
        if (asked || !at_mm_frame_shortage(frames))
            return status;
        asked = true;
    }
    return AT_OK;
}

at_status at_mm_frames_alloc(struct at_mm_frames *frames, void **block, unsigned order)
{
    at_status status = AT_OK;
    size_t page;

    if (order > AT_MM_ORDER_MAX)
        return AT_INVALID;
    if (order == 0 && frames->quick_count > 0)
        page = pop_quick(frames);
    else
        status = at_mm_frame_get(frames, &page, order);
    if (status != AT_OK)
        return status;
    frames->state[page] = (uint8_t)(AT_MM_STATE_BLOCK | order);
    at_mm_frame_use(frames, (size_t)1 << order);
    *block = at_mm_frame_address(frames, page);
    return AT_OK;
}

void at_mm_frames_free(struct at_mm_frames *frames, void *block, unsigned order)
{
    unsigned state = at_mm_frame_state_at(frames, block);
    size_t page = at_mm_frame_page(frames, block);

    if (order > AT_MM_ORDER_MAX || state != (AT_MM_STATE_BLOCK | order))
        at_mm_frame_reject(state);
    frames->used -= (size_t)1 << order;
    if (order == 0 && frames->quick_count < AT_MM_QUICK_MAX) {
        *(void **)block = frames->quick;
        frames->quick = block;
        frames->quick_count++;
        frames->state[page] = AT_MM_STATE_QUICK;
    } else {
        at_mm_frame_put(frames, page, (size_t)1 << order);
    }
}

void at_mm_frames_on_shortage(struct at_mm_frames *frames, at_mm_frames_shortage_fn fn, void *ctx)
{
    frames->shortage = fn;
    frames->shortage_ctx = ctx;
}

void at_mm_frames_stats(const struct at_mm_frames *frames, struct at_mm_frames_stats *stats)
{
    stats->total = frames->total;
    stats->used = frames->used;
    stats->peak = frames->peak;
    stats->virgin = frames->end - frames->frontier;
    stats->free = 0;
    memcpy(stats->free_blocks, frames->free_blocks, sizeof(stats->free_blocks));
    stats->free_blocks[0] += frames->quick_count;
    for (unsigned order = 0; order <= AT_MM_ORDER_MAX; ++order)
        stats->free += stats->free_blocks[order] << order;
}
