/* SPDX-License-Identifier: ISC */
#include "allocators.h"

#include <stdint.h>
#include <string.h>

#define LIVE 10000
#define BATCH 1000

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

const struct bench_case bench_cases[] = {
    {"pair", pair, 64},    {"pair", pair, 1000},   {"pair", pair, 40000},   {"batch", batch, 64},
    {"batch", batch, 500}, {"churn", churn, 1024}, {"churn", churn, 16384}, {"realloc", grow, 1 << 20},
};
const size_t bench_case_count = sizeof(bench_cases) / sizeof(bench_cases[0]);

double bench_overhead(const struct allocator *a, size_t rounds)
{
    static void *objects[LIVE];
    static size_t sizes[LIVE];
    size_t start = a->held();
    size_t live = 0, most_live = 0, most_held = 0;
    uint32_t seed = 12345;

    memset(objects, 0, sizeof(objects));
    memset(sizes, 0, sizeof(sizes));
    for (size_t i = 0; i < (1 + rounds) * LIVE; ++i) {
        size_t victim = i < LIVE ? i : next_random(&seed) % LIVE;

        a->free(objects[victim]);
        live -= sizes[victim];
        sizes[victim] = 16 + next_random(&seed) % 1009;
        objects[victim] = a->alloc(sizes[victim]);
        memset(objects[victim], 1, sizes[victim]); /* untouched memory costs nothing on Linux */
        live += sizes[victim];
        most_live = live > most_live ? live : most_live;
        if (i % 100 == 0 || i == LIVE - 1) {
            size_t held = a->held() - start;

            most_held = held > most_held ? held : most_held;
        }
    }
    for (size_t i = 0; i < LIVE; ++i)
        a->free(objects[i]);
    return 100.0 * ((double)most_held / (double)most_live - 1);
}
