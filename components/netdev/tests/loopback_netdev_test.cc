// SPDX-License-Identifier: ISC
// The loopback netdev keeps the seam's contract, and does what only a fake does: cables, injected frames, a dying
// device.

#include <atman/testing/loopback_netdev.h>

#include <atman/base/clock.h>
#include <atman/netdev/group.h>
#include <atman/testing/contract_gtest.h>
#include <atman/testing/netdev_contract.h>

#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace {

constexpr uint8_t kMac[AT_NETDEV_MAC_SIZE] = {0x02, 0, 0, 0, 0, 1};

struct Env {
  Env(uint16_t features, uint32_t part_size) {
    at_loopback_netdev_init(&lo, kMac, 1500, at_wait{});
    at_loopback_netdev_offer(&lo, features);
    at_loopback_netdev_split(&lo, part_size);
    env.dev = env.arrival = at_loopback_netdev_dev(&lo);
    env.memory = memory;
  }
  at_netdev_contract_env env{};  // first: the cases get a pointer to it
  at_loopback_netdev lo;
  alignas(4096) uint8_t memory[AT_NETDEV_CONTRACT_MEMORY];
};

template <uint16_t features, uint32_t part_size>
bool Register(const char *suite) {
  return AtRegisterContract(
      suite, at_netdev_contract, at_netdev_contract_count, [] { return new Env(features, part_size); },
      [](void *env) {
        auto *e = static_cast<Env *>(env);
        EXPECT_EQ(at_loopback_netdev_held(&e->lo), 0u) << "a case kept a part or a cookie";
        delete e;
      });
}

constexpr uint16_t kAll =
    AT_NETDEV_TX_PARTS | AT_NETDEV_TX_CSUM4 | AT_NETDEV_TX_CSUM6 | AT_NETDEV_TX_GSO4 | AT_NETDEV_TX_GSO6;
const bool plain = Register<0, AT_LOOPBACK_NETDEV_ROOM>("LoopbackContract");
const bool all = Register<kAll, 300>("LoopbackContractAllFeatures");

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

  static at_status Send(at_netdev dev, const std::string &bytes, void *cookie = nullptr) {
    at_netdev_piece piece{reinterpret_cast<const uint8_t *>(bytes.data()), static_cast<uint32_t>(bytes.size())};
    at_netdev_frame frame{&piece, 1, 0, 0, cookie};
    return at_netdev_send(dev, &frame);
  }

  static std::string Receive(at_netdev dev, size_t *parts_seen = nullptr) {
    at_netdev_part parts[AT_NETDEV_PARTS_MAX];
    size_t count;
    if (at_netdev_recv(dev, parts, AT_NETDEV_PARTS_MAX, &count) != AT_OK || count == 0) return "";
    std::string bytes;
    size_t n = 0;
    do {
      bytes.append(reinterpret_cast<char *>(parts[n].data), parts[n].size);
    } while (parts[n++].flags & AT_NETDEV_MORE);
    EXPECT_EQ(n, count) << "these tests let one frame arrive at a time";
    if (parts_seen != nullptr) *parts_seen = n;
    at_netdev_release(dev, parts, count);
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
  at_netdev dev = at_loopback_netdev_dev(&a_);
  for (int i = 0; i < AT_LOOPBACK_NETDEV_BUFFERS; ++i) ASSERT_EQ(at_loopback_netdev_inject(&a_, "y", 1), AT_OK);
  EXPECT_EQ(at_loopback_netdev_inject(&a_, "z", 1), AT_NO_SPACE);
  EXPECT_EQ(Send(dev, "fourteen bytes"), AT_OK);
  struct at_netdev_stats stats;
  at_netdev_stats(dev, &stats);
  EXPECT_EQ(stats.dropped[AT_NETDEV_DROP_TX_ERROR], 1u);
  at_netdev_part parts[AT_LOOPBACK_NETDEV_BUFFERS + 1];
  size_t count;
  ASSERT_EQ(at_netdev_recv(dev, parts, AT_LOOPBACK_NETDEV_BUFFERS + 1, &count), AT_OK);
  EXPECT_EQ(count, static_cast<size_t>(AT_LOOPBACK_NETDEV_BUFFERS));
  at_netdev_release(dev, parts, count);
}

TEST_F(LoopbackTest, LargeFrame_LiesInParts_AndOnlyWholeFramesAreHandedOut) {
  at_netdev dev = at_loopback_netdev_dev(&a_);
  std::string large(AT_LOOPBACK_NETDEV_MAX, 'l');
  size_t parts = 0;
  ASSERT_EQ(at_loopback_netdev_inject(&a_, large.data(), AT_LOOPBACK_NETDEV_MAX), AT_OK);
  ASSERT_EQ(at_loopback_netdev_inject(&a_, "next", 4), AT_OK);
  at_loopback_netdev_split(&a_, 1);
  ASSERT_EQ(at_loopback_netdev_inject(&a_, "abc", 3), AT_OK);
  EXPECT_EQ(Receive(dev, &parts), large);
  EXPECT_EQ(parts, static_cast<size_t>(AT_NETDEV_PARTS_MAX));
  at_netdev_part got[AT_NETDEV_PARTS_MAX];
  size_t count;
  ASSERT_EQ(at_netdev_recv(dev, got, AT_NETDEV_PARTS_MAX, &count), AT_OK);
  ASSERT_EQ(count, 4u) << "one frame of one part, one of three";
  EXPECT_EQ(got[0].flags, 0);
  EXPECT_EQ(got[1].flags, AT_NETDEV_MORE);
  EXPECT_EQ(got[3].flags, 0);
  at_netdev_release(dev, got, count);
}

TEST_F(LoopbackTest, CookiesThatNobodyTakes_AreRoomThatIsMissing) {
  at_netdev dev = at_loopback_netdev_dev(&b_);
  int cookie;
  void *done[AT_LOOPBACK_NETDEV_SLOTS];
  size_t count;
  at_loopback_netdev_connect(&a_, &b_);
  for (int i = 0; i < AT_LOOPBACK_NETDEV_SLOTS; ++i) ASSERT_EQ(Send(dev, "fourteen bytes", &cookie), AT_OK);
  EXPECT_EQ(Send(dev, "fourteen bytes", &cookie), AT_AGAIN);
  EXPECT_EQ(at_netdev_wait(dev, AT_NETDEV_TX, 0), AT_OK);
  EXPECT_EQ(at_netdev_arm(dev, AT_NETDEV_DONE), AT_OK);
  ASSERT_EQ(at_netdev_tx_done(dev, done, AT_LOOPBACK_NETDEV_SLOTS, &count), AT_OK);
  EXPECT_EQ(count, static_cast<size_t>(AT_LOOPBACK_NETDEV_SLOTS));
  EXPECT_EQ(done[0], &cookie);
  EXPECT_EQ(at_netdev_arm(dev, AT_NETDEV_DONE), AT_AGAIN);
}

TEST_F(LoopbackTest, NobodyToWakeIt_WaitingEndsAtOnce) {
  EXPECT_EQ(at_netdev_wait(at_loopback_netdev_dev(&a_), AT_NETDEV_RX, 12345), AT_TIMED_OUT);
  EXPECT_EQ(at_netdev_wait(at_loopback_netdev_dev(&a_), AT_NETDEV_RX, AT_NEVER), AT_DEADLOCK);
}

TEST_F(LoopbackTest, EndedDevice_AnswersEverythingWithItsStatus) {
  at_netdev dev = at_loopback_netdev_dev(&a_);
  at_netdev_part parts[AT_NETDEV_PARTS_MAX], none[AT_NETDEV_PARTS_MAX];
  void *cookie;
  size_t count;
  ASSERT_EQ(at_loopback_netdev_inject(&a_, "held", 4), AT_OK);
  ASSERT_EQ(at_netdev_recv(dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
  at_loopback_netdev_end(&a_, AT_PROTOCOL);
  count = 9;
  EXPECT_EQ(at_netdev_recv(dev, none, AT_NETDEV_PARTS_MAX, &count), AT_PROTOCOL);
  EXPECT_EQ(count, 0u);
  count = 9;
  EXPECT_EQ(at_netdev_tx_done(dev, &cookie, 1, &count), AT_PROTOCOL);
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(Send(dev, "fourteen bytes"), AT_PROTOCOL);
  EXPECT_EQ(at_netdev_arm(dev, AT_NETDEV_RX), AT_PROTOCOL);
  EXPECT_EQ(at_netdev_wait(dev, AT_NETDEV_RX | AT_NETDEV_TX, AT_NEVER), AT_PROTOCOL);
  EXPECT_EQ(memcmp(parts[0].data, "held", 4), 0);
  at_netdev_release(dev, parts, 1);
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

TEST_F(LoopbackTest, Misuse_EndsTheProgram) {
  at_netdev dev = at_loopback_netdev_dev(&a_);
  at_netdev_part never{a_.rx[0].data, 1, 0, 0, 0}, far{a_.rx[0].data, 1, AT_LOOPBACK_NETDEV_BUFFERS, 0, 0};
  at_netdev_part few[AT_NETDEV_PARTS_MAX - 1];
  size_t count;
  EXPECT_DEATH(at_netdev_release(dev, &never, 1), "owner == USER");
  EXPECT_DEATH(at_netdev_release(dev, &far, 1), "token");
  EXPECT_DEATH((void)at_netdev_recv(dev, few, AT_NETDEV_PARTS_MAX - 1, &count), "capacity");
}

TEST_F(LoopbackTest, Filter_PassesWhatIsForUsForAllAndForGroupsThatWereJoined) {
  const uint8_t group[AT_NETDEV_MAC_SIZE] = {0x33, 0x33, 0, 0, 0, 1}, own[AT_NETDEV_MAC_SIZE] = {0x02};
  const std::string to_group = std::string(reinterpret_cast<const char *>(group), 6) + std::string(8, 'g');
  at_netdev dev = at_loopback_netdev_dev(&a_);
  EXPECT_EQ(at_netdev_group_join(dev, group), AT_UNSUPPORTED) << "it delivers everything";
  EXPECT_EQ(Send(dev, to_group), AT_OK);
  EXPECT_EQ(Receive(dev), to_group);
  at_loopback_netdev_filter(&a_);
  for (const std::string &passes : {std::string(14, '\xff'), std::string(14, '\2')}) {
    EXPECT_EQ(Send(dev, passes), AT_OK);
    EXPECT_EQ(Receive(dev), passes);
  }
  EXPECT_EQ(Send(dev, to_group), AT_OK);
  EXPECT_EQ(Receive(dev), "");
  EXPECT_EQ(at_netdev_group_join(dev, own), AT_INVALID);
  EXPECT_EQ(at_netdev_group_leave(dev, group), AT_NOT_FOUND);
  for (int i = 0; i < AT_LOOPBACK_NETDEV_GROUPS; ++i) EXPECT_EQ(at_netdev_group_join(dev, group), AT_OK);
  EXPECT_EQ(at_netdev_group_join(dev, group), AT_NO_SPACE);
  EXPECT_EQ(Send(dev, to_group), AT_OK);
  EXPECT_EQ(Receive(dev), to_group);
  for (int i = 0; i < AT_LOOPBACK_NETDEV_GROUPS; ++i) EXPECT_EQ(at_netdev_group_leave(dev, group), AT_OK);
  EXPECT_EQ(Send(dev, to_group), AT_OK);
  EXPECT_EQ(Receive(dev), "");
  at_loopback_netdev_end(&a_, AT_CLOSED);
  EXPECT_EQ(at_netdev_group_join(dev, group), AT_CLOSED);
}

}  // namespace
