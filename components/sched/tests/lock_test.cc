// SPDX-License-Identifier: ISC
// The contract of <atman/sched/lock.h>: ownership, hand-over in order, deadlines, misuse.

#include <atman/sched/lock.h>

#include "sched_fixture.h"

namespace {

class LockTest : public SchedTest {
 protected:
  LockTest() {
    at_sched_mutex_init(&mutex_, &sched_, "mutex");
    at_sched_semaphore_init(&semaphore_, &sched_, "semaphore", 0);
    at_sched_condition_init(&condition_, &sched_, "condition");
  }

  void TearDown() override {
    EXPECT_EQ(mutex_.queue.owner, nullptr);
    for (auto *queue : {&mutex_.queue, &semaphore_.queue, &condition_.queue})
      EXPECT_TRUE(at_list_is_empty(&queue->waiting));
    SchedTest::TearDown();
  }

  void Lock() { at_sched_mutex_lock(&mutex_); }
  void Unlock() { at_sched_mutex_unlock(&mutex_); }

  at_sched_mutex mutex_;
  at_sched_semaphore semaphore_;
  at_sched_condition condition_;
};

using LockDeathTest = LockTest;

TEST_F(LockTest, Mutex_HasOneOwnerAtATime_InTheOrderOfAsking) {
  int inside = 0;
  for (const char *name : {"a", "b", "c"}) {
    Go(name, [&, name] {
      Lock();
      EXPECT_EQ(++inside, 1);
      Log(name);
      for (int i = 0; i < 3; ++i) Yield();
      EXPECT_EQ(--inside, 0);
      Unlock();
    });
  }
  JoinAll();
  EXPECT_EQ(log_, "a b c");
}

TEST_F(LockTest, MutexUnlockedAndLockedAgain_GoesToTheWaiterFirst) {
  Lock();
  Go("waiter", [&] {
    Lock();
    Log("waiter");
    Unlock();
  });
  Yield();
  Unlock();
  EXPECT_EQ(at_sched_mutex_try_lock(&mutex_), AT_BUSY) << "handed over already";
  Lock();
  Log("main");
  Unlock();
  EXPECT_EQ(log_, "waiter main");
  JoinAll();
}

TEST_F(LockTest, TryLock_TakesAFreeMutexOnly) {
  EXPECT_EQ(at_sched_mutex_try_lock(&mutex_), AT_OK);
  EXPECT_EQ(at_sched_mutex_try_lock(&mutex_), AT_BUSY) << "its own";
  Go("other", [&] { EXPECT_EQ(at_sched_mutex_try_lock(&mutex_), AT_BUSY); });
  JoinAll();
  Unlock();
}

TEST_F(LockTest, LockUntil_TimesOutWithoutTheMutex_AndLosesItsPlace) {
  Lock();
  Go("hasty", [&] {
    EXPECT_EQ(at_sched_mutex_lock_until(&mutex_, 100), AT_TIMED_OUT);
    Log("hasty");
  });
  Go("patient", [&] {
    EXPECT_EQ(at_sched_mutex_lock_until(&mutex_, 1000), AT_OK);
    Log("patient");
    Unlock();
  });
  Sleep(200);
  Unlock();
  JoinAll();
  EXPECT_EQ(log_, "hasty patient");
  EXPECT_EQ(platform_.now_ns, 200u);
}

TEST_F(LockTest, LockUntilThePast_TakesAFreeMutex) {
  platform_.now_ns = 100;
  EXPECT_EQ(at_sched_mutex_lock_until(&mutex_, 0), AT_OK);
  Unlock();
}

TEST_F(LockTest, Semaphore_CountsUnits) {
  at_sched_semaphore two;
  at_sched_semaphore_init(&two, &sched_, "two", 2);
  EXPECT_EQ(at_sched_semaphore_wait(&two, 0), AT_OK);
  EXPECT_EQ(at_sched_semaphore_try_wait(&two), AT_OK);
  EXPECT_EQ(at_sched_semaphore_try_wait(&two), AT_AGAIN);
  EXPECT_EQ(at_sched_semaphore_wait(&two, 50), AT_TIMED_OUT);
  EXPECT_EQ(platform_.now_ns, 50u);
  at_sched_semaphore_post(&two);
  EXPECT_EQ(at_sched_semaphore_wait(&two, AT_NEVER), AT_OK);
  EXPECT_EQ(two.count, 0u);
}

TEST_F(LockTest, SemaphorePost_GivesTheUnitToTheOldestWaiter_NotToWhoAsksFirst) {
  for (const char *name : {"a", "b"}) {
    Go(name, [&, name] {
      EXPECT_EQ(at_sched_semaphore_wait(&semaphore_, AT_NEVER), AT_OK);
      Log(name);
    });
  }
  Yield();
  at_sched_semaphore_post(&semaphore_);
  EXPECT_EQ(at_sched_semaphore_try_wait(&semaphore_), AT_AGAIN);
  Yield();
  EXPECT_EQ(log_, "a");
  at_sched_semaphore_post(&semaphore_);
  at_sched_semaphore_post(&semaphore_);
  EXPECT_EQ(at_sched_semaphore_try_wait(&semaphore_), AT_OK) << "two posts, one waiter: one is kept";
  JoinAll();
  EXPECT_EQ(log_, "a b");
}

TEST_F(LockTest, SemaphorePostedByAnEvent_WakesTheWaiter) {
  At(10, [&] { at_sched_semaphore_post(&semaphore_); });
  EXPECT_EQ(at_sched_semaphore_wait(&semaphore_, 20), AT_OK);
  EXPECT_EQ(platform_.now_ns, 10u);
}

TEST_F(LockTest, ConditionSignal_WakesTheOldest_WhichOwnsTheMutexAgain) {
  for (const char *name : {"a", "b"}) {
    Go(name, [&, name] {
      Lock();
      EXPECT_EQ(at_sched_condition_wait(&condition_, &mutex_, AT_NEVER), AT_OK);
      EXPECT_EQ(mutex_.queue.owner, at_sched_thread_current(&sched_));
      Log(name);
      Unlock();
    });
  }
  Yield();
  Lock();
  at_sched_condition_signal(&condition_);
  Yield();
  Yield();
  EXPECT_EQ(log_, "") << "the mutex is not free";
  Unlock();
  for (int i = 0; i < 3; ++i) Yield();
  EXPECT_EQ(log_, "a");
  at_sched_condition_signal(&condition_);
  JoinAll();
  EXPECT_EQ(log_, "a b");
}

TEST_F(LockTest, ConditionBroadcast_WakesAll_OneAfterTheOther) {
  int inside = 0;
  for (const char *name : {"a", "b", "c"}) {
    Go(name, [&, name] {
      Lock();
      EXPECT_EQ(at_sched_condition_wait(&condition_, &mutex_, AT_NEVER), AT_OK);
      EXPECT_EQ(++inside, 1);
      Yield();
      --inside;
      Log(name);
      Unlock();
    });
  }
  Yield();
  at_sched_condition_broadcast(&condition_);
  JoinAll();
  EXPECT_EQ(log_, "a b c");
}

TEST_F(LockTest, ConditionWait_UnlocksWhileItWaits_AndTimesOutOwningTheMutex) {
  Lock();
  Go("other", [&] {
    EXPECT_EQ(at_sched_mutex_try_lock(&mutex_), AT_OK);
    Sleep(500);
    Unlock();
  });
  EXPECT_EQ(at_sched_condition_wait(&condition_, &mutex_, 100), AT_TIMED_OUT);
  EXPECT_EQ(platform_.now_ns, 500u) << "the deadline is not for the mutex";
  EXPECT_EQ(mutex_.queue.owner, &sched_.main);
  Unlock();
  JoinAll();
}

TEST_F(LockTest, ConditionSignalledWithoutWaiter_IsNotRemembered) {
  at_sched_condition_signal(&condition_);
  at_sched_condition_broadcast(&condition_);
  Lock();
  EXPECT_EQ(at_sched_condition_wait(&condition_, &mutex_, 10), AT_TIMED_OUT);
  Unlock();
}

TEST_F(LockTest, ConditionSignalledByAnEvent_WakesTheWaiter) {
  Lock();
  At(10, [&] { at_sched_condition_signal(&condition_); });
  EXPECT_EQ(at_sched_condition_wait(&condition_, &mutex_, AT_NEVER), AT_OK);
  Unlock();
}

TEST_F(LockDeathTest, MisuseOfAMutex_Panics) {
  EXPECT_DEATH(Unlock(), "unlocked a mutex that it does not own") << "nobody owns it";
  EXPECT_DEATH((void)at_sched_condition_wait(&condition_, &mutex_, 10), "unlocked a mutex that it does not own");
  Lock();
  EXPECT_DEATH(Lock(), "locked a mutex twice");
  EXPECT_DEATH((void)at_sched_mutex_lock_until(&mutex_, 10), "locked a mutex twice");
  Go("thief", [&] { EXPECT_DEATH(Unlock(), "unlocked a mutex that it does not own"); });
  JoinAll();
  Unlock();
}

}  // namespace
