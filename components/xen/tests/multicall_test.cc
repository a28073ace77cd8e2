// SPDX-License-Identifier: ISC
// Several hypercalls in one.

#include <atman/xen/multicall.h>

#include <atman/xen/hypercall.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/version.h>

#include "event_fixture.h"

namespace {

class MulticallTest : public EventTest {
 protected:
  MulticallTest() { at_xen_multicall_init(&batch_, entries_, 3); }

  at_status Add(unsigned long number, unsigned long a = 0, unsigned long b = 0) {
    const unsigned long arguments[] = {a, b};
    return at_xen_multicall_add(&batch_, number, arguments, 2);
  }

  multicall_entry entries_[3];
  at_xen_multicall_batch batch_;
};

TEST_F(MulticallTest, CallsAreMadeInOneHypercall_WithTheirResults) {
  Channel c;
  Open(&c);
  evtchn_send send{c.port};
  at_fake_xen_reset_calls(xen_);
  ASSERT_EQ(Add(__HYPERVISOR_xen_version, XENVER_version), AT_OK);
  ASSERT_EQ(Add(__HYPERVISOR_event_channel_op, EVTCHNOP_send, reinterpret_cast<unsigned long>(&send)), AT_OK);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);
  unsigned failed = 99;
  EXPECT_EQ(at_xen_multicall_run(&batch_, &failed), AT_OK);
  EXPECT_EQ(failed, 99u);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 1u);
  EXPECT_EQ(at_xen_multicall_result(&batch_, 0), 4 << 16 | 17);
  EXPECT_TRUE(at_fake_xen_take_event(xen_, kPeer, c.peers));
  EXPECT_EQ(at_xen_multicall_run(&batch_, &failed), AT_OK) << "the batch is empty again";
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 1u);
  Close(c);
}

TEST_F(MulticallTest, OneFails_TheOthersAreMadeAllTheSame) {
  Channel c;
  Open(&c);
  evtchn_send good{c.port}, bad{200};
  for (const evtchn_send *send : {&bad, &good, &bad})
    ASSERT_EQ(Add(__HYPERVISOR_event_channel_op, EVTCHNOP_send, reinterpret_cast<unsigned long>(send)), AT_OK);
  unsigned failed = 99;
  EXPECT_EQ(at_xen_multicall_run(&batch_, &failed), AT_INVALID);
  EXPECT_EQ(failed, 0u);
  EXPECT_TRUE(at_fake_xen_take_event(xen_, kPeer, c.peers));

  for (unsigned nth = 1; nth <= 3; ++nth) {
    SCOPED_TRACE(nth);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(Add(__HYPERVISOR_xen_version, XENVER_version), AT_OK);
    at_fake_xen_fail(xen_, __HYPERVISOR_xen_version, nth, false, XEN_ENOMEM);
    EXPECT_EQ(at_xen_multicall_run(&batch_, &failed), AT_NO_MEMORY);
    EXPECT_EQ(failed, nth - 1);
    EXPECT_EQ(at_xen_multicall_result(&batch_, nth % 3), 4 << 16 | 17);
  }
  ASSERT_EQ(Add(__HYPERVISOR_multicall), AT_OK);
  EXPECT_EQ(at_xen_multicall_run(&batch_, nullptr), AT_INVALID) << "none within another";
  Close(c);
}

TEST_F(MulticallTest, TheMulticallItselfFails_NoneWasMade) {
  ASSERT_EQ(Add(__HYPERVISOR_xen_version, XENVER_version), AT_OK);
  at_fake_xen_fail(xen_, __HYPERVISOR_multicall, 1, false, XEN_EFAULT);
  unsigned failed = 99;
  EXPECT_EQ(at_xen_multicall_run(&batch_, &failed), AT_INVALID);
  EXPECT_EQ(failed, 1u);
}

TEST_F(MulticallTest, FullOrTooManyArguments_AddsNothing) {
  const unsigned long arguments[7] = {};
  EXPECT_EQ(at_xen_multicall_add(&batch_, __HYPERVISOR_xen_version, arguments, 7), AT_INVALID);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(Add(__HYPERVISOR_xen_version, XENVER_version), AT_OK);
  EXPECT_EQ(Add(__HYPERVISOR_xen_version, XENVER_version), AT_NO_SPACE);
  EXPECT_EQ(at_xen_multicall_run(&batch_, nullptr), AT_OK);
  EXPECT_EQ(Add(__HYPERVISOR_xen_version, XENVER_version), AT_OK);
}

}  // namespace
