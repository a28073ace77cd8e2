/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <atman/mm/run.h>

#include "heap_internal.h"

size_t at_mm_heap_slot(const struct at_mm_heap *heap, const void *object)
{
    unsigned state = at_mm_frame_state(heap->frames, object);

    if (!(state & AT_MM_STATE_SLAB))
        return at_mm_run_pages(heap->frames, object) << AT_MM_PAGE_SHIFT;
    if (!at_mm_heap_is_object(&heap->classes[state & AT_MM_HEAP_STATE_CLASS], state, object))
        at_mm_heap_reject();
    return at_mm_heap_class_size(state & AT_MM_HEAP_STATE_CLASS);
}

size_t at_mm_heap_usable_size(const struct at_mm_heap *heap, const void *object)
{
    return object ? at_mm_heap_sealed_size(heap, object, at_mm_heap_slot(heap, object)) : 0;
}

void *at_mm_heap_alloc_aligned(struct at_mm_heap *heap, size_t alignment, size_t size)
{
    size_t slot = size + AT_MM_HEAP_TRAILER;
    void *object;

    if (!at_bits_is_power_of_two(alignment) || size > PTRDIFF_MAX)
        return NULL;
    if (slot == 0)
        slot = 1;
    /* Objects lie at multiples of their size from their slab's end, and any multiple of `alignment` rounds up to a
       class whose size is one as well. */
    if (alignment > AT_MM_PAGE_SIZE)
        object = at_mm_heap_run_alloc(heap, slot, at_bits_highest(alignment) - AT_MM_PAGE_SHIFT);
    else
        object = at_mm_heap_take(heap, at_bits_align_up(slot, alignment));
    if (AT_MM_HEAP_CHECK > 1 && object)
        at_mm_heap_seal(heap, object, at_mm_heap_slot(heap, object), size);
    return object;
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

/* Resizes a run of `old` bytes to `size`, more than a slab would do for, where it is. */
static bool resize_run(struct at_mm_heap *heap, void *run, size_t old, size_t size)
{
    size_t pages = at_mm_heap_pages(size);

    if (at_mm_run_resize(heap->frames, run, pages) != AT_OK)
        return false;
    at_mm_heap_hold(heap, &heap->run_pages, pages - (old >> AT_MM_PAGE_SHIFT));
    return true;
}

/* Makes `object`, of `slot` bytes, one of `wanted` where it is, trailers included, if that wastes no half of it. */
static bool resize(struct at_mm_heap *heap, void *object, size_t slot, size_t wanted)
{
    if (slot > AT_MM_HEAP_SMALL)
        return wanted > AT_MM_HEAP_SMALL && resize_run(heap, object, slot, wanted);
    return wanted <= slot && wanted > slot / 2;
}

void *at_mm_heap_realloc(struct at_mm_heap *heap, void *object, size_t size)
{
    size_t old, slot;
    void *moved;

    if (!object)
        return at_mm_heap_alloc(heap, size);
    slot = at_mm_heap_slot(heap, object);
    old = at_mm_heap_sealed_size(heap, object, slot);
    if (size <= PTRDIFF_MAX && resize(heap, object, slot, size + AT_MM_HEAP_TRAILER)) {
        if (AT_MM_HEAP_CHECK > 1)
            at_mm_heap_seal(heap, object, at_mm_heap_slot(heap, object), size);
        return object;
    }
    moved = at_mm_heap_alloc(heap, size);
    if (!moved) {
        if (size > old)
            return NULL;
        at_mm_heap_seal(heap, object, slot, size);
        return object;
    }
    memcpy(moved, object, size < old ? size : old);
    at_mm_heap_free(heap, object);
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
