/* SPDX-License-Identifier: ISC */
#include <atman/mm/heap.h>

#include <atman/mm/run.h>

#include "heap_internal.h"

/* The rare parts are functions of their own, called last, so that the common ones save no registers for them. */
#define RARE __attribute__((noinline, cold))

void *at_mm_heap_run_alloc(struct at_mm_heap *heap, size_t size, unsigned align_order)
{
    size_t pages = at_mm_heap_pages(size);
    void *run;

    if (at_mm_run_alloc(heap->frames, &run, pages, align_order) != AT_OK)
        return NULL;
    heap->runs++;
    at_mm_heap_hold(heap, &heap->run_pages, pages);
    return run;
}

AT_NORETURN void at_mm_heap_reject(void)
{
    at_panic("mm: freed what is not the start of a live object");
}

/* Frees what is in no slab. */
static RARE void free_other(struct at_mm_heap *heap, void *run)
{
    size_t pages;

    if (!run)
        return;
    pages = at_mm_run_pages(heap->frames, run);
    at_mm_run_free(heap->frames, run);
    heap->runs--;
    heap->run_pages -= pages;
}

static RARE void shed_half(struct at_mm_heap *heap, struct at_mm_heap_class *class)
{
    at_mm_heap_shed(heap, class, class->limit / 2);
}

/* Allocates when the free list of the size's class is empty, or when the size has no class. */
static RARE void *alloc_slowly(struct at_mm_heap *heap, size_t size)
{
    unsigned class_index;

    if (size == 0)
        size = 1;
    if (size > AT_MM_HEAP_SMALL)
        return at_mm_heap_run_alloc(heap, size, 0);
    class_index = at_mm_heap_class_of(size - 1);
    if (!heap->classes[class_index].head && !at_mm_heap_refill(heap, &class_index, size))
        return NULL;
    return at_mm_heap_take(heap, at_mm_heap_class_size(class_index));
}

void *at_mm_heap_take(struct at_mm_heap *heap, size_t size)
{
    struct at_mm_heap_class *class;
    struct at_mm_heap_object *object;

    if (__builtin_expect(size - 1 >= AT_MM_HEAP_SMALL, 0)) /* 0 as well */
        return alloc_slowly(heap, size);
    class = &heap->classes[at_mm_heap_class_of(size - 1)];
    object = class->head;
    if (__builtin_expect(!object, 0))
        return alloc_slowly(heap, size);
    at_mm_heap_check_free(heap, object);
    at_mm_heap_check_fill(object, at_mm_heap_class_size(at_mm_heap_class_of(size - 1)));
    class->head = object->next;
    __builtin_prefetch(object->next, 1); /* the next one's line is wanted as soon as this class is again */
    class->count--;
    if (AT_MM_HEAP_CHECK > 0)
        object->mark = 0;
    return object;
}

void at_mm_heap_give(struct at_mm_heap *heap, void *address)
{
    size_t page = ((uintptr_t)address >> AT_MM_PAGE_SHIFT) - heap->slab_first;
    struct at_mm_heap_object *object = address;
    struct at_mm_heap_class *class;
    unsigned state;

    if (__builtin_expect(page >= heap->slab_span || !((state = heap->slab_state[page]) & AT_MM_STATE_SLAB), 0)) {
        free_other(heap, address);
        return;
    }
    class = &heap->classes[state & AT_MM_HEAP_STATE_CLASS];
    if (AT_MM_HEAP_CHECK > 0 && __builtin_expect(!at_mm_heap_is_object(class, state, object), 0))
        at_mm_heap_reject();
    if (AT_MM_HEAP_CHECK > 0 && __builtin_expect(object->mark == at_mm_heap_mark(heap, object), 0))
        at_panic("mm: freed an object twice");
    object->next = class->head;
    at_mm_heap_set_mark(heap, object);
    at_mm_heap_fill_free(object, at_mm_heap_class_size(state & AT_MM_HEAP_STATE_CLASS));
    class->head = object;
    if (__builtin_expect(++class->count > class->limit, 0))
        shed_half(heap, class);
}

#if AT_MM_HEAP_CHECK > 1

void *at_mm_heap_alloc(struct at_mm_heap *heap, size_t size)
{
    void *object = size <= PTRDIFF_MAX ? at_mm_heap_take(heap, size + AT_MM_HEAP_TRAILER) : NULL;

    if (object)
        at_mm_heap_seal(heap, object, at_mm_heap_slot(heap, object), size);
    return object;
}

void at_mm_heap_free(struct at_mm_heap *heap, void *object)
{
    if (object) {
        size_t slot = at_mm_heap_slot(heap, object);
        const struct at_mm_heap_object *freed = object;

        if (slot <= AT_MM_HEAP_SMALL && freed->mark == at_mm_heap_mark(heap, freed))
            at_panic("mm: freed an object twice");
        (void)at_mm_heap_sealed_size(heap, object, slot);
    }
    at_mm_heap_give(heap, object);
}

#endif
