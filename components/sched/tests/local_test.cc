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
    ASSERT_EQ(
        at_sched_thread_create_on(&sched_, &thread, "own", CountEnd, nullptr, at_span_of(stack, sizeof stack), &local),
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

// Uses `size` bytes of stack and a little more.
__attribute__((noinline)) void Use(size_t size) {
  volatile char *bytes = static_cast<volatile char *>(__builtin_alloca(size));
  for (size_t i = 0; i < size; ++i) bytes[i] = 1;
}

TEST_F(LocalTest, StackUsed_IsTheHighWaterMark) {
  at_sched_config config = platform_.config;
  at_sched_thread *unmarked = Go("unmarked", [] {});
  EXPECT_EQ(at_sched_thread_stack_used(unmarked), 0u);
  JoinAll();
  config.mark_stacks = true;
  at_sched_init(&sched_, &config);
  EXPECT_EQ(at_sched_thread_stack_used(&sched_.main), 0u);
  at_sched_thread *thread = Go("deep", [&] {
    Use(1000);
    Yield();
    Use(20000);
    Yield();
    Use(10);
    Yield();
  });
  const size_t at_first = at_sched_thread_stack_used(thread);
  EXPECT_GT(at_first, 0u) << "the control block";
  EXPECT_LT(at_first, 2000u);
  Yield();
  const size_t shallow = at_sched_thread_stack_used(thread);
  EXPECT_GE(shallow, at_first + 1000);
  EXPECT_LT(shallow, 20000u);
  Yield();
  const size_t deep = at_sched_thread_stack_used(thread);
  EXPECT_GE(deep, 20000u);
  Yield();
  EXPECT_EQ(at_sched_thread_stack_used(thread), deep) << "it never falls";
  JoinAll();
}

TEST_F(LocalTest, SmallStackOfTheCallers_IsRefused) {
  alignas(16) static uint8_t stack[AT_SCHED_STACK_MIN];
  at_sched_thread *thread;
  const at_span small = at_span_of(stack, sizeof stack - 1);
  EXPECT_EQ(at_sched_thread_create_on(&sched_, &thread, "small", CountEnd, nullptr, small, nullptr), AT_INVALID);
}

}  // namespace
