// SPDX-License-Identifier: ISC
// A domain that was restored: what events, grants and the console keep, and what they forget.

#include <atman/testing/fake_console.h>
#include <atman/xen/console.h>
#include <atman/xen/domain.h>
#include <atman/xen/event.h>
#include <atman/xen/fifo.h>
#include <atman/xen/grant.h>
#include <atman/xen/grant_table.h>
#include <atman/xen/grant_v2.h>
#include <atman/xen/hypercall.h>

#include <cstring>
#include <string>

#include <xen/errno.h>
#include <xen/event_channel.h>

#include "event_fixture.h"

namespace {

class RestoreTest : public EventTest {
 protected:
  // Closes the port behind the component's back, as the end of the old domain does.
  void Lose(at_xen_port port) {
    evtchn_close op{};
    op.port = port;
    ASSERT_EQ(at_xen_event_channel_op(EVTCHNOP_close, &op), 0);
  }
};

TEST_F(RestoreTest, PortThatMoved_KeepsItsHandler_AndTheOthersAreForgotten) {
  Channel store, device;
  Open(&store);
  Open(&device);
  const at_xen_port old = store.port;
  Lose(store.port);
  Lose(device.port);
  at_xen_port spare[2], peers;  // so that the new number is none of the old ones
  for (at_xen_port &port : spare) at_fake_xen_channel(xen_, kGuest, &port, kPeer, &peers);
  at_fake_xen_channel(xen_, kGuest, &store.port, kPeer, &store.peers);
  ASSERT_NE(store.port, old);
  const at_xen_port_move moves[] = {{old, store.port}};
  at_xen_events_restored(&events_, moves, 1, nullptr);
  Raise(store);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
  EXPECT_EQ(store.ran, 1);
  EXPECT_EQ(at_xen_event_close(&events_, device.port), AT_NOT_FOUND) << "forgotten";
  Close(store);
  for (at_xen_port port : spare) Lose(port);
}

TEST_F(RestoreTest, SharedInfoOfTheNewDomain_IsMasked) {
  shared_->vcpu_info[0].evtchn_upcall_mask = 0;
  memset(shared_->evtchn_mask, 0, sizeof shared_->evtchn_mask);
  at_xen_events_restored(&events_, nullptr, 0, nullptr);
  EXPECT_EQ(shared_->vcpu_info[0].evtchn_upcall_mask, 1);
  EXPECT_EQ(shared_->evtchn_mask[0], ~xen_ulong_t{0});
}

// On a host that has been up for a shorter time, and on one that has been for a longer: days, here hours.
TEST_F(RestoreTest, Clock_GoesOn_AndDeadlinesAreStillMet) {
  const uint64_t shown[] = {Now() + 3600000 * kMs, Now() / 2};
  for (uint64_t now_ns : shown) {
    SCOPED_TRACE(now_ns);
    at_xen_clock clock;
    at_xen_clock_init(&clock, shared_);
    at_xen_clock_continue(&clock, now_ns);
    EXPECT_EQ(at_xen_clock_now(&clock), now_ns);
    at_xen_events_restored(&events_, nullptr, 0, &clock);
    const uint64_t before = Now();
    EXPECT_EQ(at_xen_events_wait(&events_, now_ns + 5 * kMs), AT_TIMED_OUT);
    EXPECT_EQ(Now() - before, 5 * kMs);
    EXPECT_EQ(at_wait_now(at_xen_events_waiter(&events_)), now_ns + 5 * kMs);
    EXPECT_EQ(at_xen_events_wait(&events_, AT_NEVER), AT_DEADLOCK);
    Channel c;
    Open(&c);
    Peer peer(xen_, kPeer, [&](uint64_t now) {
      if (now >= before + 10 * kMs) Raise(c);
      return now >= before + 10 * kMs ? kForever : before + 10 * kMs;
    });
    EXPECT_EQ(at_xen_events_wait(&events_, AT_NEVER), AT_OK) << "never is never";
    EXPECT_EQ(Now() - before, 10 * kMs);
    Close(c);
  }
}

TEST_F(RestoreTest, SlotsOfForgottenPorts_AreUsedAgain) {
  at_xen_port port;
  for (uint32_t i = 0; i < AT_XEN_EVENT_PORTS; ++i) {
    ASSERT_EQ(at_xen_event_alloc_unbound(&events_, &port, kPeer), AT_OK);
    Lose(port);
  }
  EXPECT_EQ(at_xen_event_alloc_unbound(&events_, &port, kPeer), AT_NO_SPACE);
  at_xen_events_restored(&events_, nullptr, 0, nullptr);
  EXPECT_EQ(at_xen_event_alloc_unbound(&events_, &port, kPeer), AT_OK);
  EXPECT_EQ(at_xen_event_close(&events_, port), AT_OK);
}

TEST_F(RestoreTest, Grants_BeginAnew_AndKeepWhatIsSetAside) {
  at_xen_grants grants;
  grant_entry_v1_t *table = at_fake_xen_grant_table(xen_, kGuest, 1);
  at_xen_grants_init(&grants, table, AT_XEN_GRANTS_PER_FRAME);
  void *page = at_fake_xen_page_alloc(xen_, kGuest);
  at_xen_grant_ref first, second;
  ASSERT_EQ(at_xen_grants_reserve(&grants, 5), AT_OK);
  ASSERT_EQ(at_xen_grant_give(&grants, &first, kPeer, at_fake_xen_frame(xen_, page)), AT_OK);
  ASSERT_EQ(at_xen_grant_give(&grants, &second, kPeer, at_fake_xen_frame(xen_, page)), AT_OK);
  ASSERT_EQ(at_xen_grant_end(&grants, first), AT_OK);
  memset(table, 0, 4096);  // the new domain's
  at_xen_grants_restored(&grants);
  EXPECT_EQ(at_xen_grants_available(&grants), AT_XEN_GRANTS_PER_FRAME - GNTTAB_NR_RESERVED_ENTRIES - 5);
  EXPECT_EQ(at_xen_grant_end(&grants, second), AT_INVALID) << "nobody gave it in this table";
  ASSERT_EQ(at_xen_grant_give(&grants, &first, kPeer, at_fake_xen_frame(xen_, page)), AT_OK);
  EXPECT_EQ(first, GNTTAB_NR_RESERVED_ENTRIES);
  EXPECT_EQ(at_xen_grant_end(&grants, first), AT_OK);
  at_fake_xen_page_free(xen_, page);
}

// The restored guest: another domain, with memory that is as the old one's was.
class RestoredAsAnotherTest : public RestoreTest {
 protected:
  static constexpr at_xen_domid kRestored = 6;

  void Restore() {
    at_fake_xen_add_domain(xen_, kRestored);
    at_fake_xen_enter(xen_, kRestored);
  }
  void TearDown() override {
    at_fake_xen_enter(xen_, kGuest);
    RestoreTest::TearDown();
  }
};

// Xen makes domains with two-level channels; what the queues held is the old domain's.
TEST_F(RestoredAsAnotherTest, Fifo_IsSwitchedToAgain) {
  at_xen_fifo fifo;
  auto make = [&](at_xen_domid domid) {
    void *control = at_fake_xen_page_alloc(xen_, domid), *words = at_fake_xen_page_alloc(xen_, domid);
    return at_xen_fifo_config{static_cast<evtchn_fifo_control_block *>(control), at_fake_xen_frame(xen_, control),
                              static_cast<event_word_t *>(words), at_fake_xen_frame(xen_, words)};
  };
  Channel channel;
  Open(&channel);
  const at_xen_fifo_config old = make(kGuest);
  ASSERT_EQ(at_xen_fifo_init(&fifo, &events_, &old), AT_OK);
  Raise(channel);
  const at_xen_port old_port = channel.port;
  Restore();
  events_.shared = at_fake_xen_shared(xen_, kRestored);
  at_fake_xen_channel(xen_, kRestored, &channel.port, kPeer, &channel.peers);
  const at_xen_port_move moves[] = {{old_port, channel.port}};
  at_xen_events_restored(&events_, moves, 1, nullptr);
  const at_xen_fifo_config now = make(kRestored);
  ASSERT_EQ(at_xen_fifo_init(&fifo, &events_, &now), AT_OK);
  EXPECT_EQ(at_xen_fifo_ports(&fifo), AT_XEN_FIFO_PORTS_PER_PAGE);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo), 0u) << "what was raised in the old domain is gone";
  Raise(channel);
  EXPECT_EQ(at_xen_fifo_wait(&fifo, AT_NEVER), AT_OK);
  EXPECT_EQ(channel.ran, 1);
  Close(channel);
  at_fake_xen_enter(xen_, kGuest);
  Lose(old_port);
  at_fake_xen_page_free(xen_, old.control);
  at_fake_xen_page_free(xen_, old.words);
}

// Xen makes domains with a version 1 table.
TEST_F(RestoredAsAnotherTest, GrantTableV2_IsSwitchedToAgain_AndGrantsBeginAnew) {
  const grant_status_t *states;
  at_xen_grants_v2 grants;
  at_xen_grant_ref old[3], now;
  ASSERT_EQ(at_xen_grant_table_set_version(2), AT_OK);
  grant_entry_v2_t *table = at_fake_xen_grant_table_v2(xen_, kGuest, 1, &states);
  at_xen_grants_v2_init(&grants, table, states, AT_XEN_GRANTS_V2_PER_FRAME);
  void *page = at_fake_xen_page_alloc(xen_, kGuest);
  for (at_xen_grant_ref &ref : old)
    ASSERT_EQ(at_xen_grant_v2_give(&grants, &ref, kPeer, at_fake_xen_frame(xen_, page), 0), AT_OK);
  at_xen_grants_v2 before = grants;
  Restore();
  ASSERT_EQ(at_xen_grant_table_set_version(2), AT_OK);
  table = at_fake_xen_grant_table_v2(xen_, kRestored, 1, &states);
  at_xen_grants_v2_init(&grants, table, states, AT_XEN_GRANTS_V2_PER_FRAME);
  EXPECT_EQ(at_xen_grant_v2_end(&grants, old[2]), AT_INVALID) << "nobody gave it in this table";
  void *page_now = at_fake_xen_page_alloc(xen_, kRestored);
  ASSERT_EQ(at_xen_grant_v2_give(&grants, &now, kPeer, at_fake_xen_frame(xen_, page_now), 0), AT_OK);
  char byte = 'x';
  EXPECT_EQ(at_fake_xen_grant_write(xen_, kPeer, kRestored, now, 0, &byte, 1), GNTST_okay);
  EXPECT_EQ(*static_cast<char *>(page_now), 'x');
  EXPECT_EQ(at_xen_grant_v2_end(&grants, now), AT_OK);
  EXPECT_EQ(at_xen_grants_v2_available(&grants), AT_XEN_GRANTS_V2_PER_FRAME - 8);
  at_fake_xen_enter(xen_, kGuest);
  for (at_xen_grant_ref ref : old) EXPECT_EQ(at_xen_grant_v2_end(&before, ref), AT_OK);
  at_fake_xen_page_free(xen_, page);
}

TEST_F(RestoreTest, Console_GoesOnWhereItStood_OnItsNewPort) {
  static xencons_interface ring;
  at_xen_console console;
  Channel old, now;
  Open(&old);
  at_xen_console_init(&console, &ring, shared_, old.port);
  ASSERT_EQ(at_xen_console_write(&console, "ab", 2), AT_OK);
  Close(old);
  Open(&now);
  at_xen_console_restored(&console, now.port);
  at_fake_xen_take_event(xen_, kPeer, now.peers);
  ASSERT_EQ(at_xen_console_write(&console, "c", 1), AT_OK);
  EXPECT_EQ(std::string(ring.out, 3), "abc");
  EXPECT_TRUE(at_fake_xen_take_event(xen_, kPeer, now.peers)) << "the reader is told where it listens";
  Close(now);
}

// What Xen is asked, and how its three kinds of answers are told.
struct Asked {
  unsigned long command, start_info;
  unsigned reason;
  long answer;
};

long Serve(void *ctx, const unsigned long arguments[5]) {
  auto *asked = static_cast<Asked *>(ctx);
  asked->command = arguments[0];
  asked->reason = reinterpret_cast<const sched_shutdown *>(arguments[1])->reason;
  asked->start_info = arguments[2];
  return asked->answer;
}

TEST_F(RestoreTest, Suspend_NamesTheStartInfoPage_AndTellsHowItEnded) {
  const struct {
    long answer;
    at_status status;
  } cases[] = {{0, AT_OK}, {1, AT_CANCELLED}, {-XEN_EINVAL, AT_INVALID}, {-XEN_EPERM, AT_DENIED}};
  for (const auto &c : cases) {
    SCOPED_TRACE(c.answer);
    Asked asked{};
    asked.answer = c.answer;
    at_fake_xen_serve(xen_, __HYPERVISOR_sched_op, Serve, &asked);
    EXPECT_EQ(at_xen_domain_suspend(0x12345), c.status);
    EXPECT_EQ(asked.command, static_cast<unsigned long>(SCHEDOP_shutdown));
    EXPECT_EQ(asked.reason, static_cast<unsigned>(SHUTDOWN_suspend));
    EXPECT_EQ(asked.start_info, 0x12345u);
    at_fake_xen_serve(xen_, __HYPERVISOR_sched_op, nullptr, nullptr);
  }
}

}  // namespace
