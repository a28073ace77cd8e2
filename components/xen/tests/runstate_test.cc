// SPDX-License-Identifier: ISC
// What became of the vcpu's time.

#include <atman/xen/runstate.h>

#include <atman/xen/hypercall.h>
#include <xen/errno.h>

#include "event_fixture.h"

namespace {

using RunstateTest = EventTest;

TEST_F(RunstateTest, Times_AreKeptApart) {
  vcpu_runstate_info area{};
  at_xen_runstate state{};
  uint64_t start_ns = Now();
  at_fake_xen_reset_calls(xen_);
  ASSERT_EQ(at_xen_runstate_register(&area), AT_OK);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 1u);
  at_xen_runstate_read(&area, &state);
  EXPECT_EQ(state.since_ns, start_ns);
  EXPECT_EQ(state.stolen_ns, 0u);

  at_fake_xen_advance(xen_, 3 * kMs);
  at_fake_xen_steal(xen_, kGuest, 5 * kMs);
  at_fake_xen_advance(xen_, 2 * kMs);
  EXPECT_EQ(at_xen_events_wait(&events_, Now() + 7 * kMs), AT_TIMED_OUT);
  at_fake_xen_steal(xen_, kGuest, kMs);
  at_xen_runstate_read(&area, &state);
  EXPECT_EQ(state.running_ns, 5 * kMs);
  EXPECT_EQ(state.stolen_ns, 6 * kMs);
  EXPECT_EQ(state.blocked_ns, 7 * kMs);
  EXPECT_EQ(state.offline_ns, 0u);
  EXPECT_EQ(state.since_ns, Now());
  EXPECT_EQ(start_ns + state.running_ns + state.stolen_ns + state.blocked_ns, Now()) << "their sum is the time";
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 2u) << "reading costs none";

  vcpu_runstate_info asked{};
  at_fake_xen_advance(xen_, kMs);
  ASSERT_EQ(at_xen_vcpu_op(VCPUOP_get_runstate_info, 0, &asked), 0);
  EXPECT_EQ(asked.time[RUNSTATE_running], 6 * kMs);
  at_xen_runstate_read(&area, &state);
  EXPECT_EQ(state.running_ns, 5 * kMs) << "the copy is as of the last time it was put on a CPU";
}

TEST_F(RunstateTest, AnotherArea_TakesTheFirstOnesPlace) {
  vcpu_runstate_info first{}, second{};
  at_xen_runstate state{};
  ASSERT_EQ(at_xen_runstate_register(&first), AT_OK);
  ASSERT_EQ(at_xen_runstate_register(&second), AT_OK);
  at_fake_xen_steal(xen_, kGuest, kMs);
  at_xen_runstate_read(&first, &state);
  EXPECT_EQ(state.stolen_ns, 0u);
  at_xen_runstate_read(&second, &state);
  EXPECT_EQ(state.stolen_ns, kMs);
}

TEST_F(RunstateTest, WhatXenRefuses_IsSaid) {
  vcpu_runstate_info area{};
  EXPECT_EQ(at_xen_runstate_register(nullptr), AT_INVALID);
  at_fake_xen_fail(xen_, __HYPERVISOR_vcpu_op, 1, false, XEN_ENOSYS);
  EXPECT_EQ(at_xen_runstate_register(&area), AT_UNSUPPORTED);
  EXPECT_EQ(at_xen_vcpu_op(VCPUOP_get_runstate_info, 1, &area), -XEN_ENOENT);
}

}  // namespace
