// SPDX-License-Identifier: ISC
// The contract of <atman/lifecycle/lifecycle.h>, with dom0's hand on control/shutdown in the fake xenstored.

#include <atman/lifecycle/lifecycle.h>

#include <cstdint>
#include <functional>
#include <string>

#include <xen/io/xs_wire.h>

#include <atman/testing/fake_xenstored.h>
#include <atman/xenstore/xenstore.h>

#include "gtest/gtest.h"

namespace {

constexpr uint16_t kGuest = 5;
constexpr char kNode[] = "/local/domain/5/control/shutdown";

class LifecycleTest : public ::testing::Test {
 public:
  LifecycleTest() {
    at_fake_xenstored_quota quota{};
    quota.transactions = 100;
    clock_.server = server_ = at_fake_xenstored_new(&quota);
    clock_.on_event = [](void *xs) { at_xenstore_on_event(static_cast<at_xenstore *>(xs)); };
    clock_.event_ctx = &xs_;
    at_fake_xenstored_connect(server_, kGuest, &ring_, nullptr, nullptr);
    at_xenstore_config config{};
    config.ring = &ring_;
    config.notify = [](void *) {};
    config.wait = at_fake_xenstored_wait(&clock_);
    at_xenstore_init(&xs_, &config);
    waker_.server = nullptr;
  }

  ~LifecycleTest() override { at_fake_xenstored_free(server_); }

  void TearDown() override {
    clock_.server = server_;
    Settle();
    struct at_xenstore_stats stats;
    at_xenstore_stats(&xs_, &stats);
    EXPECT_EQ(stats.outstanding, 0u);
    EXPECT_EQ(stats.watches, 0u);
    EXPECT_EQ(stats.transactions, 0u);
    if (at_xenstore_status(&xs_) != AT_OK) return;
    struct at_fake_xenstored_held held;
    at_fake_xenstored_held(server_, kGuest, &held);
    EXPECT_EQ(held.watches, 0u);
    EXPECT_EQ(held.transactions, 0u);
  }

  uint64_t Deadline() { return clock_.now_ns + 1000000000; }
  at_status Start() { return at_lifecycle_start(&l_, &xs_, at_fake_xenstored_wait(&waker_), Deadline()); }
  at_status Stop() { return at_lifecycle_stop(&l_, Deadline()); }
  void Dom0(const std::string &word) { ASSERT_EQ(at_fake_xenstored_write(server_, kNode, word.c_str()), AT_OK); }
  std::string Node() { return at_fake_xenstored_value(server_, kNode); }

  // What the handler of the ring's event channel does while the application is elsewhere.
  void Settle() {
    do {
      at_xenstore_on_event(&xs_);
    } while (at_fake_xenstored_step(server_) != 0);
    at_xenstore_on_event(&xs_);
  }

  xenstore_domain_interface ring_{};
  at_fake_xenstored *server_;
  at_fake_xenstored_clock clock_{};
  at_fake_xenstored_clock waker_{};  // where the application would sleep
  at_xenstore xs_{};
  at_lifecycle l_{};
};

TEST_F(LifecycleTest, EveryWord_IsAcknowledgedAndTold) {
  const struct {
    const char *word;
    at_lifecycle_request request;
  } cases[] = {{"poweroff", AT_LIFECYCLE_POWEROFF},
               {"reboot", AT_LIFECYCLE_REBOOT},
               {"suspend", AT_LIFECYCLE_SUSPEND},
               {"halt", AT_LIFECYCLE_HALT},
               {"crash", AT_LIFECYCLE_CRASH}};
  ASSERT_EQ(Start(), AT_OK);
  Settle();
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_NONE);
  for (const auto &c : cases) {
    SCOPED_TRACE(c.word);
    uint64_t before = waker_.wakes;
    Dom0(c.word);
    Settle();
    EXPECT_EQ(at_lifecycle_requested(&l_), c.request);
    EXPECT_STREQ(at_lifecycle_request_name(c.request), c.word);
    EXPECT_EQ(Node(), "") << "not acknowledged";
    EXPECT_EQ(waker_.wakes, before + 1);
  }
  at_lifecycle_clear(&l_);
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_NONE);
  EXPECT_EQ(Stop(), AT_OK);
}

TEST_F(LifecycleTest, Junk_IsAcknowledgedAndIgnored) {
  ASSERT_EQ(Start(), AT_OK);
  const std::string cases[] = {
      "x", "POWEROFF", "poweroff ", "power", std::string(15, 'p'), std::string(16, 'p'), std::string(2000, 'p')};
  for (const std::string &c : cases) {
    SCOPED_TRACE(c);
    Dom0(c);
    Settle();
    EXPECT_EQ(Node(), "");
    EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_NONE);
  }
  EXPECT_EQ(waker_.wakes, 0u);
  Dom0("halt");
  Settle();
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_HALT) << "junk has broken nothing";
  Dom0("junk");
  Settle();
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_HALT);
  EXPECT_EQ(Stop(), AT_OK);
}

TEST_F(LifecycleTest, RequestMadeBeforeTheStart_IsSeen) {
  Dom0("reboot");
  ASSERT_EQ(Start(), AT_OK);
  Settle();
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_REBOOT);
  EXPECT_EQ(Stop(), AT_OK);
}

TEST_F(LifecycleTest, NobodyToWake_IsFine) {
  ASSERT_EQ(at_lifecycle_start(&l_, &xs_, at_wait{}, Deadline()), AT_OK);
  Dom0("halt");
  Settle();
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_HALT);
  EXPECT_EQ(Stop(), AT_OK);
}

// dom0 writes again between any two of our messages: the last word counts, and none is left standing.
TEST_F(LifecycleTest, WordsThatCross_AreNotLost) {
  ASSERT_EQ(Start(), AT_OK);
  Settle();
  for (int steps = 0; steps < 12; ++steps) {
    SCOPED_TRACE(steps);
    at_lifecycle_clear(&l_);
    Dom0("reboot");
    for (int i = 0; i < steps; ++i) {
      at_fake_xenstored_step(server_);
      at_xenstore_on_event(&xs_);
    }
    Dom0("halt");
    Settle();
    EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_HALT);
    EXPECT_EQ(Node(), "");
  }
  EXPECT_EQ(Stop(), AT_OK);
}

TEST_F(LifecycleTest, TransactionThatLoses_IsTriedAgain_ButNotForEver) {
  ASSERT_EQ(Start(), AT_OK);
  Settle();
  struct at_fake_xenstored_held before, after;
  at_fake_xenstored_held(server_, kGuest, &before);
  Dom0("halt");
  at_fake_xenstored_fail(server_, 4, "EAGAIN");  // read, start, read, write, end
  Settle();
  at_fake_xenstored_held(server_, kGuest, &after);
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_HALT);
  EXPECT_GE(after.requests - before.requests, 9u);
  // The end that was refused was not carried out: the fake still has that transaction.
  struct at_xenstore_request end {};
  end.op = AT_XENSTORE_TRANSACTION_END;
  end.transaction = 1;
  end.path = "F";
  EXPECT_EQ(at_xenstore_call(&xs_, &end, 1, Deadline()), AT_OK);
  EXPECT_EQ(end.status, AT_OK);
  EXPECT_EQ(Stop(), AT_OK);
}

TEST_F(LifecycleTest, TransactionThatAlwaysLoses_IsLeftAlone) {
  ASSERT_EQ(Start(), AT_OK);
  Settle();
  Dom0("halt");
  int ends = 0;
  for (int i = 0; i < 500; ++i) {
    at_fake_xenstored_step(server_);
    uint8_t before = l_.step;
    at_xenstore_on_event(&xs_);
    if (l_.step == before || l_.step == 0 || l_.request[0].op != AT_XENSTORE_TRANSACTION_END) continue;
    at_fake_xenstored_fail(server_, 0, "EAGAIN");
    ends++;
  }
  EXPECT_EQ(ends, 16);
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_NONE);
  at_xenstore_close(&xs_);  // the transactions that the fake did not end stay with it
  EXPECT_EQ(Stop(), AT_CLOSED);
}

// A guest may have so many transactions open, and others of its own have theirs.
TEST_F(LifecycleTest, TransactionRefusedOnce_RequestIsStillSeen) {
  ASSERT_EQ(Start(), AT_OK);
  Settle();
  for (const char *refusal : {"ENOSPC", "EQUOTA", "EAGAIN", "EIO"}) {
    SCOPED_TRACE(refusal);
    at_lifecycle_clear(&l_);
    at_fake_xenstored_fail(server_, 1, refusal);
    Dom0("halt");
    Settle();
    EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_HALT);
    EXPECT_EQ(Node(), "");
  }
  EXPECT_EQ(Stop(), AT_OK);
}

TEST_F(LifecycleTest, TransactionThatIsAlwaysRefused_IsLeftAlone) {
  ASSERT_EQ(Start(), AT_OK);
  Settle();
  struct at_fake_xenstored_held before, after;
  at_fake_xenstored_held(server_, kGuest, &before);
  at_fake_xenstored_fail_from(server_, 1, "ENOSPC");
  Dom0("halt");
  Settle();
  at_fake_xenstored_held(server_, kGuest, &after);
  EXPECT_EQ(after.requests - before.requests, 17u);
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_NONE);
  at_fake_xenstored_fail(server_, 0, "");
  Settle();
  Dom0("reboot");
  Settle();
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_REBOOT);
  EXPECT_EQ(Stop(), AT_OK);
}

TEST_F(LifecycleTest, WordDuringAFailedAcknowledgement_IsLookedAtAfterwards) {
  ASSERT_EQ(Start(), AT_OK);
  Settle();
  Dom0("halt");
  at_fake_xenstored_step(server_);
  at_xenstore_on_event(&xs_);  // the first look is on its way
  Dom0("reboot");
  at_fake_xenstored_fail(server_, 1, "EIO");  // the start of the transaction
  Settle();
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_REBOOT);
  EXPECT_EQ(Stop(), AT_OK);
}

TEST_F(LifecycleTest, WordWithANulBehindIt_IsNone) {
  ASSERT_EQ(Start(), AT_OK);
  ASSERT_EQ(at_xenstore_write(&xs_, 0, "control/shutdown", "halt\0x", 6, Deadline()), AT_OK);
  Settle();
  EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_NONE);
  EXPECT_EQ(Node(), "");
  EXPECT_EQ(Stop(), AT_OK);
}

TEST_F(LifecycleTest, FailingAtAnyRequest_IsTriedAgainOrForgottenAtTheNextWord) {
  for (uint32_t nth = 0; nth < 4; ++nth) {
    SCOPED_TRACE(nth);
    ASSERT_EQ(Start(), AT_OK);
    Settle();
    at_fake_xenstored_fail(server_, nth, "EIO");
    Dom0("halt");
    Settle();
    at_lifecycle_request seen = Node().empty() ? AT_LIFECYCLE_HALT : AT_LIFECYCLE_NONE;
    EXPECT_EQ(at_lifecycle_requested(&l_), seen) << "obeyed what was not acknowledged";
    EXPECT_EQ(seen, nth == 1 ? AT_LIFECYCLE_HALT : AT_LIFECYCLE_NONE) << "the start of a transaction is tried again";
    Dom0("reboot");
    Settle();
    EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_REBOOT);
    EXPECT_EQ(Node(), "");
    EXPECT_EQ(Stop(), AT_OK);
  }
}

TEST_F(LifecycleTest, FailingFromAnyRequestOn_ObeysWhenTheServerIsWellAgain) {
  for (uint32_t nth = 0; nth < 4; ++nth) {
    SCOPED_TRACE(nth);
    ASSERT_EQ(Start(), AT_OK);
    Settle();
    at_fake_xenstored_fail_from(server_, nth, "EIO");
    Dom0("halt");
    Settle();
    EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_NONE);
    at_fake_xenstored_fail(server_, 0, "");
    Dom0("reboot");
    Settle();
    EXPECT_EQ(at_lifecycle_requested(&l_), AT_LIFECYCLE_REBOOT);
    EXPECT_EQ(Stop(), AT_OK);
  }
}

TEST_F(LifecycleTest, StoppedInTheMiddle_LeavesNothing) {
  for (int steps = 0; steps < 10; ++steps) {
    for (bool silent : {false, true}) {
      SCOPED_TRACE(::testing::Message() << steps << (silent ? " silent" : ""));
      clock_.server = server_;
      ASSERT_EQ(Start(), AT_OK);
      Settle();
      Dom0("halt");
      for (int i = 0; i < steps; ++i) {
        at_fake_xenstored_step(server_);
        at_xenstore_on_event(&xs_);
      }
      if (silent) clock_.server = nullptr;
      EXPECT_EQ(Stop(), silent ? AT_TIMED_OUT : AT_OK);
      Settle();
      struct at_fake_xenstored_held held;
      at_fake_xenstored_held(server_, kGuest, &held);
      EXPECT_EQ(held.transactions, 0u);
      EXPECT_EQ(held.watches, 0u);
    }
  }
}

TEST_F(LifecycleTest, StartThatFails_WatchesNothing) {
  at_fake_xenstored_fail(server_, 0, "E2BIG");
  EXPECT_EQ(Start(), AT_TOO_BIG);
}

TEST_F(LifecycleTest, StartThatTimesOutAfterAnEvent_LeavesNothingInItsMemory) {
  const char event[] =
      "control/shutdown\0"
      "00000001";
  at_fake_xenstored_event(server_, kGuest, event, sizeof event);
  at_fake_xenstored_step(server_);
  clock_.server = nullptr;
  EXPECT_EQ(Start(), AT_TIMED_OUT);
  EXPECT_TRUE(at_xenstore_request_is_done(&l_.request[0])) << "the client would write into memory given back";
  memset(&l_, 0xa5, sizeof l_);
  Settle();
}

class LifecycleEndTest : public LifecycleTest, public ::testing::WithParamInterface<int> {};

TEST_P(LifecycleEndTest, EndOfTheConnection_IsSurvivedInEveryStep) {
  ASSERT_EQ(Start(), AT_OK);
  Dom0("halt");
  for (int i = 0; i < GetParam(); ++i) {
    at_fake_xenstored_step(server_);
    at_xenstore_on_event(&xs_);
  }
  at_xenstore_close(&xs_);
  EXPECT_EQ(Stop(), AT_CLOSED);
}

INSTANTIATE_TEST_SUITE_P(Steps, LifecycleEndTest, ::testing::Range(0, 10));

TEST(LifecycleRequestName, IsXens) {
  EXPECT_STREQ(at_lifecycle_request_name(AT_LIFECYCLE_NONE), "");
  EXPECT_STREQ(at_lifecycle_request_name(static_cast<at_lifecycle_request>(99)), "");
}

}  // namespace
