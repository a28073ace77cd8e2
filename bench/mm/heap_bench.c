/* SPDX-License-Identifier: ISC */

/*
 * What the heap costs beside the C library's malloc, in one process and one run.
 *
 *     pair N      allocate and free one object of N bytes, the same every time
 *     batch N     allocate 1,000 objects of N bytes, then free them in the same order
 *     churn N     10,000 live objects of 16-1024 bytes, or of up to N: free a random one, allocate another
 *     realloc     grow a buffer from 64 bytes to 1 MiB by a half each time
 *
 * Every measurement is the best of several, so that other work on the machine disturbs it little. The heap runs in one
 * thread, without locks; malloc here is called in a process of one thread and has its own fast paths for that.
 */

#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <atman/mm/heap.h>

#define PAGES ((size_t)65536)
#define LIVE 10000
#define BATCH 1000
#define ROUNDS 15

static struct at_mm_frames frames;
static _Alignas(64) struct at_mm_heap heap;
static uint8_t state[PAGES];

struct allocator {
    const char *name;
    void *(*alloc)(size_t size);
    void *(*realloc)(void *object, size_t size);
    void (*free)(void *object);
};

static void *heap_alloc(size_t size)
{
    return at_mm_heap_alloc(&heap, size);
}

static void *heap_realloc(void *object, size_t size)
{
    return at_mm_heap_realloc(&heap, object, size);
}

static void heap_free(void *object)
{
    at_mm_heap_free(&heap, object);
}

static const struct allocator allocators[] = {
    {"atman", heap_alloc, heap_realloc, heap_free},
    {"malloc", malloc, realloc, free},
};

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Keeps the compiler from removing a pair whose object nobody uses. */
static void touch(void *object)
{
    *(volatile char *)object = 1;
}

static size_t pair(const struct allocator *a, size_t size)
{
    enum { OPS = 200000 };

    for (size_t i = 0; i < OPS; ++i) {
        void *object = a->alloc(size);

        touch(object);
        a->free(object);
    }
    return OPS;
}

static size_t batch(const struct allocator *a, size_t size)
{
    enum { TIMES = 50 };
    void *objects[BATCH];

    for (size_t t = 0; t < TIMES; ++t) {
        for (size_t i = 0; i < BATCH; ++i)
            touch(objects[i] = a->alloc(size));
        for (size_t i = 0; i < BATCH; ++i)
            a->free(objects[i]);
    }
    return (size_t)TIMES * BATCH;
}

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static size_t churn(const struct allocator *a, size_t largest)
{
    enum { OPS = 300000 };
    static void *objects[LIVE];
    uint32_t seed = 12345;

    for (size_t i = 0; i < LIVE; ++i)
        touch(objects[i] = a->alloc(16 + next_random(&seed) % (largest - 15)));
    for (size_t i = 0; i < OPS; ++i) {
        size_t victim = next_random(&seed) % LIVE;

        a->free(objects[victim]);
        touch(objects[victim] = a->alloc(16 + next_random(&seed) % (largest - 15)));
    }
    for (size_t i = 0; i < LIVE; ++i)
        a->free(objects[i]);
    return OPS;
}

static size_t grow(const struct allocator *a, size_t largest)
{
    enum { TIMES = 20 };
    size_t ops = 0;

    for (size_t t = 0; t < TIMES; ++t) {
        void *object = NULL;

        for (size_t size = 64; size < largest; size += size / 2, ++ops)
            touch(object = a->realloc(object, size));
        a->free(object);
    }
    return ops;
}

static const struct {
    const char *name;
    size_t (*run)(const struct allocator *a, size_t size);
    size_t size;
} cases[] = {
    {"pair", pair, 64},    {"pair", pair, 1000},   {"pair", pair, 40000},   {"batch", batch, 64},
    {"batch", batch, 500}, {"churn", churn, 1024}, {"churn", churn, 16384}, {"realloc", grow, 1 << 20},
};

static double measure(size_t i, const struct allocator *a)
{
    double best = 1e18;

    for (int round = 0; round < ROUNDS; ++round) {
        double start = now_ns();
        size_t ops = cases[i].run(a, cases[i].size);
        double ns = (now_ns() - start) / (double)ops;

        if (ns < best)
            best = ns;
    }
    return best;
}

/* What churn leaves over its live bytes at its peak: frames held against what was asked for. */
static void print_overhead(void)
{
    static void *objects[LIVE];
    static size_t sizes[LIVE];
    struct at_mm_heap_stats stats;
    uint32_t seed = 12345;
    size_t live = 0, most = 0;

    at_mm_heap_trim(&heap);
    heap.peak_pages = 0;
    for (size_t i = 0; i < 100 * LIVE; ++i) {
        size_t victim = i < LIVE ? i : next_random(&seed) % LIVE;

        live -= i < LIVE ? 0 : sizes[victim];
        at_mm_heap_free(&heap, objects[victim]);
        sizes[victim] = 16 + next_random(&seed) % 1009;
        objects[victim] = at_mm_heap_alloc(&heap, sizes[victim]);
        live += sizes[victim];
        most = live > most ? live : most;
    }
    at_mm_heap_stats(&heap, &stats);
    printf("churn 1024: %zu KiB live at most, %zu KiB of frames: %.1f%% over\n", most >> 10, stats.peak_pages << 2,
           100.0 * ((double)(stats.peak_pages << AT_MM_PAGE_SHIFT) / (double)most - 1));
    for (size_t i = 0; i < LIVE; ++i)
        at_mm_heap_free(&heap, objects[i]);
    at_mm_heap_trim(&heap);
    at_mm_heap_stats(&heap, &stats);
    printf("after freeing all: %zu pages held\n", stats.pages);
}

int main(void)
{
    struct at_mm_frames_config config = {.pages = PAGES, .state = state, .ready_pages = PAGES};

    config.base = mmap(NULL, PAGES * AT_MM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (config.base == MAP_FAILED)
        return 1;
    at_mm_frames_init(&frames, &config);
    at_mm_heap_init(&heap, &frames, 0);
    printf("%-16s %12s %12s %8s\n", "ns per operation", allocators[0].name, allocators[1].name, "ratio");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        double atman = measure(i, &allocators[0]);
        double libc = measure(i, &allocators[1]);

        printf("%-8s %7zu %12.1f %12.1f %8.2f\n", cases[i].name, cases[i].size, atman, libc, atman / libc);
    }
    print_overhead();
    return 0;
}
