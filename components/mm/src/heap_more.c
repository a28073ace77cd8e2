/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <atman/mm/run.h>

#include "heap_internal.h"

size_t at_mm_heap_usable_size(const struct at_mm_heap *heap, const void *object)
{
    unsigned state;

    if (!object)
        return 0;
    state = at_mm_frame_state(heap->frames, object);
    if (!(state & AT_MM_STATE_SLAB))
        return at_mm_run_pages(heap->frames, object) << AT_MM_PAGE_SHIFT;
    if (!at_mm_heap_is_object(&heap->classes[state & AT_MM_HEAP_STATE_CLASS], state, object))
        at_mm_heap_reject();
    return at_mm_heap_class_size(state & AT_MM_HEAP_STATE_CLASS);
}

void *at_mm_heap_alloc_aligned(struct at_mm_heap *heap, size_t alignment, size_t size)
{
    if (!at_bits_is_power_of_two(alignment) || size > PTRDIFF_MAX)
        return NULL;
    if (size == 0)
        size = 1;
    if (alignment > AT_MM_PAGE_SIZE)
        return at_mm_heap_run_alloc(heap, size, at_bits_highest(alignment) - AT_MM_PAGE_SHIFT);
    /* Objects lie at multiples of their size from their slab's end, and any multiple of `alignment` rounds up to a
       class whose size is one as well. */
    return at_mm_heap_alloc(heap, at_bits_align_up(size, alignment));
}

void *at_mm_heap_calloc(struct at_mm_heap *heap, size_t count, size_t size)
{
    size_t bytes;
    void *object;

    if (!at_bits_multiply(&bytes, count, size))
        return NULL;
    object = at_mm_heap_alloc(heap, bytes);
    return object ? memset(object, 0, bytes) : NULL;
}

/* Resizes a run to `size` bytes, more than a slab would do for, where it is. */
static bool resize_run(struct at_mm_heap *heap, void *run, size_t old, size_t size)
{
    size_t pages = at_mm_heap_pages(size);

    if (at_mm_run_resize(heap->frames, run, pages) != AT_OK)
        return false;
    at_mm_heap_hold(heap, &heap->run_pages, pages - (old >> AT_MM_PAGE_SHIFT));
    return true;
}

void *at_mm_heap_realloc(struct at_mm_heap *heap, void *object, size_t size)
{
    size_t old = at_mm_heap_usable_size(heap, object);
    void *moved;

    if (object && size <= old && size > old / 2 && old <= AT_MM_HEAP_SMALL)
        return object;
    if (size > AT_MM_HEAP_SMALL && old > AT_MM_HEAP_SMALL && resize_run(heap, object, old, size))
        return object;
    moved = at_mm_heap_alloc(heap, size);
    if (!moved)
        return size <= old ? object : NULL;
    if (object) {
        memcpy(moved, object, size < old ? size : old);
        at_mm_heap_free(heap, object);
    }
    return moved;
}

void at_mm_heap_stats(const struct at_mm_heap *heap, struct at_mm_heap_stats *stats)
{
    *stats = (struct at_mm_heap_stats){
        .live = heap->runs,
        .live_bytes = heap->run_pages << AT_MM_PAGE_SHIFT,
        .pages = heap->slab_pages + heap->run_pages,
        .peak_pages = heap->peak_pages,
    };
    for (unsigned i = 0; i < AT_MM_HEAP_CLASSES; ++i) {
        const struct at_mm_heap_class *class = &heap->classes[i];

        stats->cached += class->count;
        stats->live += class->out - class->count;
        stats->live_bytes += (class->out - class->count) * at_mm_heap_class_size(i);
    }
}
