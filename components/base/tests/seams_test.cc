// SPDX-License-Identifier: ISC
// What <atman/base/panic.h>, clock.h and wait.h do by themselves; the platforms test their side of the seams.

#include <atman/base/clock.h>
#include <atman/base/panic.h>
#include <atman/base/wait.h>

#include "gtest/gtest.h"

namespace {

TEST(Assert, ConditionThatHolds_IsEvaluatedOnce) {
  int count = 0;
  AT_ASSERT(++count == 1);
  EXPECT_EQ(count, 1);
}

TEST(AssertDeathTest, ConditionThatFails_NamesFileLineAndExpression) {
  const int pages = 3;
  EXPECT_DEATH(AT_ASSERT(pages == 4), "seams_test.cc:[0-9]+: assertion failed: pages == 4");
}

TEST(PanicDeathTest, Reason_IsShown) {
  EXPECT_DEATH(at_panic("the frame list is corrupt"), "the frame list is corrupt");
}

TEST(Clock, After_NeverWraps) {
  EXPECT_EQ(at_clock_after(10, 5), 15u);
  EXPECT_EQ(at_clock_after(10, 0), 10u);
  EXPECT_EQ(at_clock_after(10, AT_NEVER), AT_NEVER);
  EXPECT_EQ(at_clock_after(10, AT_NEVER - 10), AT_NEVER);
  EXPECT_EQ(at_clock_after(10, AT_NEVER - 11), AT_NEVER - 1);
  EXPECT_EQ(at_clock_after(AT_NEVER, 1), AT_NEVER);
}

// A waiting place that only notes how it was called.
struct Place {
  uint64_t now_ns = 7;
  uint64_t deadline_ns = 0;
  at_status answer = AT_OK;
  int wakes = 0;
};

const at_wait_ops kPlaceOps = {
    [](void *ctx) { return static_cast<Place *>(ctx)->now_ns; },
    [](void *ctx, uint64_t deadline_ns) {
      static_cast<Place *>(ctx)->deadline_ns = deadline_ns;
      return static_cast<Place *>(ctx)->answer;
    },
    [](void *ctx) { static_cast<Place *>(ctx)->wakes++; },
};

TEST(Wait, Calls_ReachThePlaceUnchanged) {
  Place place;
  const at_wait wait = {&kPlaceOps, &place};
  EXPECT_EQ(at_wait_now(wait), 7u);
  for (at_status answer : {AT_OK, AT_TIMED_OUT, AT_DEADLOCK}) {
    place.answer = answer;
    EXPECT_EQ(at_wait_sleep(wait, AT_NEVER - 1), answer);
    EXPECT_EQ(place.deadline_ns, AT_NEVER - 1);
  }
  at_wait_wake(wait);
  EXPECT_EQ(place.wakes, 1);
}

}  // namespace
