// SPDX-License-Identifier: ISC
// A thread's pointer of its own, and threads on stacks of the caller's: what a C library's pthreads are made of.

#include <atman/sched/thread.h>

#include <cstring>

#include "sched_fixture.h"

namespace {

using LocalTest = SchedTest;

TEST_F(LocalTest, Local_IsEachThreadsOwn) {
  int mine, others;
  void *const *const *current = at_sched_current_local(&sched_);
  EXPECT_EQ(**current, nullptr);
  at_sched_thread_set_local(at_sched_thread_current(&sched_), &mine);
  EXPECT_EQ(**current, &mine);
  at_sched_thread *thread = Go("other", [&] {
    EXPECT_EQ(**current, nullptr) << "what the configuration says";
    at_sched_thread_set_local(at_sched_thread_current(&sched_), &others);
    Yield();
    EXPECT_EQ(**current, &others);
  });
  Yield();
  EXPECT_EQ(**current, &mine);
  EXPECT_EQ(at_sched_thread_local(thread), &others);
  JoinAll();
}

TEST_F(LocalTest, ConfiguredLocal_IsWhatThreadsBeginWith) {
  int everybodys;
  at_sched_config config = platform_.config;
  config.local = &everybodys;
  at_sched_init(&sched_, &config);
  EXPECT_EQ(at_sched_thread_local(&sched_.main), &everybodys);
  EXPECT_EQ(at_sched_thread_local(Go("one", [] {})), &everybodys);
  JoinAll();
}

int ended;

void *CountEnd(void *argument) {
  ended++;
  return argument;
}

// Its stack is used again as soon as another thread runs: nothing may look at what is left of the thread.
TEST_F(LocalTest, OnAStackOfTheCallers_LeavesNothingBehind) {
  alignas(16) static uint8_t stack[16384];
  int local;
  for (int i = 0; i < 20; ++i) {
    at_sched_thread *thread;
    ASSERT_EQ(at_sched_thread_create_on(&sched_, &thread, "own", CountEnd, nullptr, at_span_of(stack, sizeof stack),
                                        &local),
              AT_OK);
    EXPECT_EQ(at_sched_thread_local(thread), &local);
    EXPECT_EQ(at_sched_thread_join(thread, nullptr), AT_INVALID);
    EXPECT_EQ(at_sched_thread_detach(thread), AT_INVALID);
    Yield();
    EXPECT_EQ(ended, i + 1);
    std::memset(stack, 0xee, sizeof stack);
    Yield();
  }
  EXPECT_EQ(platform_.stack_calls, 0u);
}

TEST_F(LocalTest, SmallStackOfTheCallers_IsRefused) {
  alignas(16) static uint8_t stack[AT_SCHED_STACK_MIN];
  at_sched_thread *thread;
  const at_span small = at_span_of(stack, sizeof stack - 1);
  EXPECT_EQ(at_sched_thread_create_on(&sched_, &thread, "small", CountEnd, nullptr, small, nullptr), AT_INVALID);
}

}  // namespace
