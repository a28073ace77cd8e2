// SPDX-License-Identifier: ISC
// The contract of <atman/sched/wait.h>: order of waking, deadlines, and the wait seam.

#include <atman/sched/wait.h>

#include "sched_fixture.h"

namespace {

class WaitTest : public SchedTest {
 protected:
  WaitTest() { at_sched_wait_queue_init(&queue_, &sched_, "queue"); }

  void TearDown() override {
    EXPECT_TRUE(at_list_is_empty(&queue_.waiting));
    SchedTest::TearDown();
  }

  // A thread that waits once and logs how that ended and when.
  at_sched_thread *Waiter(const char *name, uint64_t deadline_ns = AT_NEVER) {
    return Go(name, [=] {
      const at_status status = at_sched_wait(&queue_, deadline_ns);
      Log(std::string(name) + "=" + at_status_name(status) + "@" + std::to_string(platform_.now_ns));
    });
  }

  at_sched_wait_queue queue_;
};

TEST_F(WaitTest, WakeOne_WakesTheOldest_ReturnsIt_AndDoesNotSwitch) {
  at_sched_thread *a = Waiter("a"), *b = Waiter("b");
  Yield();
  EXPECT_EQ(sched_.timers.pending, 0u) << "no deadline, no timer";
  EXPECT_EQ(at_sched_wake_one(&queue_), a);
  EXPECT_EQ(log_, "");
  Yield();
  EXPECT_EQ(log_, "a=AT_OK@0");
  EXPECT_EQ(at_sched_wake_one(&queue_), b);
  JoinAll();
}

TEST_F(WaitTest, WakeOfNobody_IsNotRemembered) {
  EXPECT_EQ(at_sched_wake_one(&queue_), nullptr);
  EXPECT_EQ(at_sched_wake_all(&queue_), 0u);
  EXPECT_EQ(at_sched_wait(&queue_, 10), AT_TIMED_OUT);
  EXPECT_EQ(platform_.now_ns, 10u);
}

TEST_F(WaitTest, WakeAll_WakesEveryWaiter_OldestFirst) {
  for (const char *name : {"a", "b", "c"}) Waiter(name, 100);
  Yield();
  EXPECT_EQ(at_sched_wake_all(&queue_), 3u);
  EXPECT_EQ(sched_.timers.pending, 0u);
  JoinAll();
  EXPECT_EQ(log_, "a=AT_OK@0 b=AT_OK@0 c=AT_OK@0");
}

TEST_F(WaitTest, WakeAll_SparesThoseThatWaitAgain) {
  int turns = 0;
  Go("again", [&] {
    for (; turns < 2; ++turns) at_sched_wait(&queue_, AT_NEVER);
  });
  Yield();
  EXPECT_EQ(at_sched_wake_all(&queue_), 1u);
  Yield();
  EXPECT_EQ(turns, 1);
  EXPECT_EQ(at_sched_wake_all(&queue_), 1u);
  JoinAll();
}

TEST_F(WaitTest, Deadlines_PassInTheirOrder_AndOthersKeepTheirPlace) {
  Waiter("a");
  Waiter("late", 200);
  Waiter("early", 100);
  at_sched_thread *b = Waiter("b");
  Sleep(300);
  EXPECT_EQ(log_, "early=AT_TIMED_OUT@100 late=AT_TIMED_OUT@200");
  EXPECT_NE(at_sched_wake_one(&queue_), b);
  EXPECT_EQ(at_sched_wake_one(&queue_), b);
  EXPECT_EQ(at_sched_wake_one(&queue_), nullptr);
  JoinAll();
}

TEST_F(WaitTest, Deadline_AtTheEdgesOfTime) {
  const struct {
    const char *what;
    uint64_t now_ns, deadline_ns, after_ns;
  } cases[] = {
      {"at boot", 0, 0, 0},
      {"in the past", 1000, 999, 1000},
      {"next", 1000, 1001, 1001},
      {"the last moment there is", 1000, AT_NEVER - 1, AT_NEVER - 1},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    platform_.now_ns = c.now_ns;
    EXPECT_EQ(at_sched_wait(&queue_, c.deadline_ns), AT_TIMED_OUT);
    EXPECT_EQ(platform_.now_ns, c.after_ns);
  }
}

TEST_F(WaitTest, DeadlineInThePast_StillLetsOthersRun) {
  Go("other", [&] { Log("other"); });
  EXPECT_EQ(at_sched_wait(&queue_, 0), AT_TIMED_OUT);
  EXPECT_EQ(log_, "other");
  JoinAll();
}

TEST_F(WaitTest, WakeUp_StopsTheTimer_AndTheStatusIsTheLastOne) {
  EXPECT_EQ(at_sched_wait(&queue_, 5), AT_TIMED_OUT);
  At(7, [&] { at_sched_wake_one(&queue_); });
  EXPECT_EQ(at_sched_wait(&queue_, 10), AT_OK);
  EXPECT_EQ(sched_.timers.pending, 0u);
  EXPECT_EQ(platform_.now_ns, 7u);
}

TEST_F(WaitTest, EventAndDeadlineAtTheSameMoment_TheEventWins) {
  At(10, [&] { EXPECT_NE(at_sched_wake_one(&queue_), nullptr); });
  EXPECT_EQ(at_sched_wait(&queue_, 10), AT_OK);
}

TEST_F(WaitTest, WokenThreadsDeadlinePassingBeforeItsTurn_DoesNotWakeItTwice) {
  Waiter("a", 10);
  Yield();
  at_sched_wake_one(&queue_);
  at_fake_sched_advance(&platform_, 20);
  Sleep(30);
  JoinAll();
  EXPECT_EQ(log_, "a=AT_OK@20");
}

TEST_F(WaitTest, SleepInOneIdleCall_EachTime) {
  for (uint64_t i = 1; i <= 5; ++i) {
    At(i * 10, [&] { at_sched_wake_all(&queue_); });
    EXPECT_EQ(at_sched_wait(&queue_, i * 10 + 5), AT_OK);
    EXPECT_EQ(platform_.idle_calls, i);
    EXPECT_EQ(platform_.idle_deadline_ns, i * 10 + 5);
  }
}

TEST_F(WaitTest, Waiter_IsTheWaitSeam) {
  const at_wait wait = at_sched_wait_queue_waiter(&queue_);
  platform_.now_ns = 3;
  EXPECT_EQ(at_wait_now(wait), 3u);
  EXPECT_EQ(at_wait_sleep(wait, 10), AT_TIMED_OUT);
  EXPECT_EQ(at_wait_now(wait), 10u);
  for (const char *name : {"a", "b"}) {
    Go(name, [=] {
      EXPECT_EQ(at_wait_sleep(wait, AT_NEVER), AT_OK);
      Log(name);
    });
  }
  At(20, [=] { at_wait_wake(wait); });
  EXPECT_EQ(at_wait_sleep(wait, AT_NEVER), AT_OK);
  JoinAll();
  EXPECT_EQ(log_, "a b");
}

}  // namespace
