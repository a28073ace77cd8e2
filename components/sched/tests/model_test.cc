// SPDX-License-Identifier: ISC
// Threads that do everything at random, from fixed seeds, against what must be true at every moment. As nothing but the
// seed decides what happens, the same seed must also give the same history twice.

#include <random>

#include <atman/sched/lock.h>
#include <atman/testing/seed.h>
#include <atman/sched/thread.h>

#include "sched_fixture.h"

namespace {

class ModelTest : public SchedTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  static constexpr int kThreads = 24, kSteps = 400;

  // Plays one game in a new world and returns its history.
  std::string Play(unsigned seed) {
    random_.seed(seed);
    log_.clear();
    at_fake_sched_platform_init(&platform_);
    at_sched_init(&sched_, &platform_.config);
    at_sched_mutex_init(&mutex_, &sched_, "mutex");
    at_sched_semaphore_init(&semaphore_, &sched_, "units", 3);
    at_sched_wait_queue_init(&queue_, &sched_, "queue");
    for (int i = 0; i < kThreads; ++i) {
      Go("player", [this, i] {
        for (int step = 0; step < kSteps; ++step) Step(i);
      });
    }
    stop_ = false;
    woken_ = woke_ = 0;
    // Those who wait without a deadline need somebody who wakes them to the end.
    at_sched_thread *waker = Spawn("waker", [this]() -> void * {
      while (!stop_) {
        Sleep(platform_.now_ns + 50);
        woke_ += at_sched_wake_all(&queue_);
      }
      return nullptr;
    });
    JoinAll();
    stop_ = true;
    EXPECT_EQ(at_sched_thread_join(waker, nullptr), AT_OK);
    EXPECT_EQ(mutex_.queue.owner, nullptr);
    EXPECT_EQ(semaphore_.count, 3u) << "a unit was lost or made";
    EXPECT_EQ(woken_, woke_) << "a wake-up was lost or made";
    EXPECT_EQ(at_sched_fini(&sched_), AT_OK);
    EXPECT_EQ(platform_.stacks, 0u);
    return log_;
  }

  uint64_t Deadline() { return random_() % 4 ? platform_.now_ns + random_() % 40 : AT_NEVER; }

  void Step(int who) {
    const uint64_t deadline = Deadline();
    switch (random_() % 6) {
      case 0: Yield(); break;
      case 1: {
        const uint64_t until = platform_.now_ns + random_() % 30;
        Sleep(until);
        ASSERT_GE(platform_.now_ns, until);
        break;
      }
      case 2: at_fake_sched_advance(&platform_, random_() % 5); break;
      case 3: UseMutex(deadline); break;
      case 4: UseSemaphore(deadline); break;
      default: UseQueue(deadline);
    }
    log_ += char('a' + who);
  }

  void UseMutex(uint64_t deadline) {
    const int ticket = ++tickets_;
    if (at_sched_mutex_lock_until(&mutex_, deadline) != AT_OK) {
      ASSERT_GE(platform_.now_ns, deadline) << "timed out early";
      return;
    }
    ASSERT_GT(ticket, served_) << "not in the order of asking";
    served_ = ticket;
    ASSERT_EQ(++inside_, 1);
    for (auto i = random_() % 3; i; --i) Yield();
    --inside_;
    at_sched_mutex_unlock(&mutex_);
  }

  void UseSemaphore(uint64_t deadline) {
    if (at_sched_semaphore_wait(&semaphore_, deadline) != AT_OK) {
      ASSERT_GE(platform_.now_ns, deadline) << "timed out early";
      return;
    }
    ASSERT_LE(++holders_, 3);
    Sleep(platform_.now_ns + random_() % 10);
    --holders_;
    at_sched_semaphore_post(&semaphore_);
  }

  void UseQueue(uint64_t deadline) {
    if (random_() % 2) {
      woke_ += at_sched_wake_one(&queue_) != nullptr;
      return;
    }
    if (at_sched_wait(&queue_, deadline) == AT_OK) {
      ++woken_;
    } else {
      ASSERT_GE(platform_.now_ns, deadline) << "timed out early";
    }
  }

  std::mt19937 random_;
  at_sched_mutex mutex_;
  at_sched_semaphore semaphore_;
  at_sched_wait_queue queue_;
  size_t woke_ = 0, woken_ = 0;
  int tickets_ = 0, served_ = 0, inside_ = 0, holders_ = 0;
  bool stop_ = false;
};

TEST_P(ModelTest, RandomSchedule_KeepsEveryPromise_AndReplaysExactly) {
  const AtSeed seed(GetParam());
  const std::string history = Play(seed.value());
  EXPECT_EQ(history.size(), size_t{kThreads * kSteps});
  EXPECT_EQ(Play(seed.value()), history);
  EXPECT_NE(Play(seed.value() + 1000), history) << "the seed decides nothing: the game is not random";
}

INSTANTIATE_TEST_SUITE_P(Seeds, ModelTest, ::testing::Range(1u, 6u));

}  // namespace
