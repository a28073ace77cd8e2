/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <atman/base/bits.h>
#include <atman/testing/mm_contract.h>

#define PAGES 3

/* Takes PAGES pages and their frames. */
static bool take_pages(struct at_mm_contract_env *env, void **pages, uint64_t *frames)
{
    for (size_t i = 0; i < PAGES; ++i) {
        if (at_mm_frames_alloc(env->frames, &pages[i], 0) != AT_OK)
            return false;
        frames[i] = env->frame_of(env->ctx, pages[i]);
    }
    return true;
}

static void give_pages(struct at_mm_contract_env *env, void **pages)
{
    for (size_t i = 0; i < PAGES; ++i)
        at_mm_frames_free(env->frames, pages[i], 0);
}

static void mapped_frames_show_the_same_memory(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    size_t free = at_mm_space_free_pages(env->space);
    void *pages[PAGES], *view;
    uint64_t frames[PAGES];

    AT_REQUIRE(t, take_pages(env, pages, frames));
    AT_REQUIRE(t, at_mm_space_map(env->space, &view, frames, PAGES, AT_MM_READ | AT_MM_WRITE) == AT_OK);
    AT_CHECK_EQ(t, (uintptr_t)view % AT_MM_PAGE_SIZE, 0);
    AT_CHECK_EQ(t, at_mm_space_free_pages(env->space), free - PAGES);
    for (size_t i = 0; env->mapped_is_memory && i < PAGES; ++i) {
        volatile uint8_t *here = pages[i];
        volatile uint8_t *there = (uint8_t *)view + i * AT_MM_PAGE_SIZE;

        there[5] = (uint8_t)(i + 1);
        AT_CHECK_EQ(t, here[5], i + 1);
        here[4095] = (uint8_t)(i + 9);
        AT_CHECK_EQ(t, there[4095], i + 9);
    }
    AT_CHECK_EQ(t, at_mm_space_protect(env->space, view, PAGES, AT_MM_READ), AT_OK);
    for (size_t i = 0; env->mapped_is_memory && i < PAGES; ++i)
        AT_CHECK_EQ(t, ((volatile uint8_t *)view)[i * AT_MM_PAGE_SIZE + 5], i + 1);
    AT_CHECK_EQ(t, at_mm_space_unmap(env->space, view, PAGES), AT_OK);
    AT_CHECK_EQ(t, at_mm_space_free_pages(env->space), free);
    give_pages(env, pages);
}

static void more_pages_than_a_batch_map_and_unmap(struct at_contract *t, void *ctx)
{
    enum { MANY = 2 * AT_MM_MMU_BATCH + 5 };
    struct at_mm_contract_env *env = ctx;
    uint64_t frames[MANY];
    void *page, *view;

    AT_REQUIRE(t, at_mm_frames_alloc(env->frames, &page, 0) == AT_OK);
    memset(page, 0x5A, AT_MM_PAGE_SIZE);
    for (size_t i = 0; i < MANY; ++i)
        frames[i] = env->frame_of(env->ctx, page);
    AT_REQUIRE(t, at_mm_space_map(env->space, &view, frames, MANY, AT_MM_READ) == AT_OK);
    for (size_t i = 0; env->mapped_is_memory && i < MANY; ++i)
        AT_CHECK_EQ(t, ((volatile uint8_t *)view)[i * AT_MM_PAGE_SIZE + i], 0x5A);
    AT_CHECK_EQ(t, at_mm_space_unmap(env->space, view, MANY), AT_OK);
    at_mm_frames_free(env->frames, page, 0);
}

static void writable_and_executable_is_refused(struct at_contract *t, void *ctx)
{
    static const uint32_t bad[] = {AT_MM_NONE, AT_MM_WRITE | AT_MM_EXEC, AT_MM_READ | AT_MM_WRITE | AT_MM_EXEC, 8, 9};
    struct at_mm_contract_env *env = ctx;
    size_t free = at_mm_space_free_pages(env->space);
    void *pages[PAGES], *view;
    uint64_t frames[PAGES];

    AT_REQUIRE(t, take_pages(env, pages, frames));
    for (size_t i = 0; i < AT_COUNT_OF(bad); ++i)
        AT_CHECK_EQ(t, at_mm_space_map(env->space, &view, frames, PAGES, bad[i]), AT_INVALID);
    AT_CHECK_EQ(t, at_mm_space_free_pages(env->space), free);
    AT_REQUIRE(t, at_mm_space_map(env->space, &view, frames, PAGES, AT_MM_READ) == AT_OK);
    for (size_t i = 0; i < AT_COUNT_OF(bad); ++i)
        AT_CHECK_EQ(t, at_mm_space_protect(env->space, view, PAGES, bad[i]), AT_INVALID);
    AT_CHECK_EQ(t, at_mm_space_unmap(env->space, view, PAGES), AT_OK);
    give_pages(env, pages);
}

static void reserved_ranges_are_apart_and_come_back(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    size_t free = at_mm_space_free_pages(env->space);
    void *a, *b, *c;

    AT_CHECK_EQ(t, at_mm_space_reserve(env->space, &a, 0), AT_INVALID);
    AT_CHECK_EQ(t, at_mm_space_reserve(env->space, &a, free + 1), AT_NO_SPACE);
    AT_CHECK_EQ(t, at_mm_space_reserve(env->space, &a, SIZE_MAX), AT_NO_SPACE);
    AT_REQUIRE(t, at_mm_space_reserve(env->space, &a, 2) == AT_OK);
    AT_REQUIRE(t, at_mm_space_reserve(env->space, &b, 5) == AT_OK);
    AT_CHECK(t, (uintptr_t)b - (uintptr_t)a >= 2 * AT_MM_PAGE_SIZE);
    AT_CHECK(t, (uintptr_t)a - (uintptr_t)b >= 5 * AT_MM_PAGE_SIZE);
    at_mm_space_release(env->space, a, 2);
    AT_REQUIRE(t, at_mm_space_reserve(env->space, &c, 2) == AT_OK);
    AT_CHECK(t, (uintptr_t)b - (uintptr_t)c >= 2 * AT_MM_PAGE_SIZE);
    at_mm_space_release(env->space, b, 5);
    at_mm_space_release(env->space, c, 2);
    AT_CHECK_EQ(t, at_mm_space_free_pages(env->space), free);
}

const struct at_contract_case at_mm_space_contract[] = {
    {"MappedFramesShowTheSameMemory", mapped_frames_show_the_same_memory},
    {"MorePagesThanABatchMapAndUnmap", more_pages_than_a_batch_map_and_unmap},
    {"WritableAndExecutableIsRefused", writable_and_executable_is_refused},
    {"ReservedRangesAreApartAndComeBack", reserved_ranges_are_apart_and_come_back},
};
const size_t at_mm_space_contract_count = AT_COUNT_OF(at_mm_space_contract);
