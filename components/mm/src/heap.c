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

static RARE void free_run(struct at_mm_heap *heap, void *run)
{
    size_t pages = at_mm_run_pages(heap->frames, run);

    at_mm_run_free(heap->frames, run);
    heap->runs--;
    heap->run_pages -= pages;
}

AT_NORETURN void at_mm_heap_reject(void)
{
    at_panic("mm: freed what is not the start of a live object");
}

/* Allocates when the free list of the size's class is empty, or when the size has no class. */
static RARE void *alloc_slowly(struct at_mm_heap *heap, size_t size)
{
    if (size == 0)
        size = 1;
    if (size > AT_MM_HEAP_SMALL)
        return at_mm_heap_run_alloc(heap, size, 0);
    if (!heap->classes[at_mm_heap_class_of(size - 1)].head &&
        !at_mm_heap_refill(heap, at_mm_heap_class_of(size - 1)))
        return NULL;
    return at_mm_heap_alloc(heap, size);
}

void *at_mm_heap_alloc(struct at_mm_heap *heap, size_t size)
{
    struct at_mm_heap_class *class;
    struct at_mm_heap_object *object;

    if (__builtin_expect(size - 1 >= AT_MM_HEAP_SMALL, 0)) /* 0 as well */
        return alloc_slowly(heap, size);
    class = &heap->classes[at_mm_heap_class_of(size - 1)];
    object = class->head;
    if (__builtin_expect(!object, 0))
        return alloc_slowly(heap, size);
    if (__builtin_expect(object->mark != at_mm_heap_mark(heap, object), 0))
        at_panic("mm: an object was written to after it was freed");
    class->head = object->next;
    class->count--;
    object->mark = 0;
    return object;
}

void at_mm_heap_free(struct at_mm_heap *heap, void *address)
{
    struct at_mm_heap_object *object = address;
    struct at_mm_heap_class *class;
    unsigned state;

    if (!object)
        return;
    state = at_mm_frame_state(heap->frames, object);
    if (__builtin_expect(!(state & AT_MM_STATE_SLAB), 0)) {
        free_run(heap, object);
        return;
    }
    class = &heap->classes[state & AT_MM_HEAP_STATE_CLASS];
    if (__builtin_expect(!at_mm_heap_is_object(class, state, object), 0))
        at_mm_heap_reject();
    if (__builtin_expect(object->mark == at_mm_heap_mark(heap, object), 0))
        at_panic("mm: freed an object twice");
    object->next = class->head;
    object->mark = at_mm_heap_mark(heap, object);
    class->head = object;
    if (__builtin_expect(++class->count > class->limit, 0))
        at_mm_heap_shed(heap, class, class->limit / 2);
}
