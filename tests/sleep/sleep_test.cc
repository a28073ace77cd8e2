// SPDX-License-Identifier: ISC
// What a thread's sleep and its wake cost in hypercalls, with the scheduler on the fake Xen as the platform has it.

#include <atman/sched/thread.h>
#include <atman/sched/wait.h>

#include <sys/mman.h>

#include <atman/testing/fake_xen.h>
#include <atman/xen/event.h>
#include <atman/xen/hypercall.h>

#include "gtest/gtest.h"

namespace {

constexpr at_xen_domid kGuest = 5, kPeer = 7;
constexpr uint64_t kMs = 1000000;
constexpr size_t kStack = 65536;

class SleepTest : public ::testing::Test {
 protected:
  SleepTest() : xen_(at_fake_xen_create(nullptr)) {
    at_fake_xen_add_domain(xen_, kGuest);
    at_fake_xen_add_domain(xen_, kPeer);
    at_fake_xen_enter(xen_, kGuest);
    at_xen_events_init(&events_, at_fake_xen_shared(xen_, kGuest));
    at_sched_config config{};
    config.ops = &kOps;
    config.ctx = this;
    config.stack_size = kStack;
    at_sched_init(&sched_, &config);
    at_sched_wait_queue_init(&queue_, &sched_, "queue");
    at_fake_xen_channel(xen_, kGuest, &port_, kPeer, &peers_);
    at_xen_event_adopt(&events_, port_);
    at_xen_event_handle(
        &events_, port_, [](void *queue) { at_sched_wake_all(static_cast<at_sched_wait_queue *>(queue)); }, &queue_);
    at_fake_xen_add_step(xen_, kPeer, Step, this);
  }

  ~SleepTest() override {
    at_fake_xen_remove_step(xen_, Step, this);
    EXPECT_EQ(at_sched_fini(&sched_), AT_OK);
    at_fake_xen_destroy(xen_);
  }

  // The peer raises the port when its time has come.
  static uint64_t Step(void *ctx, uint64_t now_ns) {
    auto *self = static_cast<SleepTest *>(ctx);
    if (now_ns < self->raise_ns_) return self->raise_ns_;
    if (self->raise_ns_ != 0) at_fake_xen_notify(self->xen_, kPeer, self->peers_);
    self->raise_ns_ = 0;
    return UINT64_MAX;
  }

  uint32_t Calls() const { return at_fake_xen_calls(xen_, kGuest, AT_FAKE_XEN_ANY); }
  uint64_t Now() const { return at_fake_xen_now(xen_); }

  static SleepTest *Self(void *ctx) { return static_cast<SleepTest *>(ctx); }
  static const at_sched_ops kOps;

  static void *SleepThreeTimes(void *ctx) {
    for (uint64_t i = 1; i <= 3; ++i) at_sched_thread_sleep(&Self(ctx)->sched_, 2000 * kMs + i * kMs);
    return nullptr;
  }

  at_fake_xen *xen_;
  at_xen_events events_;
  at_sched sched_;
  at_sched_wait_queue queue_;
  at_xen_port port_ = 0, peers_ = 0;
  uint64_t raise_ns_ = 0;
};

const at_sched_ops SleepTest::kOps = {
    [](void *ctx) { return at_xen_clock_now(&Self(ctx)->events_.clock); },
    [](void *ctx) { at_xen_events_dispatch(&Self(ctx)->events_); },
    [](void *ctx, uint64_t deadline_ns) { return at_xen_events_wait(&Self(ctx)->events_, deadline_ns); },
    [](void *, at_span *stack, size_t size) {
      void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      stack->data = static_cast<uint8_t *>(memory);
      stack->size = size;
      return static_cast<at_status>(AT_OK);
    },
    [](void *, at_span stack) { munmap(stack.data, stack.size); },
};

TEST_F(SleepTest, SleepUntilADeadline_IsOneHypercall) {
  uint64_t deadline_ns = Now() + 5 * kMs;
  at_fake_xen_reset_calls(xen_);
  at_sched_thread_sleep(&sched_, deadline_ns);
  EXPECT_EQ(Now(), deadline_ns);
  EXPECT_EQ(Calls(), 1u);
}

TEST_F(SleepTest, WaitUntilAnEvent_IsOneHypercall) {
  raise_ns_ = Now() + 3 * kMs;
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(at_sched_wait(&queue_, Now() + 50 * kMs), AT_OK);
  EXPECT_EQ(Calls(), 1u);
  EXPECT_EQ(sched_.timers.pending, 0u);
}

TEST_F(SleepTest, ManySleepers_OneHypercallForEachMomentAndNoneForASwitch) {
  at_sched_thread *threads[10];
  for (auto &thread : threads)
    ASSERT_EQ(at_sched_thread_create(&sched_, &thread, "sleeper", SleepThreeTimes, this, 0), AT_OK);
  at_fake_xen_reset_calls(xen_);
  for (auto &thread : threads) ASSERT_EQ(at_sched_thread_join(thread, nullptr), AT_OK);
  EXPECT_EQ(Calls(), 3u) << "ten threads, three moments";
}

}  // namespace
