/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <atman/mm/run.h>

#include "heap_internal.h"

/* How much of a slab may hold no object, as a fraction: of a class's first slabs, and of those that it gets when it
   already fills half of such. */
#define FIRST_WASTE 3
#define LATER_WASTE 24

/* A class that needs a slab looks at so many larger ones for an object to borrow: up to those of twice the size. */
#define LENDERS 8

/* A class keeps so many freed objects, of so many bytes together, but a few of any size. */
#define LIMIT_MAX 512
#define LIMIT_BYTES 131072
#define LIMIT_MIN 16

void at_mm_heap_init(struct at_mm_heap *heap, struct at_mm_frames *frames, uintptr_t secret)
{
    memset(heap, 0, sizeof(*heap));
    heap->frames = frames;
    heap->secret = secret ^ UINTPTR_MAX / 0xFF * 0xA5; /* a mark must not look like a plain pointer to the object */
    at_mm_frames_on_shortage(frames, (at_mm_frames_shortage_fn)at_mm_heap_trim, heap);
}

void at_mm_heap_hold(struct at_mm_heap *heap, size_t *kind, size_t pages)
{
    *kind += pages;
    if (heap->slab_pages + heap->run_pages > heap->peak_pages)
        heap->peak_pages = heap->slab_pages + heap->run_pages;
}

/* The smallest slab of which at most 1 / `waste` holds no object. */
static struct at_mm_heap_shape make_shape(uint32_t size, uint32_t waste)
{
    uint32_t slab = AT_MM_PAGE_SIZE;
    uint32_t extent;

    while (extent = (slab - (uint32_t)sizeof(struct at_mm_heap_slab)) / size * size, (slab - extent) * waste > slab)
        slab *= 2;
    return (struct at_mm_heap_shape){slab - 1, extent};
}

/* Works out what a class needs to know; done when it is first used, so that a heap costs nothing before. */
static void set_up(struct at_mm_heap_class *class, size_t size)
{
    size_t limit = LIMIT_BYTES / size;

    class->limit = (uint32_t)(limit < LIMIT_MIN ? LIMIT_MIN : limit > LIMIT_MAX ? LIMIT_MAX : limit);
    class->magic = (uint32_t)(UINT32_MAX / size + 1);
    class->shape[0] = make_shape((uint32_t)size, FIRST_WASTE);
    class->shape[1] = make_shape((uint32_t)size, LATER_WASTE);
    at_list_init(&class->partial);
}

static unsigned order_of(struct at_mm_heap_shape shape)
{
    return at_bits_highest(shape.mask) + 1 - AT_MM_PAGE_SHIFT;
}

/* Widens the range in which at_mm_heap_free() looks for slabs. */
static void span_slabs(struct at_mm_heap *heap, size_t page, size_t pages)
{
    size_t first = heap->frames->base_page + page;
    size_t end = first + pages;

    if (heap->slab_span > 0) {
        size_t old_end = heap->slab_first + heap->slab_span;

        first = heap->slab_first < first ? heap->slab_first : first;
        end = old_end > end ? old_end : end;
    }
    heap->slab_first = first;
    heap->slab_span = end - first;
    heap->slab_state = heap->frames->state + (first - heap->frames->base_page);
}

/* Gets a slab and makes all its objects the class's free list, lowest address first. */
static bool add_slab(struct at_mm_heap *heap, unsigned class_index)
{
    struct at_mm_heap_class *class = &heap->classes[class_index];
    size_t size = at_mm_heap_class_size(class_index);
    unsigned later = class->out * size * 2 > class->shape[1].mask;
    struct at_mm_heap_slab *slab;
    uintptr_t address;
    size_t page;

    if (later && at_mm_frame_get(heap->frames, &page, order_of(class->shape[1])) != AT_OK)
        later = 0;
    if (!later && at_mm_frame_get(heap->frames, &page, order_of(class->shape[0])) != AT_OK)
        return false;
    memset(heap->frames->state + page, (int)(AT_MM_STATE_SLAB | later * AT_MM_HEAP_STATE_SHAPE | class_index),
           (size_t)1 << order_of(class->shape[later]));
    at_mm_frame_use(heap->frames, (size_t)1 << order_of(class->shape[later]));
    at_mm_heap_hold(heap, &heap->slab_pages, (size_t)1 << order_of(class->shape[later]));

    span_slabs(heap, page, (size_t)1 << order_of(class->shape[later]));

    slab = at_mm_frame_address(heap->frames, page);
    *slab = (struct at_mm_heap_slab){.total = class->shape[later].extent / (uint32_t)size};
    address = (uintptr_t)slab + class->shape[later].mask + 1;
    for (uint32_t i = 0; i < slab->total; ++i) {
        struct at_mm_heap_object *object = (struct at_mm_heap_object *)(address -= size);

        object->next = class->head;
        at_mm_heap_set_mark(heap, object);
        at_mm_heap_fill_free(object, size);
        class->head = object;
    }
    class->count = slab->total;
    class->out += slab->total;
    class->owned += slab->total;
    return true;
}

/*
 * Finds a larger class that lends an object for `size` bytes: more of its objects are idle than one slab holds, so it
 * is past its peak. While a heap fills there is none. Returns `class_index` if there is none.
 */
static unsigned find_lender(const struct at_mm_heap *heap, unsigned class_index, size_t size)
{
    for (unsigned i = class_index + 1; i <= class_index + LENDERS && i < AT_MM_HEAP_CLASSES; ++i) {
        const struct at_mm_heap_class *class = &heap->classes[i];
        size_t lent = at_mm_heap_class_size(i);

        size_t idle = class->owned - class->out + class->count;

        if (idle * lent > class->shape[1].extent && lent % (size & -size) == 0)
            return i;
    }
    return class_index;
}

bool at_mm_heap_refill(struct at_mm_heap *heap, unsigned *class_index, size_t size)
{
    struct at_mm_heap_class *class = &heap->classes[*class_index];
    struct at_list_node *node;
    struct at_mm_heap_slab *slab;

    if (class->limit == 0)
        set_up(class, at_mm_heap_class_size(*class_index));
    if (at_list_is_empty(&class->partial)) {
        *class_index = find_lender(heap, *class_index, size);
        class = &heap->classes[*class_index];
        if (class->head)
            return true;
    }
    node = at_list_pop_front(&class->partial);
    if (!node)
        return add_slab(heap, *class_index);
    slab = AT_CONTAINER_OF(node, struct at_mm_heap_slab, node);
    class->head = slab->free;
    class->count = slab->free_count;
    class->out += slab->free_count;
    slab->free = NULL;
    slab->free_count = 0;
    return true;
}

/* Gives one object back to its slab, and the slab back to the frames when it was the last. */
static void give_back(struct at_mm_heap *heap, struct at_mm_heap_class *class, struct at_mm_heap_object *object)
{
    uint32_t mask = at_mm_heap_shape_of(class, at_mm_frame_state(heap->frames, object)).mask;
    struct at_mm_heap_slab *slab = (struct at_mm_heap_slab *)((uintptr_t)object & ~(uintptr_t)mask);
    size_t pages = ((size_t)mask + 1) >> AT_MM_PAGE_SHIFT;

    object->next = slab->free;
    slab->free = object;
    class->out--;
    if (++slab->free_count == 1)
        at_list_push_front(&class->partial, &slab->node);
    if (slab->free_count == slab->total) {
        at_list_remove(&slab->node);
        class->owned -= slab->total;
        heap->slab_pages -= pages;
        heap->frames->used -= pages;
        at_mm_frame_put(heap->frames, at_mm_frame_page(heap->frames, slab), pages);
    }
}

void at_mm_heap_shed(struct at_mm_heap *heap, struct at_mm_heap_class *class, uint32_t keep)
{
    while (class->count > keep) {
        struct at_mm_heap_object *object = class->head;

        at_mm_heap_check_free(heap, object);
        class->head = object->next;
        class->count--;
        give_back(heap, class, object);
    }
}

void at_mm_heap_trim(struct at_mm_heap *heap)
{
    for (unsigned i = 0; i < AT_MM_HEAP_CLASSES; ++i)
        at_mm_heap_shed(heap, &heap->classes[i], 0);
}
