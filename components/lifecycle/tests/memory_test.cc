// SPDX-License-Identifier: ISC
// The contract of <atman/lifecycle/memory.h>, with dom0's hand on memory/target in the fake xenstored.

#include <atman/lifecycle/memory.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <xen/io/xs_wire.h>

#include <atman/testing/fake_xenstored.h>
#include <atman/xenstore/xenstore.h>

#include "gtest/gtest.h"

namespace {

constexpr uint16_t kGuest = 5;
constexpr char kNode[] = "/local/domain/5/memory/target";

class MemoryTest : public ::testing::Test {
 protected:
  MemoryTest() {
    clock_.server = server_ = at_fake_xenstored_new(nullptr);
    clock_.on_event = [](void *xs) { at_xenstore_on_event(static_cast<at_xenstore *>(xs)); };
    clock_.event_ctx = &xs_;
    at_fake_xenstored_connect(server_, kGuest, &ring_, nullptr, nullptr);
    at_xenstore_config config{};
    config.ring = &ring_;
    config.notify = [](void *) {};
    config.wait = at_fake_xenstored_wait(&clock_);
    at_xenstore_init(&xs_, &config);
  }
  ~MemoryTest() override { at_fake_xenstored_free(server_); }

  void TearDown() override {
    clock_.server = server_;
    Settle();
    struct at_xenstore_stats stats;
    at_xenstore_stats(&xs_, &stats);
    EXPECT_EQ(stats.outstanding, 0u);
    EXPECT_EQ(stats.watches, 0u);
  }

  uint64_t Deadline() { return clock_.now_ns + 1000000000; }
  at_status Start() { return at_lifecycle_memory_start(&m_, &xs_, Changed, this, Deadline()); }
  at_status Stop() { return at_lifecycle_memory_stop(&m_, Deadline()); }
  void Dom0(const std::string &text) { ASSERT_EQ(at_fake_xenstored_write(server_, kNode, text.c_str()), AT_OK); }
  void Settle() {
    do {
      at_xenstore_on_event(&xs_);
    } while (at_fake_xenstored_step(server_) != 0);
    at_xenstore_on_event(&xs_);
  }
  static void Changed(void *ctx, uint32_t kib) { static_cast<MemoryTest *>(ctx)->told_.push_back(kib); }

  xenstore_domain_interface ring_{};
  at_fake_xenstored *server_;
  at_fake_xenstored_clock clock_{};
  at_xenstore xs_{};
  at_lifecycle_memory m_{};
  std::vector<uint32_t> told_;
};

TEST_F(MemoryTest, EveryTarget_IsToldOnce) {
  Dom0("32768");
  ASSERT_EQ(Start(), AT_OK);
  Settle();
  EXPECT_EQ(told_, std::vector<uint32_t>({32768})) << "what stands there at the start";
  Dom0("16384");
  Settle();
  Dom0("16384");
  Settle();
  Dom0("40000");
  Settle();
  EXPECT_EQ(told_, std::vector<uint32_t>({32768, 16384, 40000}));
  EXPECT_EQ(Stop(), AT_OK);
  Dom0("1");
  Settle();
  EXPECT_EQ(told_.size(), 3u);
}

TEST_F(MemoryTest, NodeThatIsNotThereOrNoNumber_IsIgnored) {
  ASSERT_EQ(Start(), AT_OK);
  Settle();
  for (const char *junk : {"", "x", "12x", "-1", "0", "99999999999", "00000000000000000000001", "1 "}) {
    SCOPED_TRACE(junk);
    Dom0(junk);
    Settle();
    EXPECT_TRUE(told_.empty());
  }
  Dom0("4096");
  Settle();
  EXPECT_EQ(told_, std::vector<uint32_t>({4096}));
  EXPECT_EQ(Stop(), AT_OK);
}

// dom0 writes again between any two of our messages: the last word counts.
TEST_F(MemoryTest, TargetsThatCross_EndWithTheLast) {
  ASSERT_EQ(Start(), AT_OK);
  for (int steps = 0; steps < 6; ++steps) {
    SCOPED_TRACE(steps);
    Dom0("1000");
    for (int i = 0; i < steps; ++i) {
      at_fake_xenstored_step(server_);
      at_xenstore_on_event(&xs_);
    }
    Dom0("2000");
    Settle();
    ASSERT_FALSE(told_.empty());
    EXPECT_EQ(told_.back(), 2000u);
  }
  EXPECT_EQ(Stop(), AT_OK);
}

TEST_F(MemoryTest, ReadThatFails_IsMadeUpForAtTheNextChange) {
  ASSERT_EQ(Start(), AT_OK);
  Settle();
  at_fake_xenstored_fail(server_, 0, "EIO");
  Dom0("1000");
  Settle();
  EXPECT_TRUE(told_.empty());
  Dom0("2000");
  Settle();
  EXPECT_EQ(told_, std::vector<uint32_t>({2000}));
  EXPECT_EQ(Stop(), AT_OK);
}

TEST_F(MemoryTest, StartThatFails_WatchesNothing) {
  at_fake_xenstored_fail(server_, 0, "E2BIG");
  EXPECT_EQ(Start(), AT_TOO_BIG);
}

TEST_F(MemoryTest, StoppedInTheMiddle_LeavesNothing) {
  for (int steps = 0; steps < 5; ++steps) {
    for (bool silent : {false, true}) {
      SCOPED_TRACE(::testing::Message() << steps << (silent ? " silent" : ""));
      clock_.server = server_;
      ASSERT_EQ(Start(), AT_OK);
      Dom0("1000");
      for (int i = 0; i < steps; ++i) {
        at_fake_xenstored_step(server_);
        at_xenstore_on_event(&xs_);
      }
      if (silent) clock_.server = nullptr;
      EXPECT_EQ(Stop(), silent ? AT_TIMED_OUT : AT_OK);
      memset(&m_, 0xa5, sizeof m_);
      Settle();
    }
  }
}

}  // namespace
