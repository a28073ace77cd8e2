/* SPDX-License-Identifier: ISC */
/* What became of the vcpu's time, and several hypercalls in one. */

#include <atman/testing/xen_contract.h>

#include <atman/base/bits.h>
#include <atman/xen/hypercall.h>
#include <atman/xen/multicall.h>
#include <atman/xen/runstate.h>
#include <xen/errno.h>
#include <xen/version.h>

#define MILLISECOND UINT64_C(1000000)

static void time_blocked_is_counted_as_such(struct at_contract *t, void *ctx)
{
    static struct vcpu_runstate_info area __attribute__((aligned(64))); /* Xen's for as long as the domain lives */
    const struct at_xen_contract_env *env = ctx;
    struct at_xen_runstate before, after;
    struct at_xen_events events;
    at_status status = AT_OK;
    uint64_t deadline_ns, sum_ns;

    AT_REQUIRE(t, at_xen_runstate_register(&area) == AT_OK);
    at_xen_runstate_read(&area, &before);
    at_xen_events_init(&events, env->shared);
    deadline_ns = at_xen_clock_read(env->shared) + 20 * MILLISECOND;
    for (unsigned i = 0; i < 1000000 && status == AT_OK; i++) /* Xen may wake the guest for nothing */
        status = at_xen_events_wait(&events, deadline_ns);
    at_xen_runstate_read(&area, &after);
    AT_CHECK_EQ(t, status, AT_TIMED_OUT);
    AT_CHECK(t, after.blocked_ns > before.blocked_ns + 10 * MILLISECOND);
    AT_CHECK(t, after.since_ns > before.since_ns);
    AT_CHECK(t, after.running_ns >= before.running_ns && after.stolen_ns >= before.stolen_ns);
    sum_ns = after.running_ns - before.running_ns + after.stolen_ns - before.stolen_ns + after.blocked_ns -
             before.blocked_ns + after.offline_ns - before.offline_ns;
    AT_CHECK_EQ(t, sum_ns, after.since_ns - before.since_ns);
}

static void a_multicall_makes_all_its_calls(struct at_contract *t, void *ctx)
{
    const unsigned long version[] = {XENVER_version}, nonsense[] = {12345};
    struct multicall_entry entries[3];
    struct at_xen_multicall_batch batch;
    unsigned failed = 99;

    (void)ctx;
    at_xen_multicall_init(&batch, entries, 3);
    AT_CHECK_EQ(t, at_xen_multicall_add(&batch, __HYPERVISOR_xen_version, version, 1), AT_OK);
    AT_CHECK_EQ(t, at_xen_multicall_add(&batch, __HYPERVISOR_xen_version, nonsense, 1), AT_OK);
    AT_CHECK_EQ(t, at_xen_multicall_add(&batch, __HYPERVISOR_xen_version, version, 1), AT_OK);
    AT_CHECK_EQ(t, at_xen_multicall_run(&batch, &failed), AT_UNSUPPORTED);
    AT_CHECK_EQ(t, failed, 1);
    AT_CHECK_EQ(t, at_xen_multicall_result(&batch, 1), -XEN_ENOSYS);
    AT_CHECK(t, at_xen_multicall_result(&batch, 0) >= 4 << 16);
    AT_CHECK_EQ(t, at_xen_multicall_result(&batch, 2), at_xen_multicall_result(&batch, 0));
    AT_CHECK_EQ(t, at_xen_multicall_run(&batch, &failed), AT_OK);
}

const struct at_contract_case at_xen_vcpu_contract[] = {
    {"TimeBlockedIsCountedAsSuch", time_blocked_is_counted_as_such},
    {"AMulticallMakesAllItsCalls", a_multicall_makes_all_its_calls},
};
const size_t at_xen_vcpu_contract_count = AT_COUNT_OF(at_xen_vcpu_contract);
