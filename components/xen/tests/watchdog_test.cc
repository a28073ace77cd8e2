// SPDX-License-Identifier: ISC
// The contract of <atman/xen/watchdog.h>: what Xen is asked, and what is made of its answers.

#include <atman/xen/hypercall.h>
#include <atman/xen/watchdog.h>

#include <xen/errno.h>
#include <xen/sched.h>

#include "guest_fixture.h"

namespace {

// Xen's two watchdogs of a domain.
struct Xen {
  uint32_t timeout[2] = {0, 0};
  long answer = 0;  // instead, when it is negative
  uint32_t calls = 0;
};

long Serve(void *ctx, const unsigned long arguments[5]) {
  auto *xen = static_cast<Xen *>(ctx);
  auto *op = reinterpret_cast<const sched_watchdog *>(arguments[1]);
  xen->calls++;
  if (xen->answer < 0) return xen->answer;
  if (arguments[0] != SCHEDOP_watchdog || op->id > 2) return -XEN_EINVAL;
  if (op->id != 0) {
    if (xen->timeout[op->id - 1] == 0) return -XEN_EINVAL;
    xen->timeout[op->id - 1] = op->timeout;
    return 0;
  }
  for (uint32_t i = 0; i < 2; ++i) {
    if (xen->timeout[i] != 0) continue;
    xen->timeout[i] = op->timeout;
    return i + 1;
  }
  return -XEN_EEXIST;
}

class WatchdogTest : public GuestTest {
 protected:
  WatchdogTest() { at_fake_xen_serve(xen_, __HYPERVISOR_sched_op, Serve, &model_); }

  Xen model_;
};

TEST_F(WatchdogTest, Feeding_StartsOne_AndThenPutsItOff) {
  at_xen_watchdog dog{}, other{}, third{};
  EXPECT_EQ(at_xen_watchdog_feed(&dog, 10), AT_OK);
  EXPECT_EQ(at_xen_watchdog_feed(&other, 20), AT_OK);
  EXPECT_EQ(at_xen_watchdog_feed(&dog, 11), AT_OK);
  EXPECT_EQ(model_.timeout[0], 11u);
  EXPECT_EQ(model_.timeout[1], 20u) << "another one's";
  EXPECT_EQ(at_xen_watchdog_feed(&third, 5), AT_EXISTS);
  EXPECT_EQ(at_xen_watchdog_stop(&third), AT_OK) << "never started";
  EXPECT_EQ(at_xen_watchdog_stop(&dog), AT_OK);
  EXPECT_EQ(model_.timeout[0], 0u);
  EXPECT_EQ(at_xen_watchdog_feed(&third, 5), AT_OK);
  EXPECT_EQ(model_.timeout[0], 5u);
}

TEST_F(WatchdogTest, NoTimeAtAll_IsNoWayToStopIt) {
  at_xen_watchdog dog{};
  EXPECT_EQ(at_xen_watchdog_feed(&dog, 10), AT_OK);
  EXPECT_EQ(at_xen_watchdog_feed(&dog, 0), AT_INVALID);
  EXPECT_EQ(model_.timeout[0], 10u);
  EXPECT_EQ(model_.calls, 1u);
}

TEST_F(WatchdogTest, WhatXenRefuses_IsTold_AndChangesNothing) {
  at_xen_watchdog dog{};
  model_.answer = -XEN_EPERM;
  EXPECT_EQ(at_xen_watchdog_feed(&dog, 10), AT_DENIED);
  EXPECT_EQ(dog.id, 0u);
  model_.answer = 0;
  EXPECT_EQ(at_xen_watchdog_feed(&dog, 10), AT_OK);
  model_.answer = -XEN_EPERM;
  EXPECT_EQ(at_xen_watchdog_stop(&dog), AT_DENIED);
  EXPECT_EQ(dog.id, 1u);
}

}  // namespace
