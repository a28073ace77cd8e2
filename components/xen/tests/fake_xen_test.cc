// SPDX-License-Identifier: ISC
// The fake Xen itself, where the component's tests and contracts do not show it: a fake that others build on must not
// lie.

#include <atman/testing/fake_xen.h>

#include <cstring>
#include <vector>

#include <atman/xen/hypercall.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/sched.h>

#include "guest_fixture.h"

namespace {

class FakeXenTest : public GuestTest {
 protected:
  long Poll(std::vector<evtchn_port_t> ports, uint64_t timeout) {
    sched_poll poll{};
    poll.nr_ports = static_cast<unsigned>(ports.size());
    poll.timeout = timeout;
    set_xen_guest_handle(poll.ports, ports.data());
    return at_xen_sched_op(SCHEDOP_poll, &poll);
  }

  // A channel between guest and peer; closed by Close().
  void Open() { at_fake_xen_channel(xen_, kGuest, &port_, kPeer, &peers_); }
  void Close() {
    evtchn_close close = {port_};
    EXPECT_EQ(at_xen_event_channel_op(EVTCHNOP_close, &close), 0);
  }

  at_xen_port port_, peers_;
};

TEST_F(FakeXenTest, SharedInfo_IsAsABuilderLeavesIt) {
  EXPECT_EQ(shared_->vcpu_info[0].evtchn_upcall_mask, 1);
  EXPECT_EQ(shared_->vcpu_info[0].evtchn_upcall_pending, 0);
  for (auto word : shared_->evtchn_mask) EXPECT_EQ(word, 0u);
  EXPECT_EQ(shared_->vcpu_info[0].time.version % 2, 0u);
}

TEST_F(FakeXenTest, UnknownHypercalls_AreNotImplemented) {
  EXPECT_EQ(at_xen_hypercall(__HYPERVISOR_domctl, 0, 0, 0, 0, 0), -XEN_ENOSYS);
  EXPECT_EQ(at_xen_hypercall(63, 0, 0, 0, 0, 0), -XEN_ENOSYS);
  EXPECT_EQ(at_xen_hypercall(64, 0, 0, 0, 0, 0), -XEN_ENOSYS);
  EXPECT_EQ(at_xen_hypercall(~0ul, 0, 0, 0, 0, 0), -XEN_ENOSYS);
  EXPECT_EQ(at_xen_event_channel_op(99, nullptr), -XEN_ENOSYS);
  EXPECT_EQ(at_xen_sched_op(99, nullptr), -XEN_ENOSYS);
  EXPECT_EQ(at_xen_grant_table_op(99, nullptr, 0), -XEN_ENOSYS);
  trap_info none{};
  EXPECT_EQ(at_xen_set_trap_table(&none), 0);
}

TEST_F(FakeXenTest, Poll_ChecksItsPorts) {
  EXPECT_EQ(Poll(std::vector<evtchn_port_t>(129, 1), Now() + 1), -XEN_EINVAL);
  EXPECT_EQ(Poll(std::vector<evtchn_port_t>(128, 1), Now() + 1), 0);
  EXPECT_EQ(Poll({256}, Now() + 1), -XEN_EINVAL);
}

TEST_F(FakeXenTest, PollOfAPendingPort_ReturnsAtOnceAndRunsNobody) {
  Open();
  int ran = 0;
  Peer peer(xen_, kPeer, [&](uint64_t) { return ++ran, kForever; });
  at_fake_xen_notify(xen_, kPeer, peers_);
  EXPECT_EQ(Poll({port_}, 0), 0);
  EXPECT_EQ(ran, 0);
  EXPECT_TRUE(at_fake_xen_take_event(xen_, kGuest, port_));
  Close();
}

TEST_F(FakeXenTest, Poll_MovesTimeToWhateverComesFirst) {
  Open();
  std::vector<uint64_t> times;
  uint64_t start = Now();
  Peer peer(xen_, kPeer, [&](uint64_t now) {
    times.push_back(now - start);
    if (now >= start + 30) at_fake_xen_notify(xen_, kPeer, peers_);
    return now < start + 30 ? now + 10 : kForever;
  });
  EXPECT_EQ(Poll({port_}, start + 25), 0);
  EXPECT_EQ(Now(), start + 25);
  EXPECT_EQ(times, (std::vector<uint64_t>{0, 10, 20, 25}));
  times.clear();
  EXPECT_EQ(Poll({port_}, 0), 0);
  EXPECT_EQ(times, (std::vector<uint64_t>{25, 35}));
  EXPECT_TRUE(at_fake_xen_take_event(xen_, kGuest, port_));
  Close();
}

TEST_F(FakeXenTest, NothingCanCome_IsADeadlockAndNoHang) {
  Open();
  EXPECT_EQ(Poll({port_}, 0), -XEN_EDEADLK);
  EXPECT_EQ(at_xen_sched_op(SCHEDOP_block, nullptr), -XEN_EDEADLK);
  Close();
}

// evtchn_check_pollers(): who polls one port is woken by that one only, who polls none or several by any.
TEST_F(FakeXenTest, PollersOfSeveralPorts_WakeAtAnyEvent) {
  const struct {
    const char *what;
    std::vector<evtchn_port_t> polled;
    bool woken;
  } cases[] = {{"none", {}, true}, {"one other", {9}, false}, {"two others", {9, 10}, true}};
  Open();
  uint64_t first = Now();
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    uint64_t before = Now();
    {
      Peer peer(xen_, kPeer, [&](uint64_t) { return at_fake_xen_notify(xen_, kPeer, peers_), kForever; });
      EXPECT_EQ(Poll(c.polled, before + kMs), 0);
    }
    EXPECT_EQ(Now(), c.woken ? before : before + kMs);
    EXPECT_TRUE(at_fake_xen_take_event(xen_, kGuest, port_));
  }
  EXPECT_EQ(Now(), first + kMs);
  Close();
}

TEST_F(FakeXenTest, Block_UnmasksUpcallsAndEndsAtAnUnmaskedEvent) {
  Open();
  Peer peer(xen_, kPeer, [&](uint64_t) { return at_fake_xen_notify(xen_, kPeer, peers_), kForever; });
  EXPECT_EQ(at_xen_sched_op(SCHEDOP_block, nullptr), 0);
  EXPECT_EQ(shared_->vcpu_info[0].evtchn_upcall_mask, 0);
  EXPECT_EQ(shared_->vcpu_info[0].evtchn_upcall_pending, 1);
  EXPECT_EQ(shared_->vcpu_info[0].evtchn_pending_sel, 1u);
  Close();
}

TEST_F(FakeXenTest, Steps_RunAsTheirDomain) {
  Peer peer(xen_, kPeer, [&](uint64_t) {
    evtchn_alloc_unbound op{};
    op.dom = DOMID_SELF;
    EXPECT_EQ(at_xen_event_channel_op(EVTCHNOP_alloc_unbound, &op), 0);
    return kForever;
  });
  at_fake_xen_run_steps(xen_);
  EXPECT_EQ(at_fake_xen_ports_in_use(xen_, kPeer), 1u);
  EXPECT_EQ(at_fake_xen_calls(xen_, kPeer, __HYPERVISOR_event_channel_op), 1u);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);
  evtchn_status op{};
  op.dom = DOMID_SELF;
  op.port = 1;
  EXPECT_EQ(at_xen_event_channel_op(EVTCHNOP_status, &op), 0) << "the guest calls again";
  EXPECT_EQ(op.status, static_cast<uint32_t>(EVTCHNSTAT_closed));
}

TEST_F(FakeXenTest, Status_TellsWhatAPortIs) {
  evtchn_status op{};
  auto status = [&](at_xen_domid domid, at_xen_port port) {
    op = {};
    op.dom = domid;
    op.port = port;
    return at_xen_event_channel_op(EVTCHNOP_status, &op);
  };
  Open();
  ASSERT_EQ(status(DOMID_SELF, port_), 0);
  EXPECT_EQ(op.status, static_cast<uint32_t>(EVTCHNSTAT_interdomain));
  EXPECT_EQ(op.u.interdomain.dom, kPeer);
  EXPECT_EQ(op.u.interdomain.port, peers_);
  EXPECT_EQ(status(kPeer, peers_), -XEN_EPERM);
  EXPECT_EQ(status(99, 1), -XEN_ESRCH);
  EXPECT_EQ(status(DOMID_SELF, 4096), -XEN_EINVAL);
  Close();
  at_fake_xen_enter(xen_, kPeer);
  ASSERT_EQ(status(DOMID_SELF, peers_), 0);
  EXPECT_EQ(op.status, static_cast<uint32_t>(EVTCHNSTAT_unbound)) << "the other end closed";
  EXPECT_EQ(op.u.unbound.dom, kGuest);
}

TEST_F(FakeXenTest, AClosedPort_IsNotPendingWhenItIsGivenOutAgain) {
  Open();
  at_fake_xen_notify(xen_, kPeer, peers_);
  Close();
  evtchn_alloc_unbound op{};
  op.dom = DOMID_SELF;
  ASSERT_EQ(at_xen_event_channel_op(EVTCHNOP_alloc_unbound, &op), 0);
  ASSERT_EQ(op.port, port_);
  EXPECT_FALSE(at_fake_xen_take_event(xen_, kGuest, port_));
  Close();
}

TEST_F(FakeXenTest, OnlyDomainZero_MakesPortsForOthers) {
  evtchn_alloc_unbound op{};
  op.dom = kPeer;
  op.remote_dom = kGuest;
  EXPECT_EQ(at_xen_event_channel_op(EVTCHNOP_alloc_unbound, &op), -XEN_EPERM);
  op.dom = 99;
  EXPECT_EQ(at_xen_event_channel_op(EVTCHNOP_alloc_unbound, &op), -XEN_ESRCH);
  at_fake_xen_enter(xen_, 0);
  op.dom = kPeer;
  EXPECT_EQ(at_xen_event_channel_op(EVTCHNOP_alloc_unbound, &op), 0);
  EXPECT_EQ(at_fake_xen_ports_in_use(xen_, kPeer), 1u);
}

TEST_F(FakeXenTest, Fail_StrikesTheNthOnceOrForEver) {
  auto call = [] { return at_xen_version_op(0, nullptr) > 0 ? 0 : 1; };
  for (bool on : {false, true}) {
    SCOPED_TRACE(on);
    at_fake_xen_fail(xen_, __HYPERVISOR_xen_version, 3, on, XEN_EIO);
    at_xen_sched_op(SCHEDOP_yield, nullptr);  // does not count
    std::vector<int> failed;
    for (int i = 0; i < 5; ++i) failed.push_back(call());
    EXPECT_EQ(failed, (on ? std::vector<int>{0, 0, 1, 1, 1} : std::vector<int>{0, 0, 1, 0, 0}));
    EXPECT_EQ(at_fake_xen_failures(xen_), on ? 3u : 1u);
  }
  at_fake_xen_fail(xen_, AT_FAKE_XEN_ANY, 1, true, XEN_EIO);
  at_fake_xen_enter(xen_, kPeer);
  EXPECT_EQ(call(), 0) << "only the domain that was current fails";
  at_fake_xen_enter(xen_, kGuest);
  EXPECT_EQ(at_xen_version_op(0, nullptr), -XEN_EIO);
  at_fake_xen_fail(xen_, AT_FAKE_XEN_ANY, 0, false, 0);
  EXPECT_EQ(call(), 0);
  EXPECT_EQ(at_fake_xen_failures(xen_), 0u);
}

TEST_F(FakeXenTest, AfterShutdown_NothingIsServed) {
  sched_shutdown op = {SHUTDOWN_poweroff};
  EXPECT_EQ(at_xen_sched_op(SCHEDOP_shutdown, &op), 0);
  EXPECT_EQ(at_xen_version_op(0, nullptr), -XEN_ESRCH);
}

TEST_F(FakeXenTest, Pages_HaveOwnersAndFrames) {
  void *a = at_fake_xen_page_alloc(xen_, kGuest), *b = at_fake_xen_page_alloc(xen_, kGuest);
  uint64_t frame = at_fake_xen_frame(xen_, a);
  EXPECT_NE(frame, at_fake_xen_frame(xen_, b));
  EXPECT_EQ(at_fake_xen_address(xen_, frame), a);
  EXPECT_EQ(at_fake_xen_frame(xen_, static_cast<char *>(a) + 4095), frame);
  EXPECT_EQ(at_fake_xen_address(xen_, 0), nullptr);
  EXPECT_EQ(at_fake_xen_address(xen_, UINT64_MAX), nullptr);
  EXPECT_EQ(at_fake_xen_pages_in_use(xen_, kGuest), 2u);
  memset(a, 1, 4096);
  at_fake_xen_page_free(xen_, a);
  at_fake_xen_page_free(xen_, b);
  EXPECT_EQ(at_fake_xen_pages_in_use(xen_, kGuest), 0u);
  void *again = at_fake_xen_page_alloc(xen_, kGuest);
  EXPECT_EQ(static_cast<char *>(again)[4095], 0) << "another domain's data";
  at_fake_xen_page_free(xen_, again);
}

TEST_F(FakeXenTest, GrantOfAPageThatIsNotOnes_IsRefused) {
  void *theirs = at_fake_xen_page_alloc(xen_, kPeer);
  grant_entry_v1_t *table = at_fake_xen_grant_table(xen_, kGuest, 1);
  char byte;
  for (uint64_t frame : {at_fake_xen_frame(xen_, theirs), at_fake_xen_frame(xen_, shared_), uint64_t{1}}) {
    SCOPED_TRACE(frame);
    table[8] = {GTF_permit_access, kPeer, static_cast<uint32_t>(frame)};
    EXPECT_EQ(at_fake_xen_grant_read(xen_, &byte, kPeer, kGuest, 8, 0, 1), GNTST_general_error);
    EXPECT_EQ(table[8].flags, GTF_permit_access);
  }
  table[8].flags = 0;
  at_fake_xen_page_free(xen_, theirs);
}

TEST_F(FakeXenTest, Copies_StayInsideThePage) {
  void *page = at_fake_xen_page_alloc(xen_, kGuest);
  grant_entry_v1_t *table = at_fake_xen_grant_table(xen_, kGuest, 1);
  table[8] = {GTF_permit_access, kPeer, static_cast<uint32_t>(at_fake_xen_frame(xen_, page))};
  const struct {
    uint32_t offset, size;
    int status;
  } cases[] = {{0, 4096, GNTST_okay},
               {4095, 1, GNTST_okay},
               {4096, 0, GNTST_okay},
               {4096, 1, GNTST_bad_copy_arg},
               {1, 4096, GNTST_bad_copy_arg},
               {0xffffffff, 2, GNTST_bad_copy_arg},
               {2, 0xffffffff, GNTST_bad_copy_arg}};
  std::vector<char> buffer(8192);
  for (const auto &c : cases) {
    SCOPED_TRACE(::testing::Message() << c.size << " at " << c.offset);
    EXPECT_EQ(at_fake_xen_grant_read(xen_, buffer.data(), kPeer, kGuest, 8, c.offset, c.size), c.status);
    EXPECT_EQ(at_fake_xen_grant_write(xen_, kPeer, kGuest, 8, c.offset, buffer.data(), c.size), c.status);
    EXPECT_EQ(table[8].flags, GTF_permit_access) << "not busy once the copy is done";
  }
  EXPECT_EQ(at_fake_xen_grant_read(xen_, buffer.data(), kPeer, 99, 8, 0, 1), GNTST_bad_domain);
  EXPECT_EQ(at_fake_xen_grant_read(xen_, buffer.data(), kPeer, kGuest, 512, 0, 1), GNTST_bad_gntref);
  table[8].flags = 0;
  at_fake_xen_page_free(xen_, page);
}

using FakeXenDeathTest = FakeXenTest;

TEST_F(FakeXenDeathTest, Misuse_Panics) {
  void *page = at_fake_xen_page_alloc(xen_, kGuest), *mapped;
  grant_handle_t handle;
  grant_entry_v1_t *table = at_fake_xen_grant_table(xen_, kGuest, 1);
  table[8] = {GTF_permit_access, kPeer, static_cast<uint32_t>(at_fake_xen_frame(xen_, page))};
  ASSERT_EQ(at_fake_xen_grant_map(xen_, &mapped, &handle, kPeer, kGuest, 8, true), GNTST_okay);
  EXPECT_DEATH(at_fake_xen_page_free(xen_, page), "a page that a peer maps");
  ASSERT_EQ(at_fake_xen_grant_unmap(xen_, kPeer, handle), GNTST_okay);
  EXPECT_EQ(at_fake_xen_grant_unmap(xen_, kPeer, handle), GNTST_bad_handle);
  table[8].flags = 0;
  at_fake_xen_page_free(xen_, page);

  EXPECT_DEATH(at_fake_xen_page_free(xen_, page), "no domain's page");
  EXPECT_DEATH(at_fake_xen_page_free(xen_, shared_), "no domain's page");
  EXPECT_DEATH(at_fake_xen_frame(xen_, &page), "outside machine memory");
  EXPECT_DEATH(at_fake_xen_enter(xen_, 99), "no such domain");
  EXPECT_DEATH(at_fake_xen_add_domain(xen_, kPeer), "domain id is taken");
  EXPECT_DEATH(for (;;) at_fake_xen_page_alloc(xen_, kGuest), "machine memory is used up");
  EXPECT_DEATH(
      {
        at_fake_xen_leave();
        at_xen_version_op(0, nullptr);
      },
      "no domain is current");
}

TEST_F(FakeXenDeathTest, PeersThatNeverStop_Panic) {
  Open();
  Peer busy(xen_, kPeer, [](uint64_t now) { return now; });
  EXPECT_DEATH(Poll({port_}, 0), "peers run for ever");
  Close();
}

TEST_F(FakeXenDeathTest, PeerThatBlocks_Panics) {
  Peer peer(xen_, kPeer, [&](uint64_t) { return Poll({}, 0), kForever; });
  EXPECT_DEATH(at_fake_xen_run_steps(xen_), "a peer blocks");
}

TEST(FakeXenConfig, TwoHypervisors_AreSeparate) {
  at_fake_xen_config config{};
  config.start_ns = 5;
  at_fake_xen *a = at_fake_xen_create(&config), *b = at_fake_xen_create(nullptr);
  at_fake_xen_advance(b, 100);
  EXPECT_EQ(at_fake_xen_now(a), 5u);
  EXPECT_EQ(at_fake_xen_now(b), 1000000100u);
  at_fake_xen_enter(a, 0);
  sched_shutdown op = {SHUTDOWN_crash};
  EXPECT_EQ(at_xen_sched_op(SCHEDOP_shutdown, &op), 0);
  EXPECT_EQ(at_fake_xen_shutdown_reason(a, 0), SHUTDOWN_crash);
  EXPECT_EQ(at_fake_xen_shutdown_reason(b, 0), -1);
  at_fake_xen_destroy(a);
  at_fake_xen_destroy(b);
}

}  // namespace
