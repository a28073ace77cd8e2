/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_HEAP_H
#define ATMAN_MM_HEAP_H

/*
 * Heap: the malloc family over page frames.
 *
 * Up to AT_MM_HEAP_SMALL bytes, objects come out of slabs, each of one size class. Classes are 16 bytes apart up to
 * 256 bytes and an eighth of a power of two above, so that rounding adds at most an eighth beyond 128 bytes; but a
 * class that needs memory borrows objects that a larger one, of up to twice the size, has idle. Larger objects are runs
 * of whole pages (<atman/mm/run.h>). No object has a header: what it is follows from its address.
 *
 * Cost: O(1), whatever is allocated. A small object touches its class's cache line, its page's state byte and its own
 * first 16 bytes. A class keeps up to 512 freed objects or 128 KiB of them, or 16 of any size; beyond that they return
 * to their slabs, and empty slabs to the frames. A shortage of frames, whoever notices it, returns all of them.
 *
 * What is checked is decided when the component is compiled, by AT_MM_HEAP_CHECK, and each check panics with a reason:
 *
 *     0    an address that is not the heap's
 *     1    and freeing an object twice, or what is not an object's start, and finding that the first 16 bytes of a
 *          free object were written to (the default)
 *     2    and writing beyond the size that was asked for, and to any byte of a free object: O(size) for each object,
 *          24 bytes more
 *
 * No structure depends on it. Two heaps over the same frames do not tell each other's objects apart.
 *
 * Nothing here blocks, and nothing is safe against another CPU.
 *
 * Not for: memory that another domain shall see (see <atman/mm/pages.h>): a grant exposes a whole page.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/mm/frames.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The largest object that comes out of a slab, in bytes. */
#define AT_MM_HEAP_SMALL 8192

/* Size classes of small objects. */
#define AT_MM_HEAP_CLASSES 56

struct at_mm_heap_object;

/* What a size class knows of its slabs of one size. Private. */
struct at_mm_heap_shape {
    uint32_t mask;   /* slab size - 1 */
    uint32_t extent; /* bytes of objects, which end where the slab ends */
};

/* A size class: one cache line. Private. */
struct at_mm_heap_class {
    struct at_mm_heap_object *head;   /* freed objects, the last one first */
    uint32_t count;                   /* how many */
    uint32_t limit;                   /* with more, half of them go back to their slabs; 0 before the first use */
    uint32_t magic;                   /* 2^32 / size, rounded up */
    uint32_t out;                     /* objects not in their slabs: live ones and those in head */
    struct at_mm_heap_shape shape[2]; /* of the first slabs, and of the later ones */
    struct at_list partial;           /* slabs that have free objects of their own */
    uint64_t owned;                   /* objects of all its slabs */
};

/* The heap. Every member is private; it must not move once initialised. Best aligned to 64. */
struct at_mm_heap {
    uintptr_t secret;
    const uint8_t *slab_state; /* the state bytes of the pages where slabs have been, and of those between */
    size_t slab_first;         /* the first of these pages, by its address / 4096 */
    size_t slab_span;          /* how many */
    struct at_mm_frames *frames;
    uint64_t unused[3]; /* fills the line */
    struct at_mm_heap_class classes[AT_MM_HEAP_CLASSES];
    size_t slab_pages;
    size_t run_pages;
    size_t peak_pages; /* of both */
    size_t runs;
};

/* A moment's account. */
struct at_mm_heap_stats {
    size_t live;       /* objects allocated now */
    size_t live_bytes; /* their sizes as they were rounded up */
    size_t cached;     /* freed objects waiting in their classes */
    size_t pages;      /* frames held: slabs and runs */
    size_t peak_pages; /* the most that were ever held at once */
};

/*
 * at_mm_heap_init makes `heap` empty, over `frames`, which must outlive it, and takes the frames' shortage hook
 * (at_mm_frames_on_shortage()). `secret` is a number that is hard to guess, with which free objects are marked; 0 will
 * do where nobody hostile can write. O(1), no page is taken.
 */
void at_mm_heap_init(struct at_mm_heap *heap, struct at_mm_frames *frames, uintptr_t secret);

/*
 * at_mm_heap_alloc returns `size` bytes, 16-aligned, contents undefined, the caller's until at_mm_heap_free(); NULL
 * when memory is short or size above PTRDIFF_MAX. Size 0 gives an object of its own like any other.
 */
void *at_mm_heap_alloc(struct at_mm_heap *heap, size_t size);

/*
 * at_mm_heap_alloc_aligned is at_mm_heap_alloc() at a multiple of `alignment`, a power of two up to 4 MiB; NULL if it
 * is not that. Up to a page it costs what rounding size up to a multiple of alignment costs; above, whole pages.
 */
void *at_mm_heap_alloc_aligned(struct at_mm_heap *heap, size_t alignment, size_t size);

/* at_mm_heap_calloc returns `count` * `size` bytes, all 0; NULL when memory is short or the product does not fit. */
void *at_mm_heap_calloc(struct at_mm_heap *heap, size_t count, size_t size);

/*
 * at_mm_heap_realloc makes `object` `size` bytes long, moving it if it must, and returns where it is; what it held
 * stays up to the smaller of both sizes. NULL as `object` allocates. Size 0 shrinks it like any other size and does
 * not free it. Returns NULL when memory is short, and `object` is then unchanged; shrinking never fails. An alignment
 * above 16 is kept only while the object does not move.
 */
void *at_mm_heap_realloc(struct at_mm_heap *heap, void *object, size_t size);

/* at_mm_heap_free takes back `object`, which this heap gave; NULL does nothing. */
void at_mm_heap_free(struct at_mm_heap *heap, void *object);

/*
 * at_mm_heap_usable_size returns how many bytes `object` really has, all of them the caller's; 0 for NULL. With
 * AT_MM_HEAP_CHECK 2 these are as many as were asked for.
 */
size_t at_mm_heap_usable_size(const struct at_mm_heap *heap, const void *object);

/*
 * at_mm_heap_trim returns all waiting objects to their slabs and gives all empty slabs back to the frames. O(waiting
 * objects).
 */
void at_mm_heap_trim(struct at_mm_heap *heap);

/* at_mm_heap_stats stores the present account in `*stats`. O(AT_MM_HEAP_CLASSES). */
void at_mm_heap_stats(const struct at_mm_heap *heap, struct at_mm_heap_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_MM_HEAP_H */
