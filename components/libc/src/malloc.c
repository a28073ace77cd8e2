/* SPDX-License-Identifier: ISC */
/* The malloc family, with POSIX's manners, on the platform's heap. In the place of musl's src/malloc. */

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <atman/libc/heap.h>

#define ALIGNMENT 16

static void *or_enomem(void *object)
{
    if (object == NULL) {
        errno = ENOMEM;
    }
    return object;
}

void *malloc(size_t size)
{
    return or_enomem(at_libc_heap_alloc(ALIGNMENT, size));
}

void *calloc(size_t count, size_t size)
{
    return or_enomem(at_libc_heap_calloc(count, size));
}

void *realloc(void *object, size_t size)
{
    return or_enomem(at_libc_heap_realloc(object, size));
}

void free(void *object)
{
    at_libc_heap_free(object);
}

static int is_power_of_two(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment)) {
        errno = EINVAL;
        return NULL;
    }
    return or_enomem(at_libc_heap_alloc(alignment > ALIGNMENT ? alignment : ALIGNMENT, size));
}

void *memalign(size_t alignment, size_t size) __attribute__((alias("aligned_alloc")));

int posix_memalign(void **object, size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment) || alignment < sizeof(void *)) {
        return EINVAL;
    }
    void *made = at_libc_heap_alloc(alignment > ALIGNMENT ? alignment : ALIGNMENT, size);
    if (made == NULL) {
        return ENOMEM;
    }
    *object = made;
    return 0;
}

size_t malloc_usable_size(void *object)
{
    return at_libc_heap_usable_size(object);
}

/* The names by which parts of musl ask for memory that an application's own malloc() shall not see. */
void *__libc_malloc(size_t size) __attribute__((alias("malloc")));
void *__libc_calloc(size_t count, size_t size) __attribute__((alias("calloc")));
void *__libc_realloc(void *object, size_t size) __attribute__((alias("realloc")));
void __libc_free(void *object) __attribute__((alias("free")));
