// SPDX-License-Identifier: ISC
// Asking threads to end: where it reaches them, where it must not, and what was first.

#include <atman/sched/cancel.h>

#include <vector>

#include <atman/sched/lock.h>

#include "sched_fixture.h"

namespace {

class CancelTest : public SchedTest {
 protected:
  CancelTest() { at_sched_wait_queue_init(&queue_, &sched_, "queue"); }
  at_status Wait(uint64_t deadline_ns = AT_NEVER) { return at_sched_wait_cancellable(&queue_, deadline_ns); }

  at_sched_wait_queue queue_;
};

TEST_F(CancelTest, WaitingThread_IsWokenAndGivesUp) {
  for (uint64_t deadline_ns : {AT_NEVER, uint64_t{1} << 40}) {
    SCOPED_TRACE(deadline_ns);
    at_status first = AT_OK, second = AT_OK, slept = AT_OK;
    at_sched_thread *thread = Go("waiter", [&] {
      first = Wait(deadline_ns);
      second = Wait(deadline_ns);
      slept = at_sched_sleep_cancellable(&sched_, AT_NEVER);
    });
    Yield();
    EXPECT_FALSE(at_sched_thread_is_cancelled(thread));
    at_sched_thread_cancel(thread);
    EXPECT_TRUE(at_sched_thread_is_cancelled(thread));
    at_sched_thread_cancel(thread);  // again, before it has run
    JoinAll();
    EXPECT_EQ(first, AT_CANCELLED);
    EXPECT_EQ(second, AT_CANCELLED) << "the request stays";
    EXPECT_EQ(slept, AT_CANCELLED);
    EXPECT_EQ(sched_.timers.pending, 0u);
    EXPECT_EQ(at_sched_wake_all(&queue_), 0u) << "it is in no queue any more";
  }
}

TEST_F(CancelTest, AskedBeforeItWaits_DoesNotWait) {
  at_status status = AT_OK;
  at_sched_thread *thread = Go("late", [&] { status = Wait(); });
  at_sched_thread_cancel(thread);
  JoinAll();
  EXPECT_EQ(status, AT_CANCELLED);
}

TEST_F(CancelTest, WokenFirst_TheWakeUpCounts) {
  at_status first = AT_IO, second = AT_IO;
  at_sched_thread *thread = Go("waiter", [&] {
    first = Wait();
    second = Wait();
  });
  Yield();
  EXPECT_EQ(at_sched_wake_one(&queue_), thread);
  at_sched_thread_cancel(thread);
  JoinAll();
  EXPECT_EQ(first, AT_OK) << "what it was woken for is not lost";
  EXPECT_EQ(second, AT_CANCELLED);
}

TEST_F(CancelTest, DeadlineFirst_TimesOut) {
  at_status status = AT_OK;
  Go("sleeper", [&] { status = at_sched_sleep_cancellable(&sched_, 1000); });
  JoinAll();
  EXPECT_EQ(status, AT_TIMED_OUT);
  EXPECT_GE(at_sched_now_ns(&sched_), 1000u);
}

TEST_F(CancelTest, OtherWaits_AreNotCutShort) {
  at_sched_mutex mutex;
  at_sched_semaphore semaphore;
  at_sched_mutex_init(&mutex, &sched_, "mutex");
  at_sched_semaphore_init(&semaphore, &sched_, "semaphore", 0);
  at_sched_mutex_lock(&mutex);
  std::vector<at_sched_thread *> threads;
  at_sched_thread *joined = Go("joined", [&] { Sleep(5000); });
  threads.push_back(Go("locker", [&] {
    at_sched_mutex_lock(&mutex);
    Log("locked");
    at_sched_mutex_unlock(&mutex);
  }));
  threads.push_back(Go("taker", [&] {
    EXPECT_EQ(at_sched_semaphore_wait(&semaphore, AT_NEVER), AT_OK);
    Log("taken");
  }));
  threads.push_back(Go("sleeper", [&] {
    Sleep(1000);
    EXPECT_GE(at_sched_now_ns(&sched_), 1000u);
    Log("slept");
  }));
  Yield();
  for (at_sched_thread *thread : threads) at_sched_thread_cancel(thread);
  at_sched_thread_cancel(joined);
  Sleep(2000);
  EXPECT_EQ(log_, "slept");
  at_sched_semaphore_post(&semaphore);
  at_sched_mutex_unlock(&mutex);
  JoinAll();
  EXPECT_EQ(log_, "slept taken locked");
}

TEST_F(CancelTest, FromAHandler_Reaches) {
  at_status status = AT_OK;
  at_sched_thread *thread = Go("waiter", [&] { status = Wait(); });
  At(3000, [&] { at_sched_thread_cancel(thread); });
  JoinAll();
  EXPECT_EQ(status, AT_CANCELLED);
  EXPECT_EQ(at_sched_now_ns(&sched_), 3000u);
}

TEST_F(CancelTest, ByItself_ReachesTheNextPoint) {
  at_status status = AT_OK;
  Go("self", [&] {
    at_sched_thread_cancel(at_sched_thread_current(&sched_));
    status = Wait();
  });
  JoinAll();
  EXPECT_EQ(status, AT_CANCELLED);
}

TEST_F(CancelTest, EndedThread_StaysAsItIs) {
  at_sched_thread *thread = Spawn("short", [] { return nullptr; });
  Yield();
  at_sched_thread_cancel(thread);
  EXPECT_EQ(at_sched_thread_join(thread, nullptr), AT_OK);
}

// What a driver is given: its sleep ends, and so does the driver's call.
TEST_F(CancelTest, Waiter_HandsTheRequestOn) {
  at_wait wait = at_sched_cancellable_waiter(&queue_);
  at_status woken = AT_IO, cancelled = AT_IO;
  at_sched_thread *thread = Go("driver", [&] {
    woken = at_wait_sleep(wait, AT_NEVER);
    cancelled = at_wait_sleep(wait, AT_NEVER);
  });
  Yield();
  EXPECT_EQ(at_wait_now(wait), at_sched_now_ns(&sched_));
  at_wait_wake(wait);
  Yield();
  EXPECT_EQ(woken, AT_OK);
  at_sched_thread_cancel(thread);
  JoinAll();
  EXPECT_EQ(cancelled, AT_CANCELLED);
}

TEST_F(CancelTest, Main_CanBeAskedToo) {
  at_sched_thread *main = at_sched_thread_current(&sched_);
  Go("other", [&] { at_sched_thread_cancel(main); });
  EXPECT_EQ(Wait(), AT_CANCELLED);
  JoinAll();
}

}  // namespace
