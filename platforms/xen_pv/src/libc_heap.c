/* SPDX-License-Identifier: ISC */
/* The seam under malloc() on the guest's heap. */

#include <atman/guest.h>
#include <atman/libc/heap.h>
#include <atman/mm/heap.h>

void *at_libc_heap_alloc(size_t alignment, size_t size)
{
    struct at_mm_heap *heap = at_guest_heap();

    return alignment <= 16 ? at_mm_heap_alloc(heap, size) : at_mm_heap_alloc_aligned(heap, alignment, size);
}

void *at_libc_heap_calloc(size_t count, size_t size)
{
    return at_mm_heap_calloc(at_guest_heap(), count, size);
}

void *at_libc_heap_realloc(void *object, size_t size)
{
    return at_mm_heap_realloc(at_guest_heap(), object, size);
}

void at_libc_heap_free(void *object)
{
    at_mm_heap_free(at_guest_heap(), object);
}

size_t at_libc_heap_usable_size(void *object)
{
    return at_mm_heap_usable_size(at_guest_heap(), object);
}
