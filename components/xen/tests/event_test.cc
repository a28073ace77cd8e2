// SPDX-License-Identifier: ISC
// Making, keeping and closing event channels: what each costs in hypercalls, and what is left when one fails.

#include <atman/xen/event.h>

#include <vector>

#include <atman/xen/hypercall.h>
#include <xen/errno.h>
#include <xen/event_channel.h>

#include "event_fixture.h"

namespace {

TEST_F(EventTest, Init_TakesNoUpcallAndMasksEveryPort) {
  shared_info_t dirty{};
  at_xen_events events;
  dirty.vcpu_info[0].evtchn_upcall_mask = 0;
  dirty.evtchn_pending[3] = 42;
  at_xen_events_init(&events, &dirty);
  EXPECT_EQ(dirty.vcpu_info[0].evtchn_upcall_mask, 1);
  for (auto word : dirty.evtchn_mask) EXPECT_EQ(word, ~xen_ulong_t{0});
  EXPECT_EQ(dirty.evtchn_pending[3], 42u) << "what is pending stays";
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);
}

TEST_F(EventTest, EventOnAMaskedPort_CostsNoUpcall) {
  Channel c;
  Open(&c);
  Raise(c);
  EXPECT_EQ(shared_->vcpu_info[0].evtchn_upcall_pending, 0);
  EXPECT_EQ(shared_->vcpu_info[0].evtchn_pending_sel, 0u);
  Close(c);
}

TEST_F(EventTest, Notify_RaisesTheOtherEnd) {
  Channel c;
  Open(&c);
  at_fake_xen_reset_calls(xen_);
  EXPECT_FALSE(at_fake_xen_take_event(xen_, kPeer, c.peers));
  EXPECT_EQ(at_xen_event_notify(c.port), AT_OK);
  EXPECT_TRUE(at_fake_xen_take_event(xen_, kPeer, c.peers));
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 1u);
  Close(c);
  EXPECT_EQ(at_xen_event_notify(c.port), AT_INVALID);
  EXPECT_EQ(at_xen_event_notify(0xffffffff), AT_INVALID);
}

TEST_F(EventTest, AllocUnbound_IsForTheRemoteItNames) {
  at_xen_port port = 0;
  ASSERT_EQ(at_xen_event_alloc_unbound(&events_, &port, kPeer), AT_OK);
  ASSERT_NE(port, 0u);
  evtchn_bind_interdomain bind{};
  bind.remote_dom = kGuest;
  bind.remote_port = port;
  at_fake_xen_enter(xen_, 0);
  EXPECT_EQ(at_xen_event_channel_op(EVTCHNOP_bind_interdomain, &bind), -XEN_EINVAL) << "not meant for domain 0";
  at_fake_xen_enter(xen_, kPeer);
  EXPECT_EQ(at_xen_event_channel_op(EVTCHNOP_bind_interdomain, &bind), 0);
  at_fake_xen_enter(xen_, kGuest);
  EXPECT_EQ(at_xen_event_close(&events_, port), AT_OK);
}

TEST_F(EventTest, UnknownPorts_AreNotFound) {
  Channel c;
  Open(&c);
  for (at_xen_port port : {0u, c.port + 1, 4095u, 4096u, 0xffffffffu}) {
    SCOPED_TRACE(port);
    EXPECT_EQ(at_xen_event_handle(&events_, port, Run, &c), AT_NOT_FOUND);
    EXPECT_EQ(at_xen_event_mask(&events_, port), AT_NOT_FOUND);
    EXPECT_EQ(at_xen_event_unmask(&events_, port), AT_NOT_FOUND);
    EXPECT_EQ(at_xen_event_close(&events_, port), AT_NOT_FOUND);
  }
  Close(c);
}

// Closing leaves a free slot before used ones; port 0, which marks it, must not find it.
TEST_F(EventTest, PortZero_IsNotTheFreeSlot) {
  Channel a, b;
  Open(&a);
  Open(&b);
  Close(a);
  EXPECT_EQ(at_xen_event_handle(&events_, 0, Run, &a), AT_NOT_FOUND);
  EXPECT_EQ(at_xen_event_close(&events_, 0), AT_NOT_FOUND);
  SetPending(0);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 0u);
  Close(b);
}

TEST_F(EventTest, Adopt_ChecksThePort) {
  Channel c;
  Open(&c);
  EXPECT_EQ(at_xen_event_adopt(&events_, c.port), AT_EXISTS);
  for (at_xen_port port : {0u, 4096u, 0x80000000u, 0xffffffffu}) {
    SCOPED_TRACE(port);
    EXPECT_EQ(at_xen_event_adopt(&events_, port), AT_INVALID);
  }
  Close(c);
}

TEST_F(EventTest, CloseRefused_ThePortIsStillHeld) {
  Channel c;
  Open(&c);
  at_fake_xen_fail(xen_, __HYPERVISOR_event_channel_op, 1, false, XEN_EPERM);
  EXPECT_EQ(at_xen_event_close(&events_, c.port), AT_DENIED);
  Raise(c);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
  Close(c);
}

// Every way to make a port, with the Nth hypercall failing until none does: all or nothing.
TEST_F(EventTest, MakingAPortFails_NothingIsLeft) {
  at_xen_port offered = 0, ours = 0;
  ASSERT_EQ(at_xen_event_alloc_unbound(&events_, &offered, kGuest), AT_OK);
  const struct {
    const char *what;
    std::function<at_status(at_xen_port *)> make;
  } cases[] = {
      {"alloc_unbound", [&](at_xen_port *port) { return at_xen_event_alloc_unbound(&events_, port, kPeer); }},
      {"bind_interdomain",
       [&](at_xen_port *port) { return at_xen_event_bind_interdomain(&events_, port, DOMID_SELF, offered); }},
      {"bind_virq", [&](at_xen_port *port) { return at_xen_event_bind_virq(&events_, port, VIRQ_TIMER, 0); }},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    uint32_t open = at_fake_xen_ports_in_use(xen_, kGuest);
    for (uint32_t nth = 1;; ++nth) {
      ASSERT_LT(nth, 5u);
      at_xen_port port = 0;
      at_fake_xen_fail(xen_, AT_FAKE_XEN_ANY, nth, false, XEN_ENOSPC);
      at_status status = c.make(&port);
      bool struck = at_fake_xen_failures(xen_) > 0;
      at_fake_xen_fail(xen_, AT_FAKE_XEN_ANY, 0, false, 0);
      if (!struck) {
        EXPECT_EQ(status, AT_OK);
        EXPECT_EQ(nth, 2u) << "one hypercall makes a port";
        ours = port;
        break;
      }
      EXPECT_EQ(status, AT_NO_SPACE);
      EXPECT_EQ(port, 0u);
      EXPECT_EQ(at_fake_xen_ports_in_use(xen_, kGuest), open);
    }
    EXPECT_EQ(at_xen_event_close(&events_, ours), AT_OK);
  }
  EXPECT_EQ(at_xen_event_close(&events_, offered), AT_OK);
}

TEST_F(EventTest, AllSlotsTaken_RefusesWithoutMakingAPort) {
  std::vector<Channel> channels(AT_XEN_EVENT_PORTS);
  for (auto &c : channels) Open(&c);
  at_xen_port port = 0;
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(at_xen_event_alloc_unbound(&events_, &port, kPeer), AT_NO_SPACE);
  EXPECT_EQ(at_xen_event_bind_virq(&events_, &port, VIRQ_TIMER, 0), AT_NO_SPACE);
  EXPECT_EQ(at_xen_event_adopt(&events_, 200), AT_NO_SPACE);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);

  // All of them fit one poll, and all of them run.
  EXPECT_EQ(at_xen_events_wait(&events_, Now() + kMs), AT_TIMED_OUT);
  for (auto &c : channels) Raise(c);
  EXPECT_EQ(at_xen_events_dispatch(&events_), AT_XEN_EVENT_PORTS);

  // A hole in the middle is room again.
  Close(channels[60]);
  Open(&channels[60]);
  for (auto &c : channels) Close(c);
  EXPECT_EQ(at_xen_events_wait(&events_, AT_NEVER), AT_DEADLOCK);
}

class FewPortsTest : public EventTest {
 protected:
  static at_fake_xen_config Few() {
    at_fake_xen_config config{};
    config.ports = 3;
    return config;
  }
  FewPortsTest() : EventTest(Few()) {}
};

TEST_F(FewPortsTest, XenHasNoPort_IsNoSpace) {
  at_xen_port a = 0, b = 0, c = 0;
  ASSERT_EQ(at_xen_event_alloc_unbound(&events_, &a, kGuest), AT_OK);
  ASSERT_EQ(at_xen_event_alloc_unbound(&events_, &b, kGuest), AT_OK);
  EXPECT_EQ(at_xen_event_alloc_unbound(&events_, &c, kGuest), AT_NO_SPACE);
  EXPECT_EQ(at_xen_event_bind_interdomain(&events_, &c, DOMID_SELF, a), AT_NO_SPACE);
  EXPECT_EQ(at_xen_event_bind_virq(&events_, &c, VIRQ_TIMER, 0), AT_NO_SPACE);
  EXPECT_EQ(c, 0u);
  EXPECT_EQ(at_xen_event_close(&events_, a), AT_OK);
  EXPECT_EQ(at_xen_event_close(&events_, b), AT_OK);
}

TEST_F(EventTest, BindVirq_RunsItsHandler) {
  at_xen_port port = 0, other = 0;
  Channel c;
  ASSERT_EQ(at_xen_event_bind_virq(&events_, &port, VIRQ_TIMER, 0), AT_OK);
  ASSERT_EQ(at_xen_event_handle(&events_, port, Run, &c), AT_OK);
  at_fake_xen_raise_virq(xen_, kGuest, VIRQ_DEBUG);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 0u);
  at_fake_xen_raise_virq(xen_, kGuest, VIRQ_TIMER);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
  EXPECT_EQ(at_xen_event_bind_virq(&events_, &other, VIRQ_TIMER, 0), AT_EXISTS);
  EXPECT_EQ(at_xen_event_bind_virq(&events_, &other, VIRQ_CONSOLE, 0), AT_BUSY);
  EXPECT_EQ(at_xen_event_notify(port), AT_INVALID);
  EXPECT_EQ(at_xen_event_close(&events_, port), AT_OK);
}

}  // namespace
