/* SPDX-License-Identifier: ISC */
#include <atman/mm/heap.h>

#include <atman/mm/run.h>

#include "heap_internal.h"

void *at_mm_heap_run_alloc(struct at_mm_heap *heap, size_t size, unsigned align_order)
{
    size_t pages = (size + AT_MM_PAGE_SIZE - 1) >> AT_MM_PAGE_SHIFT;
    void *run;

    if (size > PTRDIFF_MAX || at_mm_run_alloc(heap->frames, &run, pages, align_order) != AT_OK)
        return NULL;
    heap->runs++;
    at_mm_heap_hold(heap, &heap->run_pages, pages);
    return run;
}

void at_mm_heap_run_free(struct at_mm_heap *heap, void *run)
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

void *at_mm_heap_alloc(struct at_mm_heap *heap, size_t size)
{
    size_t last = size + (size == 0) - 1;
    struct at_mm_heap_class *class;
    struct at_mm_heap_object *object;

    if (__builtin_expect(last >= AT_MM_HEAP_SMALL, 0))
        return at_mm_heap_run_alloc(heap, size, 0);
    class = &heap->classes[at_mm_heap_class_of(last)];
    if (__builtin_expect(!class->head, 0) && !at_mm_heap_refill(heap, at_mm_heap_class_of(last)))
        return NULL;
    object = class->head;
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
        at_mm_heap_run_free(heap, object);
        return;
    }
    class = at_mm_heap_class_at(heap, state);
    if (__builtin_expect(!at_mm_heap_is_object(class, state, object), 0))
        at_mm_heap_reject();
    if (__builtin_expect(object->mark == at_mm_heap_mark(heap, object), 0))
        at_panic("mm: freed an object twice");
    object->next = class->head;
    object->mark = at_mm_heap_mark(heap, object);
    class->head = object;
    if (__builtin_expect(++class->count >= class->limit, 0))
        at_mm_heap_rotate(heap, class);
}
