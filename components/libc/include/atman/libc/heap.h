/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_HEAP_H
#define ATMAN_LIBC_HEAP_H

/*
 * The seam under malloc(), for platforms: a heap. Functions that the platform defines, on xen_pv with `mm`; linked only
 * if a program allocates. Applications use <stdlib.h>. None may block.
 */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_libc_heap_alloc returns `size` bytes at a multiple of `alignment`, a power of two of at least 16, contents
 * undefined; NULL when there is no memory. Size 0 gives an object like any other.
 */
void *at_libc_heap_alloc(size_t alignment, size_t size);

/* at_libc_heap_calloc returns `count` * `size` bytes, all 0; NULL when there is no memory or the product overflows. */
void *at_libc_heap_calloc(size_t count, size_t size);

/* at_libc_heap_realloc makes `object`, or nothing if NULL, `size` bytes long; NULL, and `object` as it was, if not. */
void *at_libc_heap_realloc(void *object, size_t size);

/* at_libc_heap_free takes back `object`; NULL does nothing. */
void at_libc_heap_free(void *object);

/* at_libc_heap_usable_size returns how many bytes `object` has; 0 for NULL. */
size_t at_libc_heap_usable_size(void *object);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIBC_HEAP_H */
