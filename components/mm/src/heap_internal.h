/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_HEAP_INTERNAL_H
#define ATMAN_MM_HEAP_INTERNAL_H

/* The heap's layout: see "The heap" in DESIGN.md. */

#include <atman/base/bits.h>
#include <atman/mm/heap.h>

#include "internal.h"

/* The state byte of a slab's pages: AT_MM_STATE_SLAB, which of its class's shapes it has, and the class. */
#define AT_MM_HEAP_STATE_SHAPE 0x40u
#define AT_MM_HEAP_STATE_CLASS 0x3Fu

/* A free object. Its mark tells it from a live one, whose second word is anything else. */
struct at_mm_heap_object {
    struct at_mm_heap_object *next;
    uintptr_t mark;
};

/* The start of a slab; its objects fill it from the end. */
struct at_mm_heap_slab {
    struct at_list_node node;       /* in its class's partial list while it has free objects */
    struct at_mm_heap_object *free; /* those neither live nor in the class's caches */
    uint32_t free_count;
    uint32_t total;
};

/* The class of objects of `last` + 1 bytes, `last` < AT_MM_HEAP_SMALL: an eighth of a power of two, 16 bytes at least. */
static inline unsigned at_mm_heap_class_of(size_t last)
{
    unsigned power = at_bits_highest(last | 128);

    return (power - 7) * 8 + (unsigned)(last >> (power - 3));
}

/* The size of a class's objects. */
static inline size_t at_mm_heap_class_size(unsigned class_index)
{
    return class_index < 16 ? (class_index + 1) * (size_t)16 : ((class_index & 7) + (size_t)9) << ((class_index >> 3) + 3);
}

static inline struct at_mm_heap_class *at_mm_heap_class_at(struct at_mm_heap *heap, unsigned state)
{
    return &heap->classes[state & AT_MM_HEAP_STATE_CLASS];
}

static inline struct at_mm_heap_shape at_mm_heap_shape_of(const struct at_mm_heap_class *class, unsigned state)
{
    return class->shape[(state & AT_MM_HEAP_STATE_SHAPE) != 0];
}

/*
 * Whether `address`, in a slab of `state`, is where an object starts: its distance to the slab's end is a multiple of the
 * object size. As magic is ceil(2^32 / size), distances are at most 2^17 and sizes at most 2^13, the low half of
 * distance * magic is less than magic for the multiples and no others.
 */
static inline bool at_mm_heap_is_object(const struct at_mm_heap_class *class, unsigned state, const void *address)
{
    struct at_mm_heap_shape shape = at_mm_heap_shape_of(class, state);
    uint32_t distance = -(uint32_t)(uintptr_t)address & shape.mask;

    return distance - 1 < shape.extent && distance * class->magic < class->magic;
}

static inline uintptr_t at_mm_heap_mark(const struct at_mm_heap *heap, const struct at_mm_heap_object *object)
{
    return (uintptr_t)object ^ heap->secret;
}

/* Takes the frames of a run, or gives them back, and accounts for them. */
void *at_mm_heap_run_alloc(struct at_mm_heap *heap, size_t size, unsigned align_order);
void at_mm_heap_run_free(struct at_mm_heap *heap, void *run);

/* Accounts for `pages` more frames held, or less. */
void at_mm_heap_hold(struct at_mm_heap *heap, size_t *kind, size_t pages);

/* Makes `class` have a free object in its head list. False when memory is short. */
bool at_mm_heap_refill(struct at_mm_heap *heap, unsigned class_index);

/* Makes the head list, which is full, the spare one, and gives the former spare objects back to their slabs. */
void at_mm_heap_rotate(struct at_mm_heap *heap, struct at_mm_heap_class *class);

/* Says why an address that is no live object cannot be freed. */
AT_NORETURN void at_mm_heap_reject(void);

#endif /* ATMAN_MM_HEAP_INTERNAL_H */
