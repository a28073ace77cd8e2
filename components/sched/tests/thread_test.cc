// SPDX-License-Identifier: ISC
// The contract of <atman/sched/thread.h>: a thread's life, what a switch preserves, and stacks.

#include <atman/sched/thread.h>

#include <cstring>
#include <execinfo.h>
#include <set>

#include "sched_fixture.h"

namespace {

using ThreadTest = SchedTest;
using ThreadDeathTest = SchedTest;

void *Echo(void *argument) { return argument; }

TEST_F(ThreadTest, NewScheduler_HasOnlyMain_AndHasCalledNoOp) {
  EXPECT_EQ(at_sched_thread_current(&sched_), &sched_.main);
  EXPECT_STREQ(at_sched_thread_name(&sched_.main), "main");
  EXPECT_EQ(platform_.now_calls + platform_.poll_calls + platform_.idle_calls + platform_.stack_calls, 0u);
}

TEST_F(ThreadTest, CreatedThreads_RunInOrder_AndOnlyWhenMainGivesWay) {
  for (const char *name : {"a", "b", "c"}) Go(name, [=] { Log(name); });
  EXPECT_EQ(log_, "");
  Yield();
  EXPECT_EQ(log_, "a b c");
  JoinAll();
}

TEST_F(ThreadTest, Current_IsTheThreadThatRuns) {
  at_sched_thread *seen = nullptr;
  at_sched_thread *thread = Go("me", [&] { seen = at_sched_thread_current(&sched_); });
  EXPECT_STREQ(at_sched_thread_name(thread), "me");
  Yield();
  EXPECT_EQ(seen, thread);
  EXPECT_EQ(at_sched_thread_current(&sched_), &sched_.main);
  JoinAll();
}

TEST_F(ThreadTest, Yield_LetsEveryReadyThreadRunFirst) {
  for (const char *name : {"a", "b"}) {
    Go(name, [=] {
      for (int i = 0; i < 3; ++i, Yield()) Log(name + std::to_string(i));
    });
  }
  for (int i = 0; i < 4; ++i) {
    Yield();
    Log("main");
  }
  EXPECT_EQ(log_, "a0 b0 main a1 b1 main a2 b2 main main");
  JoinAll();
}

TEST_F(ThreadTest, YieldAlone_Returns) {
  for (int i = 0; i < 100; ++i) Yield();
  EXPECT_EQ(platform_.idle_calls, 0u);
}

TEST_F(ThreadTest, Join_GetsTheResult_HoweverTheThreadEnds) {
  int here;
  const struct {
    const char *what;
    bool ended_before, by_exit;
  } cases[] = {
      {"joined before it ends, by return", false, false},
      {"joined before it ends, by exit", false, true},
      {"joined after, by return", true, false},
      {"joined after, by exit", true, true},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    at_sched_thread *thread = Spawn("t", [&]() -> void * {
      if (c.by_exit) at_sched_thread_exit(&sched_, &here);
      return &here;
    });
    if (c.ended_before) Yield();
    void *value = nullptr;
    EXPECT_EQ(at_sched_thread_join(thread, &value), AT_OK);
    EXPECT_EQ(value, &here);
    EXPECT_EQ(platform_.stacks, 0u) << "a join releases the stack";
  }
}

TEST_F(ThreadTest, Join_PassesTheArgumentAndNullValueIsAllowed) {
  int argument;
  void *value = nullptr;
  at_sched_thread *thread;
  ASSERT_EQ(at_sched_thread_create(&sched_, &thread, "t", Echo, &argument, 0), AT_OK);
  EXPECT_EQ(at_sched_thread_join(thread, &value), AT_OK);
  EXPECT_EQ(value, &argument);
  ASSERT_EQ(at_sched_thread_create(&sched_, &thread, "t", Echo, &argument, 0), AT_OK);
  EXPECT_EQ(at_sched_thread_join(thread, nullptr), AT_OK);
}

TEST_F(ThreadTest, JoinOfWhatCannotBeJoined_SaysSo) {
  void *value = this;
  EXPECT_EQ(at_sched_thread_join(&sched_.main, &value), AT_INVALID) << "main, by itself";
  Go("t", [&] {
    EXPECT_EQ(at_sched_thread_join(&sched_.main, &value), AT_INVALID) << "main";
    EXPECT_EQ(at_sched_thread_join(at_sched_thread_current(&sched_), &value), AT_INVALID) << "itself";
  });
  JoinAll();
  at_sched_thread *detached = Spawn("detached", [] { return nullptr; });
  EXPECT_EQ(at_sched_thread_detach(detached), AT_OK);
  EXPECT_EQ(at_sched_thread_join(detached, &value), AT_INVALID);
  EXPECT_EQ(value, this);
  Yield();
}

TEST_F(ThreadTest, SecondJoin_IsBusy_EvenBetweenTheEndAndTheFirstJoinersTurn) {
  at_sched_thread *worker = Spawn("worker", [&]() -> void * {
    Yield();
    return nullptr;
  });
  Go("joiner", [&] { EXPECT_EQ(at_sched_thread_join(worker, nullptr), AT_OK); });
  Yield();
  EXPECT_EQ(at_sched_thread_join(worker, nullptr), AT_BUSY);
  EXPECT_EQ(at_sched_thread_detach(worker), AT_BUSY);
  // main is behind the worker in the run queue and before the joiner, which the worker's end makes ready.
  Yield();
  EXPECT_EQ(at_sched_thread_join(worker, nullptr), AT_BUSY);
  JoinAll();
}

TEST_F(ThreadTest, DetachedThread_IsReleased_WhenItHasEnded) {
  for (bool ended_before : {false, true}) {
    SCOPED_TRACE(ended_before);
    at_sched_thread *thread = Spawn("t", [] { return nullptr; });
    if (ended_before) Yield();
    EXPECT_EQ(at_sched_thread_detach(thread), AT_OK);
    EXPECT_EQ(platform_.stacks, 1u);
    for (int i = 0; i < 2 * AT_SCHED_ROUND_MIN; ++i) Yield();
    EXPECT_EQ(platform_.stacks, 0u) << "after a round";
  }
}

TEST_F(ThreadTest, DetachOfWhatCannotBeDetached_SaysSo) {
  EXPECT_EQ(at_sched_thread_detach(&sched_.main), AT_INVALID);
  at_sched_thread *thread = Spawn("t", [] { return nullptr; });
  EXPECT_EQ(at_sched_thread_detach(thread), AT_OK);
  EXPECT_EQ(at_sched_thread_detach(thread), AT_INVALID) << "twice";
  Yield();
}

// The last one to run waits for events on its own stack, after its end: that stack must not be given back under it.
TEST_F(ThreadTest, DetachedThreadThatEndsLast_IdlesSafelyOnItsStack) {
  at_sched_thread *thread = Spawn("t", [] { return nullptr; });
  ASSERT_EQ(at_sched_thread_detach(thread), AT_OK);
  Sleep(1000);
  EXPECT_EQ(platform_.idle_calls, 1u);
  EXPECT_EQ(platform_.stacks, 1u);
  Sleep(2000);
  EXPECT_EQ(platform_.stacks, 0u);
}

TEST_F(ThreadTest, NewThread_ReusesTheMemoryOfDetachedOnesFirst) {
  for (int i = 0; i < 100; ++i) {
    at_sched_thread *thread = Spawn("t", [] { return nullptr; });
    ASSERT_EQ(at_sched_thread_detach(thread), AT_OK);
    Yield();
    ASSERT_EQ(platform_.stacks, 1u);
  }
}

TEST_F(ThreadTest, StackSizes_DefaultSmallestAndRefused) {
  const struct {
    const char *what;
    size_t asked;
    at_status status;
    size_t given;
  } cases[] = {
      {"the default", 0, AT_OK, 65536},
      {"the smallest", AT_SCHED_STACK_MIN, AT_OK, 4096},
      {"not a multiple of anything", 5001, AT_OK, 8192},
      {"large", 1 << 20, AT_OK, 1 << 20},
      {"too small", AT_SCHED_STACK_MIN - 1, AT_INVALID, 0},
      {"tiny", 1, AT_INVALID, 0},
      {"absurd", SIZE_MAX / 2, AT_NO_MEMORY, 0},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    auto *const untouched = reinterpret_cast<at_sched_thread *>(this);
    at_sched_thread *thread = untouched;
    EXPECT_EQ(at_sched_thread_create(&sched_, &thread, "t", Echo, nullptr, c.asked), c.status);
    EXPECT_EQ(platform_.stack_bytes, c.given);
    EXPECT_EQ(thread == untouched, c.status != AT_OK);
    if (c.status == AT_OK) {
      EXPECT_EQ(at_sched_thread_join(thread, nullptr), AT_OK);
    }
  }
}

TEST_F(ThreadTest, NthStackFails_CreateSaysSo_AndTheOthersLive) {
  constexpr unsigned kThreads = 5;
  for (unsigned nth = 1; nth <= kThreads + 1; ++nth) {
    SCOPED_TRACE(nth);
    platform_.stack_calls = 0;
    platform_.fail_stack_call = nth;
    std::vector<at_sched_thread *> threads;
    for (unsigned i = 1; i <= kThreads; ++i) {
      at_sched_thread *thread = nullptr;
      ASSERT_EQ(at_sched_thread_create(&sched_, &thread, "t", Echo, nullptr, 0), i == nth ? AT_NO_MEMORY : AT_OK);
      if (thread) threads.push_back(thread);
    }
    EXPECT_EQ(threads.size(), kThreads - (nth <= kThreads ? 1 : 0));
    for (at_sched_thread *thread : threads) EXPECT_EQ(at_sched_thread_join(thread, nullptr), AT_OK);
    EXPECT_EQ(platform_.stacks, 0u);
  }
}

TEST_F(ThreadTest, Fini_IsBusy_WhileAThreadOrATimerIsLeft) {
  at_sched_thread *thread = Spawn("t", [] { return nullptr; });
  EXPECT_EQ(at_sched_fini(&sched_), AT_BUSY) << "ready";
  Yield();
  EXPECT_EQ(at_sched_fini(&sched_), AT_BUSY) << "ended, not joined";
  EXPECT_EQ(at_sched_thread_join(thread, nullptr), AT_OK);
  at_sched_timer timer{};
  at_sched_timer_start(at_sched_timers(&sched_), &timer, AT_NEVER, [](at_sched_timer *) {});
  EXPECT_EQ(at_sched_fini(&sched_), AT_BUSY) << "a timer";
  at_sched_timer_stop(at_sched_timers(&sched_), &timer);
  EXPECT_EQ(at_sched_fini(&sched_), AT_OK);
}

TEST_F(ThreadTest, Fini_ReleasesDetachedThreadsThatHaveEnded) {
  at_sched_thread *thread = Spawn("t", [] { return nullptr; });
  ASSERT_EQ(at_sched_thread_detach(thread), AT_OK);
  Yield();
  EXPECT_EQ(platform_.stacks, 1u);
  EXPECT_EQ(at_sched_fini(&sched_), AT_OK);
  EXPECT_EQ(platform_.stacks, 0u);
}

TEST_F(ThreadTest, TwoSchedulers_AreSeparateWorlds) {
  at_fake_sched_platform platform;
  at_sched other;
  at_fake_sched_platform_init(&platform);
  at_sched_init(&other, &platform.config);
  at_sched_thread *thread;
  ASSERT_EQ(at_sched_thread_create(&other, &thread, "t", Echo, nullptr, 0), AT_OK);
  Go("here", [&] { Log("here"); });
  Yield();
  EXPECT_EQ(log_, "here");
  EXPECT_FALSE(thread->ended);
  EXPECT_EQ(at_sched_thread_join(thread, nullptr), AT_OK);
  EXPECT_EQ(at_sched_fini(&other), AT_OK);
  JoinAll();
}

// More values than there are callee-saved registers, changed between calls of `give_way`.
template <typename GiveWay>
std::vector<long double> Churn(uint64_t seed, GiveWay give_way) {
  uint64_t a = seed, b = a * 3, c = a * 5, d = a * 7, e = a * 11, f = a * 13, g = a * 17, h = a * 19;
  double u = double(seed), v = u * 3, w = u / 3, x = u / 7;
  long double y = static_cast<long double>(seed) / 9;
  for (int i = 0; i < 100; ++i) {
    give_way();
    a += seed, b += a, c ^= b, d += c, e ^= d, f += e, g ^= f, h += g;
    u += double(seed), v += u, w += v, x -= w, y += u;
  }
  std::vector<long double> values{u, v, w, x, y};
  for (uint64_t n : {a, b, c, d, e, f, g, h}) values.push_back(static_cast<long double>(n));
  return values;
}

TEST_F(ThreadTest, Switches_PreserveEveryValue) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    Go("t", [=] { EXPECT_EQ(Churn(seed, [=] { Yield(); }), Churn(seed, [] {})); });
  }
  JoinAll();
}

TEST_F(ThreadTest, Stack_IsAlignedAsTheAbiWants_AndInsideItsMemory) {
  for (int i = 0; i < 20; ++i) {
    Go("t", [this] {
      alignas(16) volatile char aligned[16] = {};
      EXPECT_EQ(reinterpret_cast<uintptr_t>(aligned) % 16, 0u);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) % 16, 0u);
      const at_sched_thread *self = at_sched_thread_current(&sched_);
      const uint8_t *block = reinterpret_cast<const uint8_t *>(self);
      const uint8_t *top = self->stack.data + self->stack.size;
      EXPECT_LE(block + sizeof *self, top);
      EXPECT_LE(top - block, 1700) << "the header says so";
    });
  }
  JoinAll();
}

TEST_F(ThreadTest, ControlBlocks_TakeTurnsAtEightPlacesOfTheirStacks) {
  std::set<ptrdiff_t> places;
  for (int i = 0; i < 8; ++i) {
    at_sched_thread *thread = Go("t", [] {});
    places.insert(thread->stack.data + thread->stack.size - reinterpret_cast<uint8_t *>(thread));
  }
  EXPECT_EQ(places.size(), 8u);
  JoinAll();
}

TEST_F(ThreadTest, Backtrace_EndsWhereTheThreadBegan) {
  const at_sched_thread *thread = Go("t", [] {
    void *frames[64];
    const int depth = backtrace(frames, 64);
    EXPECT_GT(depth, 1);
    EXPECT_LT(depth, 64);
  });
  EXPECT_EQ(*reinterpret_cast<uintptr_t *>(thread->context.stack_pointer), 0u) << "called from nowhere";
  EXPECT_EQ(thread->context.frame_pointer, 0u) << "the end of the chain of frames";
  JoinAll();
}

TEST_F(ThreadTest, ThousandThreads_AllRunInTurn) {
  constexpr int kThreads = 1000, kTurns = 5;
  std::vector<int> turns;
  for (int i = 0; i < kThreads; ++i) {
    Go("t", [&turns, i, this] {
      for (int turn = 0; turn < kTurns; ++turn, Yield()) turns.push_back(i);
    });
  }
  EXPECT_EQ(platform_.stacks, size_t{kThreads});
  JoinAll();
  ASSERT_EQ(turns.size(), size_t{kThreads * kTurns});
  for (int i = 0; i < kThreads * kTurns; ++i) ASSERT_EQ(turns[i], i % kThreads);
}

TEST_F(ThreadDeathTest, StackOverflow_HitsTheGuard) {
  at_sched_thread *thread = Spawn("deep", [&]() -> void * {
    std::function<int(int)> dive = [&](int depth) {
      volatile char page[1024];
      std::memset(const_cast<char *>(page), depth, sizeof page);
      return dive(depth + 1) + page[depth & 1023];
    };
    EXPECT_DEATH(dive(0), "");
    return nullptr;
  });
  volatile uint8_t *below = thread->stack.data - 1;
  EXPECT_DEATH(*below = 1, "");
  EXPECT_EQ(at_sched_thread_join(thread, nullptr), AT_OK);
}

TEST_F(ThreadDeathTest, ExitOfMain_Panics) {
  EXPECT_DEATH(at_sched_thread_exit(&sched_, nullptr), "at_sched_thread_exit\\(\\) is for created threads");
}

TEST_F(ThreadDeathTest, FiniFromAnotherThread_Panics) {
  Go("t", [&] { EXPECT_DEATH(at_sched_fini(&sched_), "is for the main thread"); });
  JoinAll();
}

}  // namespace
