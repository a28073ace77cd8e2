// SPDX-License-Identifier: ISC
// The contract of <atman/lifecycle/hooks.h>: who is called, in which order, and what a refusal undoes.

#include <atman/lifecycle/hooks.h>

#include <string>

#include "gtest/gtest.h"

namespace {

// A part of a guest that writes down what it is told.
struct Part {
  std::string *told;
  char name[2];
  at_status answer = AT_OK;
  uint64_t takes_ns = 0;
  uint64_t *now_ns = nullptr;
  at_lifecycle_hook hook{};

  Part(std::string *log, char letter, uint64_t *now) : told(log), name{letter, '\0'}, now_ns(now) {
    hook.name = name;
    hook.ctx = this;
    hook.end = [](void *ctx, uint64_t) { Self(ctx)->Say("end"); };
    hook.suspend = [](void *ctx, uint64_t) { return Self(ctx)->Say("suspend"); };
    hook.resume = [](void *ctx, at_lifecycle_resumption how) {
      Self(ctx)->Say(how == AT_LIFECYCLE_RESTORED ? "restored" : "cancelled");
    };
    hook.reconnect = [](void *ctx, uint64_t) { return Self(ctx)->Say("reconnect"); };
  }

  static Part *Self(void *ctx) { return static_cast<Part *>(ctx); }
  at_status Say(const char *what) {
    *told += std::string(name) + ":" + what + " ";
    *now_ns += takes_ns;
    return answer;
  }
};

class HooksTest : public ::testing::Test {
 protected:
  HooksTest() {
    at_lifecycle_hooks_init(&hooks_);
    for (Part *part : {&a_, &b_, &c_}) at_lifecycle_hook_add(&hooks_, &part->hook);
  }

  at_wait Wait() {
    static const at_wait_ops ops = {[](void *ctx) { return *static_cast<uint64_t *>(ctx); }, nullptr, nullptr};
    return at_wait{&ops, &now_ns_};
  }

  std::string told_;
  uint64_t now_ns_ = 100;
  at_lifecycle_hooks hooks_;
  Part a_{&told_, 'a', &now_ns_}, b_{&told_, 'b', &now_ns_}, c_{&told_, 'c', &now_ns_};
};

TEST_F(HooksTest, Suspend_GoesFromTheLastToTheFirst_AndResumeBack) {
  EXPECT_EQ(at_lifecycle_hooks_suspend(&hooks_, nullptr, 0), AT_OK);
  at_lifecycle_hooks_resume(&hooks_, AT_LIFECYCLE_RESTORED);
  EXPECT_EQ(at_lifecycle_hooks_reconnect(&hooks_, 0), AT_OK);
  EXPECT_EQ(told_,
            "c:suspend b:suspend a:suspend a:restored b:restored c:restored a:reconnect b:reconnect c:reconnect ");
}

TEST_F(HooksTest, Refusal_UndoesOnlyWhatWasDone) {
  const char *who = nullptr;
  b_.answer = AT_BUSY;
  EXPECT_EQ(at_lifecycle_hooks_suspend(&hooks_, &who, 0), AT_BUSY);
  EXPECT_STREQ(who, "b");
  EXPECT_EQ(told_, "c:suspend b:suspend c:cancelled ");
}

TEST_F(HooksTest, RefusalOfTheFirst_IsTold_WithNobodyToNameItTo) {
  a_.answer = AT_TIMED_OUT;
  EXPECT_EQ(at_lifecycle_hooks_suspend(&hooks_, nullptr, 0), AT_TIMED_OUT);
  EXPECT_EQ(told_, "c:suspend b:suspend a:suspend b:cancelled c:cancelled ");
}

TEST_F(HooksTest, ReconnectThatFails_KeepsNobodyElseFromTrying) {
  a_.answer = AT_TIMED_OUT;
  b_.answer = AT_CLOSED;
  EXPECT_EQ(at_lifecycle_hooks_reconnect(&hooks_, 0), AT_TIMED_OUT);
  EXPECT_EQ(told_, "a:reconnect b:reconnect c:reconnect ");
}

TEST_F(HooksTest, End_GoesFromTheLastToTheFirst) {
  EXPECT_EQ(at_lifecycle_hooks_end(&hooks_, Wait(), 101), AT_OK);
  EXPECT_EQ(told_, "c:end b:end a:end ");
}

TEST_F(HooksTest, EndThatTakesTooLong_LeavesOutTheRest) {
  b_.takes_ns = 50;
  EXPECT_EQ(at_lifecycle_hooks_end(&hooks_, Wait(), 150), AT_TIMED_OUT);
  EXPECT_EQ(told_, "c:end b:end ");
}

TEST_F(HooksTest, WhatIsNotSet_IsNotCalled) {
  b_.hook.end = nullptr;
  b_.hook.suspend = nullptr;
  b_.hook.resume = nullptr;
  b_.hook.reconnect = nullptr;
  EXPECT_EQ(at_lifecycle_hooks_end(&hooks_, Wait(), 101), AT_OK);
  EXPECT_EQ(at_lifecycle_hooks_suspend(&hooks_, nullptr, 0), AT_OK);
  at_lifecycle_hooks_resume(&hooks_, AT_LIFECYCLE_CANCELLED);
  EXPECT_EQ(at_lifecycle_hooks_reconnect(&hooks_, 0), AT_OK);
  EXPECT_EQ(told_, "c:end a:end c:suspend a:suspend a:cancelled c:cancelled a:reconnect c:reconnect ");
}

TEST_F(HooksTest, HookThatWasRemoved_IsNotCalled_AndCanBeAddedAgain) {
  at_lifecycle_hook_remove(&b_.hook);
  at_lifecycle_hooks_resume(&hooks_, AT_LIFECYCLE_RESTORED);
  at_lifecycle_hook_add(&hooks_, &b_.hook);
  at_lifecycle_hooks_resume(&hooks_, AT_LIFECYCLE_RESTORED);
  EXPECT_EQ(told_, "a:restored c:restored a:restored c:restored b:restored ");
}

TEST(HooksEmptyTest, NobodyToCall_IsFine) {
  at_lifecycle_hooks hooks;
  at_lifecycle_hooks_init(&hooks);
  EXPECT_EQ(at_lifecycle_hooks_end(&hooks, at_wait{}, 0), AT_OK);
  EXPECT_EQ(at_lifecycle_hooks_suspend(&hooks, nullptr, 0), AT_OK);
  at_lifecycle_hooks_resume(&hooks, AT_LIFECYCLE_RESTORED);
  EXPECT_EQ(at_lifecycle_hooks_reconnect(&hooks, 0), AT_OK);
}

}  // namespace
