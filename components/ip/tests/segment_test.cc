/* SPDX-License-Identifier: ISC */
/* Large segments on a device that cuts them, to a client that is written out. */
#include "clients.h"

namespace {

const unsigned kSums = AT_NETDEV_TX_CSUM4 | AT_NETDEV_TX_CSUM6;
const unsigned kCuts = AT_NETDEV_TX_GSO4 | AT_NETDEV_TX_GSO6;
const Bytes kMss1460 = {2, 4, 5, 0xb4}, kMss1000 = {2, 4, 3, 0xe8};

class SegmentTest : public ClientsTest {
 protected:
  void SetUp() override {
    us.device.info.features |= kSums | kCuts;
    us.device.info.max_gso = 65535 + 14;
    us.device.says_checksum_ok = true;
    ClientsTest::SetUp();
  }

  void Connected(const Bytes &options) {
    client_ = Segment();
    client_.window = 65535;
    client_.options = options;
    client_ = Connect(client_);
    client_.options.clear();
    Answer(client_);
    ASSERT_NE(nullptr, server_);
  }

  /* The server writes what it may of `size` bytes more, and the client gets what comes of that. */
  void Write(size_t size) {
    std::string text(size, 0);
    size_t taken;

    for (char &c : text) c = char(written_++ % 251);
    at_ip_tcp_write(server_, &taken, text.data(), text.size(), 0);
    written_ -= size - taken;
    answers_.clear();
    Run([] { return false; }, 0);
    Take();
  }

  void Take() {
    for (const Segment &answer : answers_) {
      if (answer.seq != client_.ack) continue;
      got_ += answer.data;
      client_.ack += uint32_t(answer.data.size());
      largest_ = std::max(largest_, answer.data.size());
    }
  }

  /* The client acknowledges what it has, and gets what comes of that. */
  void Acknowledge() {
    Answers(client_);
    Take();
  }

  void AcknowledgeAll() {
    for (size_t before = got_.size() + 1; before != got_.size();) {
      before = got_.size();
      Acknowledge();
    }
  }

  void ExpectGot() {
    ASSERT_EQ(written_, got_.size());
    for (size_t i = 0; i < got_.size(); i++) ASSERT_EQ(char(i % 251), got_[i]) << i;
  }

  Segment client_;
  std::string got_;
  size_t written_ = 0, largest_ = 0;
};

TEST_F(SegmentTest, LargeSegments_OnlyWhereDeviceAndPeerAllowThem) {
  const struct {
    const char *what;
    unsigned features;
    Bytes options;
    bool is_cut;
    size_t largest;
  } cases[] = {
      {"a peer without timestamps", kSums | kCuts, kMss1460, true, 1460},
      {"a peer with timestamps", kSums | kCuts, Timestamps(5), false, 524},
      {"a peer that takes less than the device sends", kSums | kCuts, kMss1000, false, 1000},
      {"a device that cuts nothing", kSums, kMss1460, false, 1460},
  };

  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    size_t before = us.device.gso_frames;

    written_ = largest_ = 0;
    got_.clear();
    us.device.info.features = AT_NETDEV_TX_PARTS | c.features;
    Connected(c.options);
    for (int i = 0; i < 10; i++) {
      Write(20000);
      AcknowledgeAll();
    }
    ExpectGot();
    EXPECT_EQ(c.is_cut, us.device.gso_frames > before);
    EXPECT_EQ(c.largest, largest_);
    Abort();
  }
}

/* Without a cut nothing would be sent before the persist timer, which takes seconds. */
TEST_F(SegmentTest, WindowThatShrinks_WhatFitsGoesOutAtOnce) {
  size_t before;

  Connected(kMss1460);
  for (int i = 0; i < 10; i++) Write(20000), AcknowledgeAll();
  Write(100000);
  ASSERT_LT(got_.size(), written_);
  ASSERT_GT(us.device.gso_frames, 0u);
  client_.window = 3000;
  before = got_.size();
  Acknowledge();
  EXPECT_EQ(before + 2920, got_.size());
  client_.window = 65535;
  AcknowledgeAll();
  ExpectGot();
  Abort();
}

TEST_F(SegmentTest, ConnectionThatLostSomething_MakesNoLargeSegmentsForAWhile) {
  for (bool is_silent : {false, true}) {
    size_t before;

    SCOPED_TRACE(is_silent);
    written_ = 0;
    got_.clear();
    Connected(kMss1460);
    for (int i = 0; i < 10; i++) Write(20000), AcknowledgeAll();
    ASSERT_GT(us.device.gso_frames, 0u);
    Write(50000);
    client_.ack -= 1460; /* as if the last ones were lost */
    got_.resize(got_.size() - 1460);
    for (int i = 0; !is_silent && i < 4; i++) Acknowledge();
    Run([] { return false; }, 5000000000);
    Take();
    AcknowledgeAll();
    ExpectGot();
    before = us.device.gso_frames;
    for (int i = 0; i < 70; i++) Write(20000), AcknowledgeAll();
    ExpectGot();
    EXPECT_EQ(before, us.device.gso_frames);
    for (int i = 0; i < 10; i++) Write(20000), AcknowledgeAll();
    ExpectGot();
    EXPECT_LT(before, us.device.gso_frames);
    Abort();
  }
}

}  // namespace
