/* SPDX-License-Identifier: ISC */
/* Grants to domain 0, which does not use them, and to oneself, which does. */

#include <atman/testing/xen_contract.h>

#include <atman/base/bits.h>

#define DOM0 0

static void a_grant_is_given_and_ended(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    uint32_t available = at_xen_grants_available(env->grants);
    at_xen_grant_ref a, b;

    AT_REQUIRE(t, at_xen_grant_give(env->grants, &a, DOM0, env->frame) == AT_OK);
    AT_REQUIRE(t, at_xen_grant_give_readonly(env->grants, &b, DOM0, env->frame) == AT_OK);
    AT_CHECK(t, a != b && a >= 8 && b >= 8);
    AT_CHECK_EQ(t, at_xen_grants_available(env->grants), available - 2);
    AT_CHECK_EQ(t, at_xen_grant_end(env->grants, a), AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_end(env->grants, a), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grant_end(env->grants, b), AT_OK);
    AT_CHECK_EQ(t, at_xen_grants_available(env->grants), available);
}

static void what_is_no_grant_is_not_ended(struct at_contract *t, void *ctx)
{
    static const at_xen_grant_ref refs[] = {0, 1, 7, 0x7fffffff, 0xffffffff};
    struct at_xen_contract_env *env = ctx;

    for (unsigned i = 0; i < AT_COUNT_OF(refs); i++)
        AT_CHECK_EQ(t, at_xen_grant_end(env->grants, refs[i]), AT_INVALID);
}

static void all_can_be_set_aside_and_no_more(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    uint32_t available = at_xen_grants_available(env->grants);
    at_xen_grant_ref ref;

    AT_CHECK_EQ(t, at_xen_grants_reserve(env->grants, available + 1), AT_NO_SPACE);
    AT_REQUIRE(t, at_xen_grants_reserve(env->grants, available) == AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_give(env->grants, &ref, DOM0, env->frame), AT_NO_SPACE);
    AT_CHECK_EQ(t, at_xen_grants_unreserve(env->grants, 1), AT_OK);
    AT_REQUIRE(t, at_xen_grant_give(env->grants, &ref, DOM0, env->frame) == AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_end(env->grants, ref), AT_OK);
    AT_CHECK_EQ(t, at_xen_grants_unreserve(env->grants, available), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grants_unreserve(env->grants, available - 1), AT_OK);
}

const struct at_contract_case at_xen_grant_contract[] = {
    {"AGrantIsGivenAndEnded", a_grant_is_given_and_ended},
    {"WhatIsNoGrantIsNotEnded", what_is_no_grant_is_not_ended},
    {"AllCanBeSetAsideAndNoMore", all_can_be_set_aside_and_no_more},
};
const size_t at_xen_grant_contract_count = AT_COUNT_OF(at_xen_grant_contract);

/* ---- mappings ---- */

static void a_mapped_grant_is_busy_and_shows_the_page(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    volatile uint32_t *ours = env->page, *theirs = (volatile uint32_t *)env->window;
    struct at_xen_grant_mapping mapping;
    at_xen_grant_ref ref;

    *ours = 0x11111111;
    AT_REQUIRE(t, at_xen_grant_give(env->grants, &ref, env->self, env->frame) == AT_OK);
    AT_REQUIRE(t, at_xen_grant_map(&mapping, env->window, env->self, ref, 0) == AT_OK);
    AT_CHECK_EQ(t, *theirs, 0x11111111);
    *theirs = 0x22222222;
    AT_CHECK_EQ(t, *ours, 0x22222222);
    AT_CHECK_EQ(t, at_xen_grant_end(env->grants, ref), AT_BUSY);
    AT_CHECK_EQ(t, at_xen_grant_unmap(&mapping), AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_unmap(&mapping), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grant_end(env->grants, ref), AT_OK);
}

static void a_readonly_grant_maps_readonly_only(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    volatile uint32_t *ours = env->page, *theirs = (volatile uint32_t *)env->window;
    struct at_xen_grant_mapping mapping;
    at_xen_grant_ref ref;

    *ours = 0x33333333;
    AT_REQUIRE(t, at_xen_grant_give_readonly(env->grants, &ref, env->self, env->frame) == AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_map(&mapping, env->window, env->self, ref, 0), AT_INVALID);
    AT_REQUIRE(t, at_xen_grant_map(&mapping, env->window, env->self, ref, 1) == AT_OK);
    AT_CHECK_EQ(t, *theirs, 0x33333333);
    AT_CHECK_EQ(t, at_xen_grant_end(env->grants, ref), AT_BUSY);
    AT_CHECK_EQ(t, at_xen_grant_unmap(&mapping), AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_end(env->grants, ref), AT_OK);
}

static void what_was_not_granted_to_us_is_not_mapped(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    struct at_xen_grant_mapping mapping;
    at_xen_grant_ref ref;

    AT_REQUIRE(t, at_xen_grant_give(env->grants, &ref, DOM0, env->frame) == AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_map(&mapping, env->window, env->self, ref, 0), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grant_end(env->grants, ref), AT_OK);
    AT_CHECK_EQ(t, at_xen_grant_map(&mapping, env->window, env->self, ref, 0), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grant_map(&mapping, env->window, env->self, 0xfffffff0, 0), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_grant_map(&mapping, env->window, 0x7fee, ref, 0), AT_NOT_FOUND);
}

const struct at_contract_case at_xen_mapping_contract[] = {
    {"AMappedGrantIsBusyAndShowsThePage", a_mapped_grant_is_busy_and_shows_the_page},
    {"AReadonlyGrantMapsReadonlyOnly", a_readonly_grant_maps_readonly_only},
    {"WhatWasNotGrantedToUsIsNotMapped", what_was_not_granted_to_us_is_not_mapped},
};
const size_t at_xen_mapping_contract_count = AT_COUNT_OF(at_xen_mapping_contract);
