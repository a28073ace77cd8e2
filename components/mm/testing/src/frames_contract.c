/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <atman/base/bits.h>
#include <atman/mm/run.h>
#include <atman/testing/mm_contract.h>

#define BLOCKS 7 /* orders 0 to 6: 127 pages */

static bool adds_up(const struct at_mm_frames_stats *stats)
{
    size_t free = 0;

    for (unsigned order = 0; order <= AT_MM_ORDER_MAX; ++order)
        free += stats->free_blocks[order] << order;
    return free == stats->free && stats->used + stats->free + stats->virgin == stats->total &&
           stats->used <= stats->peak && stats->peak <= stats->total;
}

static void blocks_are_aligned_disjoint_and_writable(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    void *block[BLOCKS];

    for (unsigned order = 0; order < BLOCKS; ++order) {
        size_t size = AT_MM_PAGE_SIZE << order;

        AT_REQUIRE(t, at_mm_frames_alloc(env->frames, &block[order], order) == AT_OK);
        AT_CHECK_EQ(t, (uintptr_t)block[order] % size, 0);
        memset(block[order], (int)order + 1, size);
    }
    for (unsigned order = 0; order < BLOCKS; ++order) {
        const uint8_t *bytes = block[order];
        size_t size = AT_MM_PAGE_SIZE << order;

        AT_CHECK_EQ(t, bytes[0], order + 1);
        AT_CHECK_EQ(t, memcmp(bytes, bytes + 1, size - 1), 0);
        at_mm_frames_free(env->frames, block[order], order);
    }
}

static void stats_add_up_and_freeing_returns_to_the_start(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    struct at_mm_frames_stats before, during, after;
    void *block[BLOCKS];

    at_mm_frames_stats(env->frames, &before);
    AT_CHECK(t, adds_up(&before));
    for (unsigned order = 0; order < BLOCKS; ++order)
        AT_REQUIRE(t, at_mm_frames_alloc(env->frames, &block[order], order) == AT_OK);
    at_mm_frames_stats(env->frames, &during);
    AT_CHECK(t, adds_up(&during));
    AT_CHECK_EQ(t, during.used, before.used + (1u << BLOCKS) - 1);
    for (unsigned order = 0; order < BLOCKS; ++order)
        at_mm_frames_free(env->frames, block[order], order);
    at_mm_frames_stats(env->frames, &after);
    AT_CHECK(t, adds_up(&after));
    AT_CHECK_EQ(t, after.used, before.used);
}

static void single_pages_merge_into_a_block_again(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    struct at_mm_frames_stats before, after;
    void *block, *pages[64], *again;
    size_t i;

    AT_REQUIRE(t, at_mm_frames_alloc(env->frames, &block, 6) == AT_OK);
    at_mm_frames_free(env->frames, block, 6);
    for (i = 0; i < 64; ++i)
        AT_REQUIRE(t, at_mm_frames_alloc(env->frames, &pages[i], 0) == AT_OK);
    while (i-- > 0)
        at_mm_frames_free(env->frames, pages[i], 0);
    at_mm_frames_stats(env->frames, &before);
    AT_REQUIRE(t, at_mm_frames_alloc(env->frames, &again, 6) == AT_OK);
    at_mm_frames_free(env->frames, again, 6);
    at_mm_frames_stats(env->frames, &after);
    AT_CHECK_EQ(t, after.virgin, before.virgin); /* what the pages merged into was enough */
    AT_CHECK_EQ(t, after.used, before.used);
}

static void orders_that_do_not_exist_are_refused(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    void *block = &block;

    AT_CHECK_EQ(t, at_mm_frames_alloc(env->frames, &block, AT_MM_ORDER_MAX + 1), AT_INVALID);
    AT_CHECK_EQ(t, at_mm_frames_alloc(env->frames, &block, 64), AT_INVALID);
    AT_CHECK_EQ(t, at_mm_frames_alloc(env->frames, &block, ~0u), AT_INVALID);
    AT_CHECK(t, block == (void *)&block);
}

static void runs_have_their_length_and_waste_nothing(struct at_contract *t, void *ctx)
{
    static const size_t lengths[] = {1, 2, 3, 5, 7, 8, 21, 63, 64};
    struct at_mm_contract_env *env = ctx;
    struct at_mm_frames_stats before, now;

    at_mm_frames_stats(env->frames, &before);
    for (size_t i = 0; i < AT_COUNT_OF(lengths); ++i) {
        void *run;

        AT_REQUIRE(t, at_mm_run_alloc(env->frames, &run, lengths[i], 0) == AT_OK);
        AT_CHECK_EQ(t, at_mm_run_pages(env->frames, run), lengths[i]);
        memset(run, 0xA5, lengths[i] * AT_MM_PAGE_SIZE);
        at_mm_frames_stats(env->frames, &now);
        AT_CHECK(t, adds_up(&now));
        AT_CHECK_EQ(t, now.used, before.used + lengths[i]);
        at_mm_run_free(env->frames, run);
    }
    at_mm_frames_stats(env->frames, &now);
    AT_CHECK_EQ(t, now.used, before.used);
}

static void runs_resize_in_place(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    struct at_mm_frames_stats before, after;
    uint8_t *bytes;
    void *run;

    at_mm_frames_stats(env->frames, &before);
    AT_REQUIRE(t, at_mm_run_alloc(env->frames, &run, 40, 0) == AT_OK);
    bytes = run;
    bytes[0] = 1;
    bytes[4 * AT_MM_PAGE_SIZE] = 5;
    AT_CHECK_EQ(t, at_mm_run_resize(env->frames, run, 5), AT_OK);
    AT_CHECK_EQ(t, at_mm_run_pages(env->frames, run), 5);
    AT_CHECK_EQ(t, at_mm_run_resize(env->frames, run, 37), AT_OK); /* nobody can have taken what was given back */
    AT_CHECK_EQ(t, at_mm_run_pages(env->frames, run), 37);
    AT_CHECK_EQ(t, at_mm_run_resize(env->frames, run, 0), AT_INVALID);
    AT_CHECK(t, bytes[0] == 1 && bytes[4 * AT_MM_PAGE_SIZE] == 5);
    at_mm_run_free(env->frames, run);
    at_mm_frames_stats(env->frames, &after);
    AT_CHECK_EQ(t, after.used, before.used);
}

const struct at_contract_case at_mm_frames_contract[] = {
    {"BlocksAreAlignedDisjointAndWritable", blocks_are_aligned_disjoint_and_writable},
    {"StatsAddUpAndFreeingReturnsToTheStart", stats_add_up_and_freeing_returns_to_the_start},
    {"SinglePagesMergeIntoABlockAgain", single_pages_merge_into_a_block_again},
    {"OrdersThatDoNotExistAreRefused", orders_that_do_not_exist_are_refused},
    {"RunsHaveTheirLengthAndWasteNothing", runs_have_their_length_and_waste_nothing},
    {"RunsResizeInPlace", runs_resize_in_place},
};
const size_t at_mm_frames_contract_count = AT_COUNT_OF(at_mm_frames_contract);
