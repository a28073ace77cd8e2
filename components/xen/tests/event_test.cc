// SPDX-License-Identifier: ISC
// Event channels: what is kept, what runs, what blocks and for how long, and at what price in hypercalls.

#include <atman/xen/event.h>

#include <algorithm>
#include <functional>
#include <vector>

#include <atman/xen/hypercall.h>
#include <xen/errno.h>
#include <xen/event_channel.h>

#include "guest_fixture.h"

namespace {

class EventTest : public GuestTest {
 protected:
  // A channel to the peer whose guest end is adopted, with a handler that runs `fn`.
  struct Channel {
    at_xen_port port = 0, peers = 0;
    int ran = 0;
    std::function<void()> fn;
  };

  explicit EventTest(at_fake_xen_config config = {}) : GuestTest(config) { at_xen_events_init(&events_, shared_); }

  void Open(Channel *c) {
    at_fake_xen_channel(xen_, kGuest, &c->port, kPeer, &c->peers);
    ASSERT_EQ(at_xen_event_adopt(&events_, c->port), AT_OK);
    ASSERT_EQ(at_xen_event_handle(&events_, c->port, Run, c), AT_OK);
  }

  void Close(const Channel &c) { EXPECT_EQ(at_xen_event_close(&events_, c.port), AT_OK); }

  // The peer raises the guest's end.
  void Raise(const Channel &c) { at_fake_xen_notify(xen_, kPeer, c.peers); }

  static void Run(void *ctx) {
    auto *c = static_cast<Channel *>(ctx);
    c->ran++;
    if (c->fn) c->fn();
  }

  uint32_t Polls() const { return Calls(__HYPERVISOR_sched_op); }

  at_xen_events events_;
};

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

TEST_F(EventTest, Dispatch_RunsWhatIsPendingOnceAndClearsItFirst) {
  Channel a, b;
  Open(&a);
  Open(&b);
  bool pending_inside = true;
  a.fn = [&] { pending_inside = IsPending(a.port); };
  EXPECT_EQ(at_xen_events_dispatch(&events_), 0u);
  Raise(a);
  Raise(a);
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
  EXPECT_EQ(a.ran, 1);
  EXPECT_EQ(b.ran, 0);
  EXPECT_FALSE(pending_inside);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 0u);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);
  Close(a);
  Close(b);
}

TEST_F(EventTest, EventDuringItsHandler_RunsItAgainNextTimeAndStarvesNobody) {
  Channel storm, quiet;
  Open(&storm);
  Open(&quiet);
  storm.fn = [&] { Raise(storm); };
  Raise(storm);
  Raise(quiet);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 2u);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
  EXPECT_EQ(storm.ran, 2);
  EXPECT_EQ(quiet.ran, 1);
  Close(storm);
  Close(quiet);
}

TEST_F(EventTest, HandlerClosesItsOwnPort_ItIsGone) {
  Channel c;
  Open(&c);
  c.fn = [&] {
    Close(c);
    EXPECT_EQ(at_xen_event_handle(&events_, c.port, Run, &c), AT_NOT_FOUND);
  };
  Raise(c);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
  SetPending(c.port);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 0u);
}

TEST_F(EventTest, HandlerClosesALaterPort_ItDoesNotRun) {
  Channel first, later, last;
  Open(&first);
  Open(&later);
  Open(&last);
  first.fn = [&] { Close(later); };
  Raise(first);
  Raise(later);
  Raise(last);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 2u);
  EXPECT_EQ(later.ran, 0);
  EXPECT_EQ(last.ran, 1);
  Close(first);
  Close(last);
}

// A handler that closes a port and opens another on every call: each dispatch still ends, after one call.
TEST_F(EventTest, HandlerReplacesItsOwnPort_RunsOncePerDispatch) {
  Channel c;
  Open(&c);
  c.fn = [&] {
    Close(c);
    Open(&c);
    Raise(c);
  };
  Raise(c);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
    EXPECT_EQ(c.ran, i);
  }
  Close(c);
}

TEST_F(EventTest, MaskedPort_KeepsItsEventAndIsNotPolled) {
  Channel masked, other;
  Open(&masked);
  Open(&other);
  ASSERT_EQ(at_xen_event_mask(&events_, masked.port), AT_OK);
  Raise(masked);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 0u);
  uint64_t deadline = Now() + kMs;
  EXPECT_EQ(at_xen_events_wait(&events_, deadline), AT_TIMED_OUT) << "the pending masked port ended the poll";
  EXPECT_EQ(Now(), deadline);
  EXPECT_TRUE(IsPending(masked.port));
  ASSERT_EQ(at_xen_event_unmask(&events_, masked.port), AT_OK);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
  EXPECT_EQ(masked.ran, 1);
  Close(masked);
  Close(other);
}

TEST_F(EventTest, NoHandler_TheEventWaitsForOne) {
  Channel c;
  Open(&c);
  ASSERT_EQ(at_xen_event_handle(&events_, c.port, nullptr, nullptr), AT_OK);
  Raise(c);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 0u);
  EXPECT_EQ(at_xen_events_wait(&events_, AT_NEVER), AT_DEADLOCK);
  ASSERT_EQ(at_xen_event_handle(&events_, c.port, Run, &c), AT_OK);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
  Close(c);
}

TEST_F(EventTest, Handle_ReplacesTheHandler) {
  Channel c, instead;
  Open(&c);
  ASSERT_EQ(at_xen_event_handle(&events_, c.port, Run, &instead), AT_OK);
  Raise(c);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
  EXPECT_EQ(c.ran, 0);
  EXPECT_EQ(instead.ran, 1);
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

TEST_F(EventTest, Wait_RunsAPeerAndItsEventsHandler) {
  Channel c;
  Open(&c);
  Peer peer(xen_, kPeer, [&](uint64_t now) {
    if (now < 5 * kMs + 1000 * kMs) return 5 * kMs + 1000 * kMs;
    Raise(c);
    return kForever;
  });
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(at_xen_events_wait(&events_, AT_NEVER), AT_OK);
  EXPECT_EQ(c.ran, 1);
  EXPECT_EQ(Now(), 1005 * kMs);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 1u) << "blocking is one hypercall";
  Close(c);
}

TEST_F(EventTest, WaitWithSomethingPending_DoesNotPoll) {
  Channel c;
  Open(&c);
  Raise(c);
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(at_xen_events_wait(&events_, Now() + kMs), AT_OK);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);
  Close(c);
}

TEST_F(EventTest, WaitDeadlines_AtTheEdgesOfTime) {
  Channel c;
  Open(&c);
  const struct {
    const char *what;
    uint64_t deadline;
    at_status status;
    uint64_t now_after;
    uint32_t polls;
  } cases[] = {
      {"do not block", 0, AT_TIMED_OUT, 1000 * kMs, 0},
      {"long past", 1, AT_TIMED_OUT, 1000 * kMs, 1},
      {"now", 1000 * kMs, AT_TIMED_OUT, 1000 * kMs, 1},
      {"a nanosecond", 1000 * kMs + 1, AT_TIMED_OUT, 1000 * kMs + 1, 1},
      {"an hour", 3600000 * kMs, AT_TIMED_OUT, 3600000 * kMs, 1},
      {"the last that Xen can tell", INT64_MAX, AT_TIMED_OUT, INT64_MAX, 1},
      {"beyond what Xen can tell is never, not at once", uint64_t{INT64_MAX} + 1, AT_DEADLOCK, INT64_MAX, 1},
      {"the last moment there is", UINT64_MAX - 1, AT_DEADLOCK, INT64_MAX, 1},
      {"never", AT_NEVER, AT_DEADLOCK, INT64_MAX, 1},
  };
  for (const auto &d : cases) {
    SCOPED_TRACE(d.what);
    at_fake_xen_reset_calls(xen_);
    EXPECT_EQ(at_xen_events_wait(&events_, d.deadline), d.status);
    EXPECT_EQ(Now(), d.now_after);
    EXPECT_EQ(Polls(), d.polls);
  }
  Close(c);
}

TEST_F(EventTest, WaitForNothing_IsADeadlockWithoutAHypercall) {
  Channel c;
  EXPECT_EQ(at_xen_events_wait(&events_, AT_NEVER), AT_DEADLOCK);
  Open(&c);
  ASSERT_EQ(at_xen_event_mask(&events_, c.port), AT_OK);
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(at_xen_events_wait(&events_, AT_NEVER), AT_DEADLOCK);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);
  uint64_t deadline = Now() + kMs;
  EXPECT_EQ(at_xen_events_wait(&events_, deadline), AT_TIMED_OUT) << "no port but a deadline";
  EXPECT_EQ(Now(), deadline);
  Close(c);
}

// Xen wakes who polls several ports at any event of the domain, even of a port that is none of them.
TEST_F(EventTest, WokenForNothing_IsOkBeforeTheDeadline) {
  Channel a, b, masked;
  Open(&a);
  Open(&b);
  Open(&masked);
  ASSERT_EQ(at_xen_event_mask(&events_, masked.port), AT_OK);
  Peer peer(xen_, kPeer, [&](uint64_t) { return Raise(masked), kForever; });
  uint64_t before = Now();
  EXPECT_EQ(at_xen_events_wait(&events_, before + kMs), AT_OK);
  EXPECT_EQ(Now(), before);
  EXPECT_EQ(a.ran + b.ran + masked.ran, 0);
  EXPECT_EQ(at_xen_events_wait(&events_, before + kMs), AT_TIMED_OUT);
  Close(a);
  Close(b);
  Close(masked);
}

TEST_F(EventTest, PollRefused_IsReported) {
  Channel c;
  Open(&c);
  at_fake_xen_fail(xen_, __HYPERVISOR_sched_op, 1, false, XEN_EINVAL);
  EXPECT_EQ(at_xen_events_wait(&events_, AT_NEVER), AT_INVALID);
  EXPECT_EQ(c.ran, 0);
  Close(c);
}

TEST_F(EventTest, Waiter_IsTheWaitSeam) {
  Channel c;
  Open(&c);
  at_wait wait = at_xen_events_waiter(&events_);
  EXPECT_EQ(at_wait_now(wait), Now());
  EXPECT_EQ(at_wait_sleep(wait, Now() + kMs), AT_TIMED_OUT);
  EXPECT_EQ(at_wait_now(wait), Now());
  EXPECT_EQ(at_wait_sleep(wait, AT_NEVER), AT_DEADLOCK);
  c.fn = [&] { at_wait_wake(wait); };
  Raise(c);
  EXPECT_EQ(at_wait_sleep(wait, AT_NEVER), AT_OK);
  EXPECT_EQ(c.ran, 1);
  Close(c);
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
