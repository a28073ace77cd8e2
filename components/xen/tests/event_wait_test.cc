// SPDX-License-Identifier: ISC
// Dispatch and waiting: what runs and in which order, what blocks and for how long, and at what price in hypercalls.

#include <atman/xen/event.h>

#include <atman/xen/hypercall.h>
#include <xen/errno.h>

#include "event_fixture.h"

namespace {

using EventWaitTest = EventTest;

TEST_F(EventWaitTest, Dispatch_RunsWhatIsPendingOnceAndClearsItFirst) {
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

TEST_F(EventWaitTest, EventDuringItsHandler_RunsItAgainNextTimeAndStarvesNobody) {
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

TEST_F(EventWaitTest, HandlerClosesItsOwnPort_ItIsGone) {
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

TEST_F(EventWaitTest, HandlerClosesALaterPort_ItDoesNotRun) {
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
TEST_F(EventWaitTest, HandlerReplacesItsOwnPort_RunsOncePerDispatch) {
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

TEST_F(EventWaitTest, MaskedPort_KeepsItsEventAndIsNotPolled) {
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

TEST_F(EventWaitTest, NoHandler_TheEventWaitsForOne) {
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

TEST_F(EventWaitTest, Handle_ReplacesTheHandler) {
  Channel c, instead;
  Open(&c);
  ASSERT_EQ(at_xen_event_handle(&events_, c.port, Run, &instead), AT_OK);
  Raise(c);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
  EXPECT_EQ(c.ran, 0);
  EXPECT_EQ(instead.ran, 1);
  Close(c);
}

TEST_F(EventWaitTest, Wait_RunsAPeerAndItsEventsHandler) {
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

TEST_F(EventWaitTest, WaitWithSomethingPending_DoesNotPoll) {
  Channel c;
  Open(&c);
  Raise(c);
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(at_xen_events_wait(&events_, Now() + kMs), AT_OK);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);
  Close(c);
}

TEST_F(EventWaitTest, WaitDeadlines_AtTheEdgesOfTime) {
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

TEST_F(EventWaitTest, WaitForNothing_IsADeadlockWithoutAHypercall) {
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
TEST_F(EventWaitTest, WokenForNothing_IsOkBeforeTheDeadline) {
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

TEST_F(EventWaitTest, PollRefused_IsReported) {
  Channel c;
  Open(&c);
  at_fake_xen_fail(xen_, __HYPERVISOR_sched_op, 1, false, XEN_EINVAL);
  EXPECT_EQ(at_xen_events_wait(&events_, AT_NEVER), AT_INVALID);
  EXPECT_EQ(c.ran, 0);
  Close(c);
}

TEST_F(EventWaitTest, Waiter_IsTheWaitSeam) {
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

}  // namespace
