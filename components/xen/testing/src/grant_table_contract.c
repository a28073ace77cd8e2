/* SPDX-License-Identifier: ISC */
/* The grant table as a whole: growing it, and version 2, with grants of the domain to itself. */

#include <atman/testing/xen_contract.h>

#include <atman/base/bits.h>
#include <atman/xen/grant_copy.h>
#include <atman/xen/grant_table.h>
#include <atman/xen/grant_v2.h>

#define FRAMES 4u /* that the table is grown to */

static void a_table_grows_while_it_is_used(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    uint32_t before = at_xen_grants_available(env->grants), now, most, count = 0;
    static at_xen_grant_ref refs[FRAMES * AT_XEN_GRANTS_PER_FRAME];
    struct at_xen_grant_mapping mapping;
    uint64_t frames[FRAMES];
    void *table;

    AT_REQUIRE(t, at_xen_grant_table_limit(&now, &most) == AT_OK);
    AT_REQUIRE(t, now <= most && most >= FRAMES);
    AT_REQUIRE(t, at_xen_grant_give(env->grants, &refs[count], env->self, env->frame) == AT_OK);
    count++;
    AT_REQUIRE(t, at_xen_grant_table_frames(frames, FRAMES) == AT_OK);
    table = env->map_frames(env, frames, FRAMES);
    AT_REQUIRE(t, table != NULL);
    AT_CHECK_EQ(t, at_xen_grants_grow(env->grants, table, FRAMES * AT_XEN_GRANTS_PER_FRAME), AT_OK);
    AT_CHECK_EQ(t, at_xen_grants_grow(env->grants, table, FRAMES * AT_XEN_GRANTS_PER_FRAME - 1), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grant_table_limit(&now, &most), AT_OK);
    AT_CHECK(t, now >= FRAMES);
    AT_CHECK(t, at_xen_grants_available(env->grants) + count >= before);

    while (at_xen_grant_give(env->grants, &refs[count], env->self, env->frame) == AT_OK)
        count++;
    AT_CHECK_EQ(t, count, FRAMES * AT_XEN_GRANTS_PER_FRAME - 8);
    /* Xen knows the first and the last. */
    for (unsigned i = 0; i < 2; i++) {
        at_xen_grant_ref ref = i == 0 ? refs[0] : FRAMES * AT_XEN_GRANTS_PER_FRAME - 1;

        if (AT_CHECK_EQ(t, at_xen_grant_map(&mapping, env->window, env->self, ref, 0), AT_OK))
            AT_CHECK_EQ(t, at_xen_grant_unmap(&mapping), AT_OK);
    }
    while (count > 0)
        AT_CHECK_EQ(t, at_xen_grant_end(env->grants, refs[--count]), AT_OK);
}

/* ---- version 2 ---- */

struct second {
    struct at_xen_grants_v2 grants;
    void *states;
};

static bool start(struct at_contract *t, struct second *second, struct at_xen_contract_env *env)
{
    uint32_t entries = env->grants->entries / 2, version = 0;
    uint64_t frame;

    if (!AT_CHECK_EQ(t, at_xen_grant_table_set_version(2), AT_OK))
        return false;
    AT_CHECK_EQ(t, at_xen_grant_table_version(&version), AT_OK);
    AT_CHECK_EQ(t, version, 2);
    if (!AT_CHECK_EQ(t, at_xen_grant_table_status_frames(&frame, 1), AT_OK))
        return false;
    second->states = env->map_frames(env, &frame, 1);
    if (!AT_CHECK(t, second->states != NULL))
        return false;
    at_xen_grants_v2_init(&second->grants, (grant_entry_v2_t *)(void *)env->grants->table, second->states, entries);
    return true;
}

/* Back to version 1, in which every entry is free. */
static void stop(struct at_contract *t, struct second *second, struct at_xen_contract_env *env)
{
    uint32_t version = 0;

    AT_CHECK_EQ(t, at_xen_grants_v2_available(&second->grants), second->grants.entries - 8);
    env->unmap_frames(env, second->states, 1);
    AT_CHECK_EQ(t, at_xen_grant_table_set_version(1), AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_table_version(&version), AT_OK);
    AT_CHECK_EQ(t, version, 1);
    at_xen_grants_init(env->grants, env->grants->table, env->grants->entries);
}

static void a_mapped_grant_is_closed_and_busy(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    volatile uint32_t *ours = env->page, *theirs = (volatile uint32_t *)env->window;
    struct at_xen_grant_mapping mapping, second_mapping;
    struct second second;
    at_xen_grant_ref ref;

    AT_REQUIRE(t, start(t, &second, env));
    *ours = 0x44444444;
    AT_CHECK_EQ(t, at_xen_grant_v2_give(&second.grants, &ref, env->self, env->frame, 0), AT_OK);
    if (AT_CHECK_EQ(t, at_xen_grant_map(&mapping, env->window, env->self, ref, 0), AT_OK)) {
        AT_CHECK_EQ(t, *theirs, 0x44444444);
        AT_CHECK_EQ(t, at_xen_grant_table_set_version(1), AT_BUSY);
        AT_CHECK_EQ(t, at_xen_grant_v2_end(&second.grants, ref), AT_BUSY);
        AT_CHECK_EQ(t, *theirs, 0x44444444);
        AT_CHECK_EQ(t, at_xen_grant_unmap(&mapping), AT_OK);
        AT_CHECK_EQ(t, at_xen_grant_map(&second_mapping, env->window, env->self, ref, 0), AT_INVALID);
    }
    AT_CHECK_EQ(t, at_xen_grant_v2_end(&second.grants, ref), AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_v2_end(&second.grants, ref), AT_INVALID);
    stop(t, &second, env);
}

static void a_part_of_a_page_is_copied_and_never_mapped(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    uint8_t *page = env->page;
    struct at_xen_grant_mapping mapping;
    struct second second;
    at_xen_grant_ref ref;

    AT_REQUIRE(t, start(t, &second, env));
    for (unsigned i = 0; i < 4096; i++)
        page[i] = (uint8_t)(i / 64);
    AT_CHECK_EQ(t, at_xen_grant_v2_give_part(&second.grants, &ref, env->self, env->frame, 640, 64, 0), AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_map(&mapping, env->window, env->self, ref, 0), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grant_copy_in(env->frame, 0, env->self, ref, 640, 64), AT_OK);
    AT_CHECK_EQ(t, page[0], 10);
    AT_CHECK_EQ(t, page[63], 10);
    AT_CHECK_EQ(t, page[64], 1);
    AT_CHECK_EQ(t, at_xen_grant_copy_out(env->self, ref, 700, env->frame, 2048, 4), AT_OK);
    AT_CHECK_EQ(t, page[699], 10);
    AT_CHECK_EQ(t, page[700], 32);
    AT_CHECK_EQ(t, at_xen_grant_copy_in(env->frame, 0, env->self, ref, 639, 2), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grant_copy_in(env->frame, 0, env->self, ref, 703, 2), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grant_v2_end(&second.grants, ref), AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_copy_in(env->frame, 0, env->self, ref, 640, 64), AT_INVALID);
    stop(t, &second, env);
}

static void a_readonly_grant_is_not_written(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    struct at_xen_grant_mapping mapping;
    struct second second;
    at_xen_grant_ref ref;

    AT_REQUIRE(t, start(t, &second, env));
    AT_CHECK_EQ(t, at_xen_grant_v2_give(&second.grants, &ref, env->self, env->frame, 1), AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_map(&mapping, env->window, env->self, ref, 0), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grant_copy_out(env->self, ref, 0, env->frame, 8, 8), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grant_copy_in(env->frame, 16, env->self, ref, 0, 8), AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_v2_end(&second.grants, ref), AT_OK);
    stop(t, &second, env);
}

const struct at_contract_case at_xen_grant_table_contract[] = {
    {"ATableGrowsWhileItIsUsed", a_table_grows_while_it_is_used},
    {"AMappedGrantIsClosedAndBusy", a_mapped_grant_is_closed_and_busy},
    {"APartOfAPageIsCopiedAndNeverMapped", a_part_of_a_page_is_copied_and_never_mapped},
    {"AReadonlyGrantIsNotWritten", a_readonly_grant_is_not_written},
};
const size_t at_xen_grant_table_contract_count = AT_COUNT_OF(at_xen_grant_table_contract);
