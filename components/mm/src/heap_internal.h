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
    struct at_mm_heap_object *free; /* those neither live nor in the class's free list */
    uint32_t free_count;
    uint32_t total;
};

/*
 * The class of objects of `last` + 1 bytes, `last` < AT_MM_HEAP_SMALL: an eighth of a power of two, 16 bytes at
 * least.
 */
static inline unsigned at_mm_heap_class_of(size_t last)
{
    unsigned power = 31u ^ (unsigned)__builtin_clz((unsigned)last | 128); /* at_bits_highest() is longer here */

    return (power - 7) * 8 + (unsigned)(last >> (power - 3));
}

/* The size of a class's objects. */
static inline size_t at_mm_heap_class_size(unsigned class_index)
{
    if (class_index < 16)
        return (class_index + 1) * (size_t)16;
    return ((class_index & 7) + (size_t)9) << ((class_index >> 3) + 3);
}

static inline struct at_mm_heap_shape at_mm_heap_shape_of(const struct at_mm_heap_class *class, unsigned state)
{
    return class->shape[(state & AT_MM_HEAP_STATE_SHAPE) != 0];
}

/*
 * Whether `address`, in a slab of `state`, is where an object starts: its distance to the slab's end is a multiple of
 * the object size. As magic is ceil(2^32 / size), distances are at most 2^17 and sizes at most 2^13, the low half of
 * distance * magic is less than magic for the multiples and no others.
 */
static inline bool at_mm_heap_is_object(const struct at_mm_heap_class *class, unsigned state, const void *address)
{
    struct at_mm_heap_shape shape = at_mm_heap_shape_of(class, state);
    uint32_t distance = -(uint32_t)(uintptr_t)address & shape.mask;

    return distance - 1 < shape.extent && distance * class->magic < class->magic;
}

/* The pages of a run of `size` bytes. So near SIZE_MAX that it wraps, that is 0, which no run has. */
static inline size_t at_mm_heap_pages(size_t size)
{
    return (size + AT_MM_PAGE_SIZE - 1) >> AT_MM_PAGE_SHIFT;
}

/* What the component checks: see <atman/mm/heap.h>. */
#ifndef AT_MM_HEAP_CHECK
#define AT_MM_HEAP_CHECK 1
#endif

static inline uintptr_t at_mm_heap_mark(const struct at_mm_heap *heap, const struct at_mm_heap_object *object)
{
    return (uintptr_t)object ^ heap->secret;
}

static inline void at_mm_heap_set_mark(const struct at_mm_heap *heap, struct at_mm_heap_object *object)
{
    if (AT_MM_HEAP_CHECK > 0)
        object->mark = at_mm_heap_mark(heap, object);
}

/* Panics if a free object is not as it was left. */
static inline void at_mm_heap_check_free(const struct at_mm_heap *heap, const struct at_mm_heap_object *object)
{
    if (AT_MM_HEAP_CHECK > 0 && __builtin_expect(object->mark != at_mm_heap_mark(heap, object), 0))
        at_panic("mm: an object was written to after it was freed");
}

/*
 * The checked build (heap_check.c): an object of `slot` bytes ends with the size that was asked for, and between that
 * and its bytes lies a pattern; a free one is filled with another from its third word on. Elsewhere these do nothing.
 */
#if AT_MM_HEAP_CHECK > 1
#define AT_MM_HEAP_TRAILER 24u /* bytes of pattern and size at least */
void at_mm_heap_seal(const struct at_mm_heap *heap, void *object, size_t slot, size_t size);
size_t at_mm_heap_sealed_size(const struct at_mm_heap *heap, const void *object, size_t slot);
void at_mm_heap_fill_free(struct at_mm_heap_object *object, size_t slot);
void at_mm_heap_check_fill(const struct at_mm_heap_object *object, size_t slot);
#else
#define AT_MM_HEAP_TRAILER 0u
static inline void at_mm_heap_seal(const struct at_mm_heap *heap, void *object, size_t slot, size_t size)
{
    (void)heap, (void)object, (void)slot, (void)size;
}
static inline size_t at_mm_heap_sealed_size(const struct at_mm_heap *heap, const void *object, size_t slot)
{
    (void)heap, (void)object;
    return slot;
}
static inline void at_mm_heap_fill_free(struct at_mm_heap_object *object, size_t slot)
{
    (void)object, (void)slot;
}
static inline void at_mm_heap_check_fill(const struct at_mm_heap_object *object, size_t slot)
{
    (void)object, (void)slot;
}
#endif

/* The bytes of a live object, its trailer included; panics for what is none. */
size_t at_mm_heap_slot(const struct at_mm_heap *heap, const void *object);

/* at_mm_heap_alloc() and at_mm_heap_free() but for what the checked build adds, so that they need names there only. */
#if AT_MM_HEAP_CHECK > 1
void *at_mm_heap_take(struct at_mm_heap *heap, size_t slot);
void at_mm_heap_give(struct at_mm_heap *heap, void *object);
#else
#define at_mm_heap_take at_mm_heap_alloc
#define at_mm_heap_give at_mm_heap_free
#endif

/* Allocates whole pages, aligned to AT_MM_PAGE_SIZE << align_order. NULL when memory is short. */
void *at_mm_heap_run_alloc(struct at_mm_heap *heap, size_t size, unsigned align_order);

/* Accounts for `pages` more frames held, or less. */
void at_mm_heap_hold(struct at_mm_heap *heap, size_t *kind, size_t pages);

/*
 * Gives the class of `size`, whose free list is empty, free objects; or makes `*class_index` a larger class, with free
 * objects, that can spare some and whose objects are aligned as `size` is. False when memory is short.
 */
bool at_mm_heap_refill(struct at_mm_heap *heap, unsigned *class_index, size_t size);

/* Gives free objects back to their slabs, and empty slabs to the frames, until a class's free list has `keep`. */
void at_mm_heap_shed(struct at_mm_heap *heap, struct at_mm_heap_class *class, uint32_t keep);

/* Says why an address that is no live object cannot be freed. */
AT_NORETURN void at_mm_heap_reject(void);

#endif /* ATMAN_MM_HEAP_INTERNAL_H */
