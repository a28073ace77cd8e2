// SPDX-License-Identifier: ISC
// More than whole frames: what is negotiated, frames in parts both ways, in place and copied, and what goes with them.

#include "components/netfront/tests/guest.h"

#include <xen/io/netif.h>

namespace {

constexpr uint16_t kParts = AT_NETFRONT_SG | AT_NETFRONT_CSUM;
constexpr uint16_t kAll = kParts | AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6;
constexpr uint16_t kGso4 = AT_NETDEV_GSO4 | AT_NETDEV_CSUM_BLANK;
constexpr uint16_t kGso6 = AT_NETDEV_GSO6 | AT_NETDEV_CSUM_BLANK;

std::string Pattern(size_t size, unsigned seed = 0) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(seed + i * 7 + (i >> 8));
  return bytes;
}

class OffloadGuest : public Guest {
 public:
  explicit OffloadGuest(uint16_t features = kAll, unsigned behaviour = 0, uint16_t rx = 64, uint16_t tx = 16,
                        uint16_t slots = 64)
      : Guest(rx, tx, slots) {
    Want(features);
    Share();
    behaviour_ = behaviour;
  }
  OffloadGuest &Open() {
    Connect(behaviour_);
    return *this;
  }
  at_netdev_piece Shared(uint32_t at, const std::string &bytes) {
    memcpy(memory + at, bytes.data(), bytes.size());
    return {memory + at, static_cast<uint32_t>(bytes.size())};
  }
  uint16_t Features() { return at_netdev_info(dev)->features; }

 private:
  unsigned behaviour_;
};

TEST(NetfrontOffload, Features_AreThoseThatBothSidesHave) {
  const uint16_t csum = AT_NETDEV_TX_CSUM4 | AT_NETDEV_TX_CSUM6, gso = AT_NETDEV_TX_GSO4 | AT_NETDEV_TX_GSO6;
  const struct {
    const char *what;
    uint16_t wanted;
    unsigned behaviour;
    uint16_t features;
  } cases[] = {
      {"everything", kAll, 0, AT_NETDEV_TX_PARTS | csum | gso},
      {"nothing", 0, 0, 0},
      {"parts", AT_NETFRONT_SG, 0, AT_NETDEV_TX_PARTS},
      {"checksums", AT_NETFRONT_CSUM, 0, csum},
      {"large over IPv4", kParts | AT_NETFRONT_GSO4, 0, AT_NETDEV_TX_PARTS | csum | AT_NETDEV_TX_GSO4},
      {"large over IPv6", kParts | AT_NETFRONT_GSO6, 0, AT_NETDEV_TX_PARTS | csum | AT_NETDEV_TX_GSO6},
      {"no parts there", kAll, AT_FAKE_NETBACK_NO_SG, csum},
      {"no checksums there", kAll, AT_FAKE_NETBACK_NO_CSUM, AT_NETDEV_TX_PARTS},
      {"no large frames there", kAll, AT_FAKE_NETBACK_NO_GSO, AT_NETDEV_TX_PARTS | csum},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    OffloadGuest g(c.wanted, c.behaviour);
    uint32_t before = g.RoundTrips();
    g.Open();
    EXPECT_EQ(g.RoundTrips() - before, 3u) << "and it costs no more";
    EXPECT_EQ(g.Features(), AT_NETDEV_SHARED | c.features);
    EXPECT_EQ(at_netdev_info(g.dev)->max_gso, c.features & gso ? 65535u : 0u);
    EXPECT_EQ(at_netdev_info(g.dev)->max_frame, 1518u);
    const std::string dir = "/local/domain/5/device/vif/0/";
    EXPECT_EQ(g.Node(dir + "feature-sg"), c.wanted & AT_NETFRONT_SG ? "1" : "0");
    EXPECT_EQ(g.Node(dir + "feature-gso-tcpv4"), c.wanted & AT_NETFRONT_GSO4 ? "1" : "0");
    EXPECT_EQ(g.Node(dir + "feature-gso-tcpv6"), c.wanted & AT_NETFRONT_GSO6 ? "1" : "0");
    EXPECT_EQ(g.Node(dir + "feature-ipv6-csum-offload"), c.wanted & AT_NETFRONT_CSUM ? "1" : "0");
    EXPECT_EQ(g.Node(dir + "feature-no-csum-offload"), c.wanted & AT_NETFRONT_CSUM ? "0" : "1");
  }
}

TEST(NetfrontOffload, FeaturesOfAnEarlierLife_AreTakenBack) {
  OffloadGuest g;
  g.Open();
  ASSERT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
  g.config.offload = nullptr;
  g.config.features = 0;
  ASSERT_EQ(at_netfront_open(&g.front, &g.config), AT_OK);
  at_fake_netback_frame about{};
  about.csum_blank = true;
  about.gso_type = XEN_NETIF_GSO_TYPE_TCPV6;
  about.gso_size = 1000;
  g.Inject(about, Pattern(3000));
  about.gso_type = 0;
  g.Inject(about, Pattern(1000));
  EXPECT_EQ(g.Receive(), Pattern(1000)) << "the large one is the back-end's to cut up, the other its to sum";
}

TEST(NetfrontOffload, Mtu_AboveAPage_NeedsPartsOnBothSides_AndBuffersToCopyItTo) {
  const struct {
    const char *text;
    unsigned behaviour;
    uint16_t tx_buffers, mtu;
  } cases[] = {{"9000", 0, 16, 9000},  {"9000", AT_FAKE_NETBACK_NO_SG, 16, 1500},
               {"9000", 0, 2, 1500},   {"65517", 0, 16, 65517},
               {"65518", 0, 16, 1500}, {"9000", 0, 3, 9000}};
  for (const auto &c : cases) {
    SCOPED_TRACE(std::string(c.text) + " with " + std::to_string(c.tx_buffers));
    OffloadGuest g(AT_NETFRONT_SG, c.behaviour, 64, c.tx_buffers);
    g.back_config.mtu = c.text;
    g.Open();
    EXPECT_EQ(at_netdev_info(g.dev)->mtu, c.mtu);
    std::string frame = Pattern(at_netdev_info(g.dev)->max_frame);
    if (frame.size() > 65535) frame.resize(65535);
    EXPECT_EQ(g.Send(frame), AT_OK);
    EXPECT_EQ(g.Taken(), frame);
    EXPECT_EQ(g.Send(frame + "x"), AT_TOO_BIG);
  }
}

TEST(NetfrontOffload, ReceivedParts_AreOneFrame_WhateverTheyAreCutInto) {
  for (unsigned behaviour : {0u, AT_FAKE_NETBACK_TRICKLES}) {
    for (uint32_t start : {0u, UINT32_MAX - 20}) {
      OffloadGuest g(kAll, behaviour);
      g.config.ring_start = start;
      g.Open();
      for (uint32_t size : {1u, 18u, 4096u, 4097u, 9014u, 65535u}) {
        SCOPED_TRACE(size);
        at_fake_netback_frame about{};
        about.part_size = size <= 18 ? 1 : 0;
        g.Inject(about, Pattern(size, size));
        std::vector<at_netdev_part> parts = g.ReceiveParts();
        EXPECT_EQ(parts.size(), size <= 18 ? size : (size + 4095) / 4096);
        std::string bytes;
        for (const at_netdev_part &part : parts) {
          bytes.append(reinterpret_cast<char *>(part.data), part.size);
          EXPECT_EQ(part.flags, &part == &parts.back() ? 0 : AT_NETDEV_MORE);
        }
        EXPECT_TRUE(bytes == Pattern(size, size));
        at_netdev_release(g.dev, parts.data(), parts.size());
      }
      EXPECT_EQ(g.DevStats().rx_frames, 6u);
      EXPECT_EQ(g.DevStats().rx_bytes, 1u + 18 + 4096 + 4097 + 9014 + 65535);
    }
  }
}

TEST(NetfrontOffload, LargeFrames_KeepTheirSegmentSize_AndTheBufferOfTheirExtra) {
  for (unsigned behaviour : {0u, AT_FAKE_NETBACK_TRICKLES}) {
    OffloadGuest g(kAll, behaviour, 20);
    g.Open();
    for (int i = 0; i < 300; ++i) {  // past the end of the ring, in buffers that were given back in another order
      bool ipv6 = i % 3 == 0;
      at_fake_netback_frame about{};
      about.csum_blank = true;
      about.gso_type = ipv6 ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4;
      about.gso_size = static_cast<uint16_t>(100 + i);
      g.Inject(about, Pattern(i % 2 == 0 ? 3000 : 30000, i));
      std::vector<at_netdev_part> parts = g.ReceiveParts();
      ASSERT_EQ(parts.size(), i % 2 == 0 ? 1u : 8u) << i;
      EXPECT_EQ(parts[0].flags & ~AT_NETDEV_MORE, (ipv6 ? kGso6 : kGso4) | AT_NETDEV_CSUM_OK);
      EXPECT_EQ(parts[0].gso_size, 100 + i);
      for (size_t p = 1; p < parts.size(); ++p) {
        EXPECT_EQ(parts[p].flags & ~AT_NETDEV_MORE, 0);
        EXPECT_EQ(parts[p].gso_size, 0);
      }
      std::string bytes;
      for (const at_netdev_part &part : parts) bytes.append(reinterpret_cast<char *>(part.data), part.size);
      ASSERT_TRUE(bytes == Pattern(i % 2 == 0 ? 3000 : 30000, i)) << i;
      for (size_t p = parts.size(); p > 0; --p) at_netdev_release(g.dev, &parts[p - 1], 1);
    }
  }
}

TEST(NetfrontOffload, ChecksumFlags_ArriveAsTheyAreSent) {
  OffloadGuest g(kParts);
  g.Open();
  const struct {
    bool blank, ok;
    uint16_t flags;
  } cases[] = {
      {false, false, 0}, {false, true, AT_NETDEV_CSUM_OK}, {true, false, AT_NETDEV_CSUM_BLANK | AT_NETDEV_CSUM_OK}};
  for (const auto &c : cases) {
    at_fake_netback_frame about{};
    about.csum_blank = c.blank;
    about.csum_ok = c.ok;
    g.Inject(about, Pattern(5000));
    std::vector<at_netdev_part> parts = g.ReceiveParts();
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[0].flags, c.flags | AT_NETDEV_MORE);
    EXPECT_EQ(parts[1].flags, 0);
    at_netdev_release(g.dev, parts.data(), parts.size());
  }
}

TEST(NetfrontOffload, SharedPieces_AreSentWhereTheyLie_AndOthersCopied) {
  for (uint32_t start : {0u, UINT32_MAX - 3}) {
    OffloadGuest g;
    g.config.ring_start = start;
    g.Open();
    std::string header = Pattern(54, 1), body = Pattern(10000, 2), tail = Pattern(20, 3), all = header + body + tail;
    std::vector<at_netdev_piece> pieces = {
        g.Shared(4000, header), g.Shared(3 * 4096 + 100, body), {reinterpret_cast<const uint8_t *>(tail.data()), 20}};
    at_fake_netback_frame about{};
    int cookie;
    ASSERT_EQ(g.SendPieces(pieces, &cookie, kGso4, 1448), AT_OK);
    EXPECT_TRUE(g.Taken(&about) == all);
    EXPECT_EQ(about.part_size, 1u + 3 + 1) << "a page bound cuts, and the copy is a part of its own";
    EXPECT_EQ(about.gso_type, XEN_NETIF_GSO_TYPE_TCPV4);
    EXPECT_EQ(about.gso_size, 1448);
    EXPECT_TRUE(about.csum_blank && about.csum_ok);
    EXPECT_EQ(g.DevStats().tx_copied_bytes, 20u);
    EXPECT_EQ(g.DevStats().tx_bytes, all.size());

    ASSERT_EQ(g.SendPieces(pieces, nullptr, kGso6, 1), AT_OK);
    EXPECT_TRUE(g.Taken(&about) == all);
    EXPECT_EQ(about.part_size, 3u) << "without a cookie all of it is copied, in as few pages as can be";
    EXPECT_EQ(about.gso_type, XEN_NETIF_GSO_TYPE_TCPV6);
    EXPECT_EQ(g.DevStats().tx_copied_bytes, 20u + all.size());
    void *done[2];
    size_t count;
    ASSERT_EQ(at_netdev_tx_done(g.dev, done, 2, &count), AT_OK);
    ASSERT_EQ(count, 1u);
    EXPECT_EQ(done[0], &cookie);
  }
}

TEST(NetfrontOffload, EdgesOfSharedMemory_AreInPlace_AndBeyondThemIsNot) {
  OffloadGuest g;
  g.Open();
  const uint32_t end = kMemoryPages * 4096;
  static uint8_t elsewhere[100];
  const struct {
    const char *what;
    at_netdev_piece piece;
    bool in_place;
  } cases[] = {
      {"the first bytes", {g.memory, 60}, true},
      {"the last bytes", {g.memory + end - 60, 60}, true},
      {"a byte too far", {g.memory + end - 59, 60}, false},
      {"just behind", {g.memory + end, 60}, false},
      {"just before", {g.memory - 60, 60}, false},
      {"a byte before", {g.memory - 1, 60}, false},
      {"elsewhere", {elsewhere, 60}, false},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    int cookie;
    uint64_t before = g.DevStats().tx_copied_bytes;
    ASSERT_EQ(g.SendPieces({c.piece}, &cookie), AT_OK);
    EXPECT_EQ(g.DevStats().tx_copied_bytes - before, c.in_place ? 0u : 60u);
    EXPECT_EQ(g.Taken(), std::string(reinterpret_cast<const char *>(c.piece.data), 60));
    void *done;
    size_t count = 0;
    ASSERT_EQ(at_netdev_tx_done(g.dev, &done, 1, &count), AT_OK);
    EXPECT_EQ(count, 1u);
  }
}

TEST(NetfrontOffload, WithoutParts_OnePieceOfOnePageIsInPlace_AndTheRestCopied) {
  OffloadGuest g(kAll, AT_FAKE_NETBACK_NO_SG);
  g.Open();
  std::string half = Pattern(60);
  const struct {
    std::vector<at_netdev_piece> pieces;
    uint64_t copied;
  } cases[] = {
      {{g.Shared(0, half)}, 0}, {{g.Shared(4096 - 30, half)}, 60}, {{g.Shared(0, half), g.Shared(8192, half)}, 120}};
  for (const auto &c : cases) {
    int cookie;
    at_fake_netback_frame about{};
    uint64_t before = g.DevStats().tx_copied_bytes;
    ASSERT_EQ(g.SendPieces(c.pieces, &cookie), AT_OK);
    EXPECT_EQ(g.DevStats().tx_copied_bytes - before, c.copied);
    EXPECT_TRUE(g.Taken(&about) == (c.pieces.size() == 1 ? half : half + half));
    EXPECT_EQ(about.part_size, 1u);
    void *done;
    size_t count;
    ASSERT_EQ(at_netdev_tx_done(g.dev, &done, 1, &count), AT_OK);
  }
}

// Linux's netback, and so the fake one, drops a frame whose first part is shorter than the Ethernet header.
TEST(NetfrontOffload, EthernetHeaderInPieces_IsBroughtTogether) {
  OffloadGuest g;
  g.Open();
  std::string frame = Pattern(60);
  const std::vector<uint32_t> cuts[] = {{1, 59}, {13, 47}, {14, 46}, {6, 6, 2, 46}, {7, 53}, {1, 1, 1, 57}, {59, 1}};
  for (uint32_t first : {0u, 4096u - 5, 4096u - 13, 4096u - 14}) {
    for (const auto &cut : cuts) {
      std::vector<at_netdev_piece> pieces;
      uint32_t at = 0;
      for (uint32_t size : cut) {
        pieces.push_back(g.Shared(static_cast<uint32_t>(pieces.size()) * 8192 + first, frame.substr(at, size)));
        at += size;
      }
      int cookie;
      uint64_t before = g.DevStats().tx_copied_bytes;
      ASSERT_EQ(g.SendPieces(pieces, &cookie), AT_OK);
      EXPECT_EQ(g.Taken(), frame);
      EXPECT_EQ(g.DevStats().tx_copied_bytes - before, cut[0] >= 14 && (first == 0 || first == 4096 - 14) ? 0u : 14u);
      void *done;
      size_t count;
      ASSERT_EQ(at_netdev_tx_done(g.dev, &done, 1, &count), AT_OK);
    }
  }
}

TEST(NetfrontOffload, LargestFrame_IsSent_AndNoLarger) {
  OffloadGuest g;
  g.Open();
  std::string largest = Pattern(65535);
  int cookie;
  ASSERT_EQ(g.SendPieces({g.Shared(1, largest)}, &cookie, kGso4, 1448), AT_OK);
  EXPECT_TRUE(g.Taken() == largest);
  EXPECT_EQ(g.Send(largest, nullptr, kGso4, 1448), AT_OK);
  EXPECT_TRUE(g.Taken() == largest);
  EXPECT_EQ(g.Send(largest + "x", nullptr, kGso4, 1448), AT_TOO_BIG);
  std::vector<at_netdev_piece> crossing(10, at_netdev_piece{g.memory + 4000, 1000});
  EXPECT_EQ(g.SendPieces(crossing, &cookie, kGso4, 1448), AT_TOO_BIG) << "20 parts";
  crossing.resize(9);
  EXPECT_EQ(g.SendPieces(crossing, &cookie, kGso4, 1448), AT_OK);
}

TEST(NetfrontOffload, RoomThatIsMissing_IsWaitedFor_WithoutSpinning) {
  for (bool in_place : {true, false}) {
    SCOPED_TRACE(in_place);
    OffloadGuest g(kAll, 0, 64, 16, 19);
    g.Open();
    at_fake_netback_freeze(g.back, true);
    std::string large = Pattern(15 * 4096);
    int cookie;
    at_netdev_piece piece = g.Shared(0, large);
    at_netdev_frame frame{&piece, 1, kGso4, 1448, in_place ? &cookie : nullptr};
    ASSERT_EQ(at_netdev_send(g.dev, &frame), AT_OK);
    EXPECT_EQ(at_netdev_send(g.dev, &frame), AT_AGAIN);
    EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_TX), AT_AGAIN) << "there is room, but not for that frame";
    EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_TX, g.Now() + 1000), AT_TIMED_OUT);
    EXPECT_EQ(g.Send(std::string(60, 's')), AT_OK) << "a small one has room";
    EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_TX), in_place ? AT_OK : AT_AGAIN);
    EXPECT_EQ(at_netdev_send(g.dev, &frame), AT_AGAIN);
    at_fake_netback_freeze(g.back, false);
    EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_TX, g.Now() + kSecond), AT_OK);
    EXPECT_EQ(at_netdev_send(g.dev, &frame), AT_OK);
    at_netdev_flush(g.dev);
    EXPECT_TRUE(g.Taken() == large);
  }
}

TEST(NetfrontOffload, FullRingOfLargeFrames_NeverOverruns) {
  OffloadGuest g(kAll, 0, 64, 16, 256);
  g.config.ring_start = UINT32_MAX - 100;
  g.Open();
  at_fake_netback_freeze(g.back, true);
  at_netdev_piece piece{g.memory, 60};
  int cookie, taken = 0;
  at_netdev_frame frame{&piece, 1, kGso4, 1448, &cookie};
  while (at_netdev_send(g.dev, &frame) == AT_OK) ++taken;
  EXPECT_EQ(taken, 128) << "a part and its extra each";
  at_netdev_flush(g.dev);
  EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_TX), AT_AGAIN);
  at_fake_netback_freeze(g.back, false);
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_TX, g.Now() + kSecond), AT_OK);
  void *done[256];
  size_t count = 0;
  g.RunPeers();
  ASSERT_EQ(at_netdev_tx_done(g.dev, done, 256, &count), AT_OK);
  EXPECT_EQ(count, 128u);
}

TEST(NetfrontOffload, FailedParts_AreOneFailedFrame) {
  OffloadGuest g;
  g.Open();
  for (uint64_t i = 1; i <= 5; ++i) {
    at_fake_netback_lie(g.back, AT_FAKE_NETBACK_TX_STATUS, static_cast<uint32_t>(NETIF_RSP_ERROR));
    int cookie;
    ASSERT_EQ(g.SendPieces({g.Shared(0, Pattern(9000))}, &cookie, kGso4, 1448), AT_OK);
    g.RunPeers();
    void *done;
    size_t count = 0;
    ASSERT_EQ(at_netdev_tx_done(g.dev, &done, 1, &count), AT_OK);
    EXPECT_EQ(count, 1u);
    EXPECT_EQ(g.DevStats().dropped[AT_NETDEV_DROP_TX_ERROR], i);
  }
}

}  // namespace
