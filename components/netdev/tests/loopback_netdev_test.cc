// SPDX-License-Identifier: ISC
// The loopback netdev keeps the seam's contract, and does what only a fake does: cables, injected frames, a dying
// device.

#include <atman/testing/loopback_netdev.h>

#include <atman/base/clock.h>
#include <atman/testing/contract_gtest.h>
#include <atman/testing/netdev_contract.h>

#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace {

constexpr uint8_t kMac[AT_NETDEV_MAC_SIZE] = {0x02, 0, 0, 0, 0, 1};

struct Env {
  at_netdev_contract_env env{};  // first: the cases get a pointer to it
  at_loopback_netdev lo;
};

const bool registered = AtRegisterContract(
    "LoopbackContract", at_netdev_contract, at_netdev_contract_count,
    [] {
      auto *e = new Env;
      at_loopback_netdev_init(&e->lo, kMac, 1500, at_wait{});
      e->env.dev = at_loopback_netdev_dev(&e->lo);
      e->env.echoes = true;
      return e;
    },
    [](void *env) {
      auto *e = static_cast<Env *>(env);
      EXPECT_EQ(at_loopback_netdev_held(&e->lo), 0u) << "a case kept a frame";
      delete e;
    });

class LoopbackTest : public ::testing::Test {
 protected:
  LoopbackTest() {
    at_loopback_netdev_init(&a_, kMac, 1500, at_wait{});
    at_loopback_netdev_init(&b_, kMac, 1500, at_wait{});
  }

  void TearDown() override {
    EXPECT_EQ(at_loopback_netdev_held(&a_), 0u);
    EXPECT_EQ(at_loopback_netdev_held(&b_), 0u);
  }

  static at_status Send(at_netdev dev, const std::string &bytes) {
    at_netdev_frame frame;
    size_t count;
    if (at_netdev_tx_take(dev, &frame, 1, &count) != AT_OK || count == 0) return AT_AGAIN;
    memcpy(frame.data, bytes.data(), bytes.size());
    frame.size = static_cast<uint32_t>(bytes.size());
    return at_netdev_send(dev, &frame, 1);
  }

  static std::string Receive(at_netdev dev) {
    at_netdev_frame frame;
    size_t count;
    if (at_netdev_recv(dev, &frame, 1, &count) != AT_OK || count == 0) return "";
    std::string bytes(reinterpret_cast<char *>(frame.data), frame.size);
    at_netdev_release(dev, &frame, 1);
    return bytes;
  }

  at_loopback_netdev a_, b_;
};

TEST_F(LoopbackTest, Cable_CarriesFramesToTheOtherEnd) {
  at_loopback_netdev_connect(&a_, &b_);
  EXPECT_EQ(Send(at_loopback_netdev_dev(&a_), "from a to b..."), AT_OK);
  EXPECT_EQ(Send(at_loopback_netdev_dev(&b_), "from b to a..."), AT_OK);
  EXPECT_EQ(Receive(at_loopback_netdev_dev(&a_)), "from b to a...");
  EXPECT_EQ(Receive(at_loopback_netdev_dev(&b_)), "from a to b...");
}

TEST_F(LoopbackTest, InjectedRunt_IsReceivedAsItIs) {
  EXPECT_EQ(at_loopback_netdev_inject(&a_, "x", 1), AT_OK);
  EXPECT_EQ(Receive(at_loopback_netdev_dev(&a_)), "x");
}

TEST_F(LoopbackTest, NoFreeBuffer_LosesTheFrameAndCountsIt) {
  for (int i = 0; i < AT_LOOPBACK_NETDEV_BUFFERS; ++i) ASSERT_EQ(at_loopback_netdev_inject(&a_, "y", 1), AT_OK);
  EXPECT_EQ(at_loopback_netdev_inject(&a_, "z", 1), AT_NO_SPACE);
  EXPECT_EQ(Send(at_loopback_netdev_dev(&a_), "fourteen bytes"), AT_OK);
  struct at_netdev_stats stats;
  at_netdev_stats(at_loopback_netdev_dev(&a_), &stats);
  EXPECT_EQ(stats.dropped[AT_NETDEV_DROP_TX_ERROR], 1u);
  for (int i = 0; i < AT_LOOPBACK_NETDEV_BUFFERS; ++i) EXPECT_EQ(Receive(at_loopback_netdev_dev(&a_)), "y");
  EXPECT_EQ(Receive(at_loopback_netdev_dev(&a_)), "");
}

TEST_F(LoopbackTest, NobodyToWakeIt_WaitingEndsAtOnce) {
  EXPECT_EQ(at_netdev_wait(at_loopback_netdev_dev(&a_), AT_NETDEV_RX, 12345), AT_TIMED_OUT);
  EXPECT_EQ(at_netdev_wait(at_loopback_netdev_dev(&a_), AT_NETDEV_RX, AT_NEVER), AT_DEADLOCK);
}

TEST_F(LoopbackTest, EndedDevice_AnswersEverythingWithItsStatus) {
  at_netdev dev = at_loopback_netdev_dev(&a_);
  at_netdev_frame rx, tx;
  size_t count;
  ASSERT_EQ(at_loopback_netdev_inject(&a_, "held", 4), AT_OK);
  ASSERT_EQ(at_netdev_recv(dev, &rx, 1, &count), AT_OK);
  ASSERT_EQ(at_netdev_tx_take(dev, &tx, 1, &count), AT_OK);
  tx.size = 60;
  at_loopback_netdev_end(&a_, AT_PROTOCOL);
  count = 9;
  at_netdev_frame none;
  EXPECT_EQ(at_netdev_recv(dev, &none, 1, &count), AT_PROTOCOL);
  EXPECT_EQ(count, 0u);
  count = 9;
  EXPECT_EQ(at_netdev_tx_take(dev, &none, 1, &count), AT_PROTOCOL);
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(at_netdev_send(dev, &tx, 1), AT_PROTOCOL);
  EXPECT_EQ(at_netdev_wait(dev, AT_NETDEV_RX | AT_NETDEV_TX, AT_NEVER), AT_PROTOCOL);
  EXPECT_EQ(memcmp(rx.data, "held", 4), 0);
  at_netdev_release(dev, &rx, 1);
  at_netdev_tx_return(dev, &tx, 1);
}

TEST_F(LoopbackTest, SleepersAreWoken_ByFramesAndByTheEnd) {
  struct Place {
    at_loopback_netdev *lo;
    int sleeps = 0, wakes = 0;
  } place{&a_};
  const at_wait_ops ops = {
      [](void *) -> uint64_t { return 0; },
      [](void *ctx, uint64_t deadline_ns) -> at_status {
        auto *p = static_cast<Place *>(ctx);
        if (deadline_ns == 0) return AT_TIMED_OUT;
        if (p->sleeps++ == 0) return at_loopback_netdev_inject(p->lo, "frame", 5);
        at_loopback_netdev_end(p->lo, AT_CLOSED);
        return AT_OK;
      },
      [](void *ctx) { static_cast<Place *>(ctx)->wakes++; },
  };
  at_loopback_netdev_init(&a_, kMac, 1500, at_wait{&ops, &place});
  at_netdev dev = at_loopback_netdev_dev(&a_);
  EXPECT_EQ(at_netdev_wait(dev, AT_NETDEV_RX, AT_NEVER), AT_OK);
  EXPECT_EQ(place.wakes, 1);
  EXPECT_EQ(at_netdev_wait(dev, AT_NETDEV_RX, AT_NEVER), AT_OK) << "a frame is there: no sleep but until now";
  EXPECT_EQ(place.sleeps, 1);
  EXPECT_EQ(Receive(dev), "frame");
  EXPECT_EQ(at_netdev_wait(dev, AT_NETDEV_RX, AT_NEVER), AT_CLOSED);
  EXPECT_EQ(place.wakes, 2);
}

TEST_F(LoopbackTest, GivingBackWhatIsNotHeld_EndsTheProgram) {
  at_netdev dev = at_loopback_netdev_dev(&a_);
  at_netdev_frame never{a_.rx[0].data, 1, 0}, far{a_.rx[0].data, 1, AT_LOOPBACK_NETDEV_BUFFERS};
  EXPECT_DEATH(at_netdev_release(dev, &never, 1), "owner == USER");
  EXPECT_DEATH(at_netdev_release(dev, &far, 1), "token");
  EXPECT_DEATH(at_netdev_tx_return(dev, &never, 1), "owner == USER");
  never.size = 60;
  EXPECT_DEATH(at_netdev_send(dev, &never, 1), "owner == USER");
}

}  // namespace
