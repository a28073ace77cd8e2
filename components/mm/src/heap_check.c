/* SPDX-License-Identifier: ISC */
/* What only the checked build does: see AT_MM_HEAP_CHECK in <atman/mm/heap.h>. */

#include "heap_internal.h"

#if AT_MM_HEAP_CHECK > 1

#include <string.h>

#define LIVE_FILL 0xA5
#define FREE_FILL 0xDF

static uintptr_t *trailer(const void *object, size_t slot)
{
    return (uintptr_t *)((uintptr_t)object + slot - sizeof(uintptr_t));
}

void at_mm_heap_seal(const struct at_mm_heap *heap, void *object, size_t slot, size_t size)
{
    memset((uint8_t *)object + size, LIVE_FILL, slot - sizeof(uintptr_t) - size);
    *trailer(object, slot) = size ^ at_mm_heap_mark(heap, object);
}

size_t at_mm_heap_sealed_size(const struct at_mm_heap *heap, const void *object, size_t slot)
{
    const uint8_t *bytes = object;
    size_t size = *trailer(object, slot) ^ at_mm_heap_mark(heap, object);
    bool whole = size <= slot - AT_MM_HEAP_TRAILER;

    for (size_t i = size; whole && i < slot - sizeof(uintptr_t); ++i)
        whole = bytes[i] == LIVE_FILL;
    if (!whole)
        at_panic("mm: an object was written to beyond its size");
    return size;
}

void at_mm_heap_fill_free(struct at_mm_heap_object *object, size_t slot)
{
    memset(object + 1, FREE_FILL, slot - sizeof(*object));
}

void at_mm_heap_check_fill(const struct at_mm_heap_object *object, size_t slot)
{
    const uint8_t *bytes = (const uint8_t *)object;

    for (size_t i = sizeof(*object); i < slot; ++i)
        if (bytes[i] != FREE_FILL)
            at_panic("mm: an object was written to after it was freed");
}

#endif
