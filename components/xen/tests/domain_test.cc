// SPDX-License-Identifier: ISC
// Ending, yielding, and what Xen it is.

#include <atman/xen/domain.h>

#include <atman/xen/hypercall.h>
#include <xen/errno.h>

#include "guest_fixture.h"

namespace {

using DomainTest = GuestTest;

TEST_F(DomainTest, Shutdown_EndsTheDomainWithItsReason) {
  EXPECT_EQ(at_fake_xen_shutdown_reason(xen_, kGuest), -1);
  EXPECT_EQ(at_xen_domain_shutdown(SHUTDOWN_crash), AT_OK);
  EXPECT_EQ(at_fake_xen_shutdown_reason(xen_, kGuest), SHUTDOWN_crash);
  EXPECT_EQ(at_fake_xen_shutdown_reason(xen_, 0), -1);
  EXPECT_EQ(Calls(__HYPERVISOR_sched_op), 1u);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 1u);
}

TEST_F(DomainTest, ShutdownPoweroff_IsNotTheDefaultOfAnUnsetField) {
  ASSERT_EQ(at_xen_domain_shutdown(SHUTDOWN_reboot), AT_OK);
  EXPECT_EQ(at_fake_xen_shutdown_reason(xen_, kGuest), SHUTDOWN_reboot);
}

TEST_F(DomainTest, Yield_LetsPeersRun) {
  int ran = 0;
  Peer peer(xen_, kPeer, [&](uint64_t) { return ++ran, kForever; });
  EXPECT_EQ(at_xen_domain_yield(), AT_OK);
  EXPECT_EQ(ran, 1);
}

TEST_F(DomainTest, Version_IsMajorAndMinor) {
  unsigned major = 0, minor = 0;
  EXPECT_EQ(at_xen_domain_version(&major, &minor), AT_OK);
  EXPECT_EQ(major, 4u);
  EXPECT_EQ(minor, 17u);
}

TEST_F(DomainTest, RefusedCalls_SayWhy) {
  unsigned major = 1, minor = 2;
  at_fake_xen_fail(xen_, AT_FAKE_XEN_ANY, 1, true, XEN_EPERM);
  EXPECT_EQ(at_xen_domain_version(&major, &minor), AT_DENIED);
  EXPECT_EQ(major, 1u);
  EXPECT_EQ(minor, 2u);
  EXPECT_EQ(at_xen_domain_shutdown(SHUTDOWN_poweroff), AT_DENIED);
  EXPECT_EQ(at_xen_domain_yield(), AT_DENIED);
}

}  // namespace
