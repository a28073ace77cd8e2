/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <atman/base/bits.h>
#include <atman/testing/mm_contract.h>

static bool is_filled(const uint8_t *bytes, int value, size_t size)
{
    return size == 0 || (bytes[0] == value && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* Gives everything back and checks that the heap holds what it held at the start. */
static void check_nothing_left(struct at_contract *t, struct at_mm_heap *heap, const struct at_mm_heap_stats *before)
{
    struct at_mm_heap_stats after;

    at_mm_heap_trim(heap);
    at_mm_heap_stats(heap, &after);
    AT_CHECK_EQ(t, after.live, before->live);
    AT_CHECK_EQ(t, after.live_bytes, before->live_bytes);
    AT_CHECK_EQ(t, after.cached, 0);
    AT_CHECK(t, after.pages <= before->pages);
}

static void objects_of_any_size_are_aligned_disjoint_and_long_enough(struct at_contract *t, void *ctx)
{
    static const size_t sizes[] = {0,   1,    15,   16,   17,   24,   128,  129,  144,  255,  256,  257,
                                   500, 1024, 1025, 2048, 3000, 4095, 4096, 4097, 8191, 8192, 8193, 50000};
    enum { COUNT = AT_COUNT_OF(sizes) };
    struct at_mm_contract_env *env = ctx;
    struct at_mm_heap_stats before;
    void *object[COUNT];

    at_mm_heap_trim(env->heap);
    at_mm_heap_stats(env->heap, &before);
    for (size_t i = 0; i < COUNT; ++i) {
        object[i] = at_mm_heap_alloc(env->heap, sizes[i]);
        AT_REQUIRE(t, object[i] != NULL);
        AT_CHECK_EQ(t, (uintptr_t)object[i] % 16, 0);
        AT_CHECK(t, at_mm_heap_usable_size(env->heap, object[i]) >= sizes[i]);
        memset(object[i], (int)i, at_mm_heap_usable_size(env->heap, object[i]));
    }
    for (size_t i = 0; i < COUNT; ++i) {
        AT_CHECK(t, is_filled(object[i], (int)i, at_mm_heap_usable_size(env->heap, object[i])));
        at_mm_heap_free(env->heap, object[i]);
    }
    check_nothing_left(t, env->heap, &before);
}

static void alignments_up_to_64_kib_are_kept(struct at_contract *t, void *ctx)
{
    static const size_t sizes[] = {0, 1, 33, 200, 640, 1000, 5000, 9000};
    struct at_mm_contract_env *env = ctx;
    struct at_mm_heap_stats before;

    at_mm_heap_stats(env->heap, &before);
    for (size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        for (size_t i = 0; i < AT_COUNT_OF(sizes); ++i) {
            void *first = at_mm_heap_alloc_aligned(env->heap, alignment, sizes[i]);
            void *second = at_mm_heap_alloc_aligned(env->heap, alignment, sizes[i]);

            AT_REQUIRE(t, first && second);
            AT_CHECK_EQ(t, (uintptr_t)first % alignment, 0);
            AT_CHECK_EQ(t, (uintptr_t)second % alignment, 0);
            AT_CHECK(t, at_mm_heap_usable_size(env->heap, first) >= sizes[i]);
            at_mm_heap_free(env->heap, first);
            at_mm_heap_free(env->heap, second);
        }
    }
    AT_CHECK(t, at_mm_heap_alloc_aligned(env->heap, 0, 16) == NULL);
    AT_CHECK(t, at_mm_heap_alloc_aligned(env->heap, 48, 16) == NULL);
    AT_CHECK(t, at_mm_heap_alloc_aligned(env->heap, (size_t)8 << 20, 16) == NULL);
    AT_CHECK(t, at_mm_heap_alloc_aligned(env->heap, 4096, SIZE_MAX - 1) == NULL);
    check_nothing_left(t, env->heap, &before);
}

static void sizes_that_overflow_are_refused(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    void *object = at_mm_heap_alloc(env->heap, 100);

    AT_REQUIRE(t, object != NULL);
    AT_CHECK(t, at_mm_heap_alloc(env->heap, SIZE_MAX) == NULL);
    AT_CHECK(t, at_mm_heap_alloc(env->heap, SIZE_MAX - 4096) == NULL);
    AT_CHECK(t, at_mm_heap_alloc(env->heap, (size_t)PTRDIFF_MAX + 1) == NULL);
    AT_CHECK(t, at_mm_heap_alloc(env->heap, PTRDIFF_MAX) == NULL);
    AT_CHECK(t, at_mm_heap_calloc(env->heap, SIZE_MAX / 2, 3) == NULL);
    AT_CHECK(t, at_mm_heap_calloc(env->heap, (size_t)1 << 32, (size_t)1 << 32) == NULL);
    AT_CHECK(t, at_mm_heap_realloc(env->heap, object, SIZE_MAX) == NULL);
    AT_CHECK(t, at_mm_heap_realloc(env->heap, object, PTRDIFF_MAX) == NULL);
    AT_CHECK(t, at_mm_heap_usable_size(env->heap, object) >= 100);
    at_mm_heap_free(env->heap, object);
}

static void calloc_clears_what_was_used_before(struct at_contract *t, void *ctx)
{
    static const size_t sizes[] = {1, 16, 100, 4000, 20000};
    struct at_mm_contract_env *env = ctx;

    for (size_t i = 0; i < AT_COUNT_OF(sizes); ++i) {
        void *used = at_mm_heap_alloc(env->heap, sizes[i]);
        void *clear;

        AT_REQUIRE(t, used != NULL);
        memset(used, 0xFF, sizes[i]);
        at_mm_heap_free(env->heap, used);
        clear = at_mm_heap_calloc(env->heap, 1, sizes[i]);
        AT_REQUIRE(t, clear != NULL);
        AT_CHECK(t, is_filled(clear, 0, sizes[i]));
        at_mm_heap_free(env->heap, clear);
    }
}

static void zero_bytes_and_null_follow_c(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    void *a = at_mm_heap_alloc(env->heap, 0);
    void *b = at_mm_heap_calloc(env->heap, 0, 8);
    void *c = at_mm_heap_realloc(env->heap, NULL, 0);

    AT_CHECK(t, a && b && c && a != b && b != c && a != c);
    a = at_mm_heap_realloc(env->heap, a, 0);
    AT_CHECK(t, a != NULL);
    AT_CHECK_EQ(t, at_mm_heap_usable_size(env->heap, NULL), 0);
    at_mm_heap_free(env->heap, NULL);
    at_mm_heap_free(env->heap, a);
    at_mm_heap_free(env->heap, b);
    at_mm_heap_free(env->heap, c);
}

static void realloc_keeps_the_content_up_and_down(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    struct at_mm_heap_stats before;
    uint8_t *object;
    size_t size = 1;

    at_mm_heap_stats(env->heap, &before);
    object = at_mm_heap_alloc(env->heap, size);
    AT_REQUIRE(t, object != NULL);
    object[0] = 7;
    for (; size < 70000; size = size * 3 / 2 + 1) {
        size_t larger = size * 3 / 2 + 1;

        object = at_mm_heap_realloc(env->heap, object, larger);
        AT_REQUIRE(t, object != NULL);
        AT_CHECK(t, is_filled(object, 7, size));
        memset(object, 7, larger);
    }
    for (; size > 0; size /= 2) {
        object = at_mm_heap_realloc(env->heap, object, size / 2);
        AT_REQUIRE(t, object != NULL);
        AT_CHECK(t, is_filled(object, 7, size / 2));
        AT_CHECK(t, at_mm_heap_usable_size(env->heap, object) <= (size < 16 ? 16 : 2 * size + AT_MM_PAGE_SIZE));
    }
    at_mm_heap_free(env->heap, object);
    check_nothing_left(t, env->heap, &before);
}

const struct at_contract_case at_mm_heap_contract[] = {
    {"ObjectsOfAnySizeAreAlignedDisjointAndLongEnough", objects_of_any_size_are_aligned_disjoint_and_long_enough},
    {"AlignmentsUpTo64KibAreKept", alignments_up_to_64_kib_are_kept},
    {"SizesThatOverflowAreRefused", sizes_that_overflow_are_refused},
    {"CallocClearsWhatWasUsedBefore", calloc_clears_what_was_used_before},
    {"ZeroBytesAndNullFollowC", zero_bytes_and_null_follow_c},
    {"ReallocKeepsTheContentUpAndDown", realloc_keeps_the_content_up_and_down},
};
const size_t at_mm_heap_contract_count = AT_COUNT_OF(at_mm_heap_contract);
