/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_BENCH_MM_ALLOCATORS_H
#define ATMAN_BENCH_MM_ALLOCATORS_H

/* What is measured of an allocator, whichever it is. */

#include <stddef.h>

struct allocator {
    void *(*alloc)(size_t size);
    void *(*realloc)(void *object, size_t size);
    void (*free)(void *object);
    size_t (*held)(void); /* bytes of memory that it holds now */
};

struct bench_case {
    const char *name;
    size_t (*run)(const struct allocator *a, size_t size); /* returns how many operations it did */
    size_t size;
};

extern const struct bench_case bench_cases[];
extern const size_t bench_case_count;

/* bench_overhead returns by how many percent what `a` holds at most exceeds what is live at most, in `rounds` times
   10,000 replacements of 10,000 objects. 0 rounds: after filling only. */
double bench_overhead(const struct allocator *a, size_t rounds);

#endif /* ATMAN_BENCH_MM_ALLOCATORS_H */
