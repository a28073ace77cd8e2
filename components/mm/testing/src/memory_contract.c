/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <atman/base/bits.h>
#include <atman/mm/balloon.h>
#include <atman/testing/mm_contract.h>

#define SOME 70 /* pages: more than two batches */
#define ORDER 4u

static void take_and_write(struct at_contract *t, struct at_mm_contract_env *env, size_t count)
{
    void **chain = NULL;

    for (size_t i = 0; i < count; ++i) {
        void *page;

        AT_REQUIRE(t, at_mm_frames_alloc(env->frames, &page, 0) == AT_OK);
        memset(page, 0x5a, AT_MM_PAGE_SIZE);
        *(void **)page = chain;
        chain = page;
    }
    while (chain) {
        void *page = chain;

        chain = *chain;
        at_mm_frames_free(env->frames, page, 0);
    }
}

static size_t total(struct at_mm_contract_env *env)
{
    struct at_mm_frames_stats stats;

    at_mm_frames_stats(env->frames, &stats);
    return stats.total;
}

static void balloon_gives_memory_back_and_takes_it(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    struct at_mm_balloon balloon;
    size_t before = total(env);

    at_mm_balloon_init(&balloon, env->frames, env->memory, 0);
    for (int round = 0; round < 2; ++round) {
        AT_CHECK_EQ(t, at_mm_balloon_set(&balloon, SOME), AT_OK);
        AT_CHECK_EQ(t, total(env), before - SOME);
        AT_CHECK_EQ(t, at_mm_balloon_set(&balloon, SOME / 2), AT_OK);
        AT_CHECK_EQ(t, at_mm_balloon_pages(&balloon), SOME / 2);
        take_and_write(t, env, SOME / 2);
        AT_CHECK_EQ(t, at_mm_balloon_set(&balloon, 0), AT_OK);
        AT_CHECK_EQ(t, total(env), before);
    }
}

/* All that is free but for a few pages, and all of it back: each page can be used again. */
static void balloon_stops_at_its_reserve(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    struct at_mm_frames_stats before, during, after;
    struct at_mm_balloon balloon;

    at_mm_heap_trim(env->heap);
    at_mm_frames_stats(env->frames, &before);
    at_mm_balloon_init(&balloon, env->frames, env->memory, 10);
    AT_CHECK_EQ(t, at_mm_balloon_set(&balloon, SIZE_MAX), AT_NO_MEMORY);
    at_mm_frames_stats(env->frames, &during);
    AT_CHECK_EQ(t, during.free + during.virgin, 10);
    AT_CHECK_EQ(t, during.used, before.used);
    take_and_write(t, env, 10);
    AT_CHECK_EQ(t, at_mm_balloon_set(&balloon, 0), AT_OK);
    at_mm_frames_stats(env->frames, &after);
    AT_CHECK_EQ(t, after.total, before.total);
    take_and_write(t, env, after.total - after.used);
}

static void contiguous_block_is_so_in_machine_memory(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    size_t before = total(env);
    uint64_t frame = 0;
    void *block;

    AT_REQUIRE(t, at_mm_contiguous_alloc(env->frames, env->memory, &block, &frame, ORDER, 32) == AT_OK);
    AT_CHECK_EQ(t, frame % (1u << ORDER), 0);
    AT_CHECK(t, frame + (1u << ORDER) <= (uint64_t)1 << (32 - AT_MM_PAGE_SHIFT));
    for (unsigned i = 0; i < 1u << ORDER; ++i)
        AT_CHECK_EQ(t, env->frame_of(env->ctx, (char *)block + i * AT_MM_PAGE_SIZE), frame + i);
    memset(block, 0x5a, AT_MM_PAGE_SIZE << ORDER);
    AT_CHECK_EQ(t, memcmp(block, (char *)block + 1, (AT_MM_PAGE_SIZE << ORDER) - 1), 0);
    at_mm_frames_free(env->frames, block, ORDER);
    AT_CHECK_EQ(t, total(env), before);
    take_and_write(t, env, SOME);
}

static void contiguous_block_that_cannot_be_had_costs_nothing(struct at_contract *t, void *ctx)
{
    struct at_mm_contract_env *env = ctx;
    struct at_mm_frames_stats before, after;
    uint64_t frame;
    void *block;

    at_mm_frames_stats(env->frames, &before);
    AT_CHECK(t, at_mm_contiguous_alloc(env->frames, env->memory, &block, &frame, ORDER, 13) != AT_OK);
    AT_CHECK_EQ(t, at_mm_contiguous_alloc(env->frames, env->memory, &block, &frame, AT_MM_ORDER_MAX + 1, 0),
                AT_INVALID);
    at_mm_frames_stats(env->frames, &after);
    AT_CHECK_EQ(t, after.used, before.used);
    take_and_write(t, env, SOME);
}

const struct at_contract_case at_mm_memory_contract[] = {
    {"BalloonGivesMemoryBackAndTakesIt", balloon_gives_memory_back_and_takes_it},
    {"BalloonStopsAtItsReserve", balloon_stops_at_its_reserve},
    {"ContiguousBlockIsSoInMachineMemory", contiguous_block_is_so_in_machine_memory},
    {"ContiguousBlockThatCannotBeHadCostsNothing", contiguous_block_that_cannot_be_had_costs_nothing},
};
const size_t at_mm_memory_contract_count = AT_COUNT_OF(at_mm_memory_contract);
