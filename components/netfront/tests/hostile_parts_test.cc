// SPDX-License-Identifier: ISC
// A back-end that lies about frames in parts and about what goes with them.

#include "components/netfront/tests/guest.h"

#include <xen/io/netif.h>

namespace {

constexpr uint16_t kParts = AT_NETFRONT_SG | AT_NETFRONT_CSUM;
constexpr uint16_t kAll = kParts | AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6;

at_fake_netback_frame Large() {
  at_fake_netback_frame about{};
  about.csum_blank = true;
  about.gso_type = XEN_NETIF_GSO_TYPE_TCPV4;
  about.gso_size = 1448;
  return about;
}

at_status ReceiveUntilTheEnd(Guest *g) {
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  size_t count;
  at_status status = AT_OK;
  for (int i = 0; i < 4 && status == AT_OK; ++i) {
    status = at_netdev_wait(g->dev, AT_NETDEV_RX, g->Now() + kSecond);
    if (status == AT_OK) status = at_netdev_recv(g->dev, parts, AT_NETDEV_PARTS_MAX, &count);
    if (status == AT_OK) at_netdev_release(g->dev, parts, count);
  }
  return status;
}

TEST(NetfrontHostileParts, ReceiveLies_EndTheDevice) {
  const struct {
    const char *what;
    uint16_t features;
    enum at_fake_netback_lie lie;
    uint32_t argument;
  } cases[] = {
      {"extra of no type", kAll, AT_FAKE_NETBACK_RX_EXTRA_TYPE, XEN_NETIF_EXTRA_TYPE_NONE},
      {"extra that is a multicast filter's", kAll, AT_FAKE_NETBACK_RX_EXTRA_TYPE, XEN_NETIF_EXTRA_TYPE_MCAST_ADD},
      {"extra that is a hash", kAll, AT_FAKE_NETBACK_RX_EXTRA_TYPE, XEN_NETIF_EXTRA_TYPE_HASH},
      {"extra of an unknown type", kAll, AT_FAKE_NETBACK_RX_EXTRA_TYPE, 255},
      {"extra that says that more follow", kAll, AT_FAKE_NETBACK_RX_EXTRA_FLAGS, XEN_NETIF_EXTRA_FLAG_MORE},
      {"extra with unknown flags", kAll, AT_FAKE_NETBACK_RX_EXTRA_FLAGS, 0x80},
      {"segments of no protocol", kAll, AT_FAKE_NETBACK_RX_GSO_TYPE, XEN_NETIF_GSO_TYPE_NONE},
      {"segments of an unknown protocol", kAll, AT_FAKE_NETBACK_RX_GSO_TYPE, 3},
      {"the last protocol", kAll, AT_FAKE_NETBACK_RX_GSO_TYPE, 255},
      {"a protocol 32 places above the first", kAll, AT_FAKE_NETBACK_RX_GSO_TYPE, 32 + XEN_NETIF_GSO_TYPE_TCPV4},
      {"segments of no bytes", kAll, AT_FAKE_NETBACK_RX_GSO_SIZE, 0},
      {"segments over IPv6, not asked for", kParts | AT_NETFRONT_GSO4, AT_FAKE_NETBACK_RX_GSO_TYPE,
       XEN_NETIF_GSO_TYPE_TCPV6},
      {"extra without extras negotiated", kParts, AT_FAKE_NETBACK_RX_FLAGS, NETRXF_extra_info},
      {"id past the buffers", kAll, AT_FAKE_NETBACK_RX_ID, 64},
      {"the same answer twice", kAll, AT_FAKE_NETBACK_RX_TWICE, 0},
      {"a part that leaves its page", kAll, AT_FAKE_NETBACK_RX_STATUS, 4097},
      {"an offset that moves a part out of its page", kAll, AT_FAKE_NETBACK_RX_OFFSET, 1},
  };
  for (unsigned behaviour : {0u, AT_FAKE_NETBACK_TRICKLES}) {
    for (const auto &c : cases) {
      SCOPED_TRACE(c.what);
      Guest g(64, 32);
      g.Want(c.features);
      g.Connect(behaviour);
      g.front_may_be_wrong = true;
      at_fake_netback_lie(g.back, c.lie, c.argument);
      g.Inject(c.features & AT_NETFRONT_GSO4 ? Large() : at_fake_netback_frame{}, std::string(9000, 'l'));
      EXPECT_EQ(ReceiveUntilTheEnd(&g), AT_PROTOCOL);
      EXPECT_EQ(g.FrontStats().protocol_errors, 1u);
      EXPECT_EQ(g.Send(std::string(60, 's')), AT_PROTOCOL);
    }
  }
}

// The flag of an extra is believed of a frame's first part only.
TEST(NetfrontHostileParts, ExtraOnALaterPart_EndsTheDevice) {
  Guest g(64, 32);
  g.Want(kAll);
  g.Connect(AT_FAKE_NETBACK_TRICKLES);
  g.Inject(at_fake_netback_frame{}, std::string(8000, 'l'));  // two parts: nothing comes after the lie
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  size_t count = 1;
  ASSERT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
  ASSERT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
  EXPECT_EQ(count, 0u) << "a frame that has only begun is not handed out";
  at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_FLAGS, NETRXF_extra_info);
  EXPECT_EQ(ReceiveUntilTheEnd(&g), AT_PROTOCOL);
}

// Nothing comes after it that could be wrong in its place.
TEST(NetfrontHostileParts, ExtraThatWasNotAskedFor_EndsTheDeviceByItself) {
  Guest g(64, 32);
  g.Want(kParts);
  g.Connect();
  g.front_may_be_wrong = true;
  at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_FLAGS, NETRXF_extra_info);
  g.Inject("a frame in one part");
  EXPECT_EQ(ReceiveUntilTheEnd(&g), AT_PROTOCOL);
}

// Writes zeroes where the variables of the next call will be: in that of recv() they are a sound answer of no bytes.
__attribute__((noinline)) void ClearStackBelow() {
  volatile uint8_t below[8192];
  for (volatile uint8_t &byte : below) byte = 0;
}

// Where the ring is broken no answer was copied, and none is taken.
TEST(NetfrontHostileParts, BrokenRing_IsNotTakenFrom) {
  for (uint16_t features : {uint16_t{0}, kAll}) {
    SCOPED_TRACE(features);
    Guest g(64, 32);
    if (features != 0) g.Want(features);
    g.Connect();
    g.front_may_be_wrong = true;
    reinterpret_cast<netif_rx_sring *>(g.front.ring_pages[0].page)->rsp_prod += 256;
    at_netdev_part parts[AT_NETDEV_PARTS_MAX];
    size_t count = 1;
    ClearStackBelow();
    EXPECT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_PROTOCOL);
    EXPECT_EQ(count, 0u);
    EXPECT_EQ(g.DevStats().dropped[AT_NETDEV_DROP_RX_EMPTY], 0u);
  }
}

TEST(NetfrontHostileParts, AnswersForAWholeRing_EndTheDevice) {
  Guest g(64, 32);
  g.Want(kAll);
  g.Connect();
  g.front_may_be_wrong = true;
  at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_PRODUCER, 256);
  g.Inject("one answer");
  EXPECT_EQ(ReceiveUntilTheEnd(&g), AT_PROTOCOL);
}

// Extra information uses up the buffer that was offered in its place, whichever that is: answers may come in any order.
TEST(NetfrontHostileParts, ExtraInTheBufferOfAHeldFrame_EndsTheDevice) {
  Guest g(64, 32);
  g.Want(kAll);
  g.Connect();
  g.front_may_be_wrong = true;
  at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_ID, 2);
  g.Inject("answered before its turn");
  std::vector<at_netdev_part> held = g.ReceiveParts();
  ASSERT_EQ(held.size(), 1u);
  ASSERT_EQ(held[0].token, 2u);
  g.Inject(Large(), std::string(1000, 'l'));  // its part in place 1, the extra in place 2
  EXPECT_EQ(ReceiveUntilTheEnd(&g), AT_PROTOCOL);
  at_netdev_release(g.dev, held.data(), 1);
}

// The parts that came fill all that recv() has room for, and the frame goes on.
TEST(NetfrontHostileParts, TooManyParts_AreDroppedWithTheLeastRoom) {
  Guest g(64, 32);
  g.Want(AT_NETFRONT_SG);
  g.Connect();
  at_fake_netback_frame about{};
  about.part_size = 1;
  g.Inject(about, std::string(AT_NETDEV_PARTS_MAX + 3, 'p'));
  g.Inject("the next");
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  size_t count = 0;
  for (int i = 0; i < 4 && count == 0; ++i) {
    ASSERT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
    ASSERT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
  }
  ASSERT_EQ(count, 1u);
  EXPECT_EQ(std::string(reinterpret_cast<char *>(parts[0].data), parts[0].size), "the next");
  EXPECT_EQ(g.DevStats().dropped[AT_NETDEV_DROP_RX_PARTS], 1u);
  at_netdev_release(g.dev, parts, 1);
}

TEST(NetfrontHostileParts, FlagsOfALaterPart_MeanNothing) {
  Guest g(64, 32);
  g.Want(kAll);
  g.Connect(AT_FAKE_NETBACK_TRICKLES);
  g.Inject(at_fake_netback_frame{}, std::string(8000, 'l'));
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  size_t count = 1;
  ASSERT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
  ASSERT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
  ASSERT_EQ(count, 0u);
  at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_FLAGS, NETRXF_csum_blank | NETRXF_data_validated);
  std::vector<at_netdev_part> frame = g.ReceiveParts();
  ASSERT_EQ(frame.size(), 2u);
  EXPECT_EQ(frame[0].flags, AT_NETDEV_MORE);
  EXPECT_EQ(frame[1].flags, 0);
  at_netdev_release(g.dev, frame.data(), 2);
}

TEST(NetfrontHostileParts, UselessFrames_AreDroppedWhole_CountedOnce_AndTheirBuffersComeBack) {
  const struct {
    const char *what;
    uint16_t features;
    at_fake_netback_frame about;
    size_t size;
    enum at_fake_netback_lie lie;
    uint32_t argument;
    at_netdev_drop reason;
  } cases[] = {
      {"19 parts",
       kAll,
       {nullptr, 0, 1, false, false, 0, 0, 0},
       19,
       AT_FAKE_NETBACK_HONEST,
       0,
       AT_NETDEV_DROP_RX_PARTS},
      {"60 parts",
       kAll,
       {nullptr, 0, 1, false, false, 0, 0, 0},
       60,
       AT_FAKE_NETBACK_HONEST,
       0,
       AT_NETDEV_DROP_RX_PARTS},
      {"a failed part of a large frame", kAll, Large(), 9000, AT_FAKE_NETBACK_RX_STATUS,
       static_cast<uint32_t>(NETIF_RSP_ERROR), AT_NETDEV_DROP_RX_ERROR},
      {"a large frame that is no frame", kAll, Large(), 0, AT_FAKE_NETBACK_HONEST, 0, AT_NETDEV_DROP_RX_EMPTY},
      {"an empty frame", kAll, {}, 0, AT_FAKE_NETBACK_HONEST, 0, AT_NETDEV_DROP_RX_EMPTY},
      {"a checksum left open, not asked for",
       AT_NETFRONT_SG,
       {},
       100,
       AT_FAKE_NETBACK_RX_FLAGS,
       NETRXF_csum_blank,
       AT_NETDEV_DROP_RX_CHECKSUM},
      {"parts, not asked for",
       AT_NETFRONT_CSUM,
       {},
       100,
       AT_FAKE_NETBACK_RX_FLAGS,
       NETRXF_more_data,
       AT_NETDEV_DROP_RX_PARTS},
  };
  for (unsigned behaviour : {0u, AT_FAKE_NETBACK_TRICKLES}) {
    for (const auto &c : cases) {
      SCOPED_TRACE(c.what);
      Guest g(64, 32);
      g.Want(c.features);
      g.Connect(behaviour);
      for (uint64_t i = 1; i <= 12; ++i) {
        at_fake_netback_lie(g.back, c.lie, c.argument);
        g.Inject(c.about, std::string(c.size, 'u'));
        if (c.lie == AT_FAKE_NETBACK_RX_FLAGS && c.argument == NETRXF_more_data) g.Inject("its last part");
        g.Inject("the next");
        ASSERT_EQ(g.Receive(), "the next");
        EXPECT_EQ(g.DevStats().dropped[c.reason], i);
      }
      EXPECT_EQ(g.DevStats().rx_frames, 12u);
    }
  }
}

// The failure comes when parts of the frame lie with the driver already.
TEST(NetfrontHostileParts, FailureOfTheLastPart_DropsThoseBefore) {
  Guest g(19, 32);
  g.Want(AT_NETFRONT_SG);
  g.Connect(AT_FAKE_NETBACK_TRICKLES);
  for (uint64_t i = 1; i <= 20; ++i) {
    g.Inject(at_fake_netback_frame{}, std::string(3 * 4096, 'l'));
    at_netdev_part parts[AT_NETDEV_PARTS_MAX];
    size_t count = 1;
    for (int taken = 0; taken < 2; ++taken) {
      ASSERT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
      ASSERT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
      ASSERT_EQ(count, 0u);
    }
    at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_STATUS, static_cast<uint32_t>(NETIF_RSP_ERROR));
    g.Inject("the next");
    ASSERT_EQ(g.Receive(), "the next");
    EXPECT_EQ(g.DevStats().dropped[AT_NETDEV_DROP_RX_ERROR], i);
  }
}

TEST(NetfrontHostileParts, TransmitLies_EndTheDevice) {
  const struct {
    const char *what;
    bool large;
    enum at_fake_netback_lie lie;
    uint32_t argument;
  } cases[] = {
      {"answer to an extra that was not sent", false, AT_FAKE_NETBACK_TX_STATUS, NETIF_RSP_NULL},
      {"second answer to the only extra", true, AT_FAKE_NETBACK_TX_STATUS, NETIF_RSP_NULL},
      {"the same part twice", true, AT_FAKE_NETBACK_TX_TWICE, 0},
      {"id of a slot that is not in the ring", true, AT_FAKE_NETBACK_TX_ID, 31},
      {"id past the slots", true, AT_FAKE_NETBACK_TX_ID, 32},
  };
  for (uint32_t start : {0u, UINT32_MAX}) {
    for (const auto &c : cases) {
      SCOPED_TRACE(c.what);
      Guest g(64, 16, 32);
      g.Want(kAll);
      g.config.ring_start = start;
      g.Connect();
      g.front_may_be_wrong = true;
      at_fake_netback_lie(g.back, c.lie, c.argument);
      ASSERT_EQ(g.Send(std::string(9000, 'l').substr(0, c.large ? 9000 : 1000), nullptr,
                       c.large ? AT_NETDEV_GSO4 | AT_NETDEV_CSUM_BLANK : 0, c.large ? 1448 : 0),
                AT_OK);
      g.RunPeers();
      at_status status = AT_OK;
      for (int i = 0; i < 4 && status == AT_OK; ++i) status = at_netdev_wait(g.dev, AT_NETDEV_TX, 0);
      EXPECT_EQ(status, AT_PROTOCOL) << at_status_name(status);
    }
  }
}

// The bad answer is found when the user is about to sleep: it must not.
TEST(NetfrontHostileParts, LieThatAWaitFinds_EndsTheWait) {
  for (bool arm : {false, true}) {
    SCOPED_TRACE(arm);
    Guest g(64, 16, 32);
    g.Connect();
    g.front_may_be_wrong = true;
    at_fake_netback_lie(g.back, AT_FAKE_NETBACK_TX_ID, 31);
    ASSERT_EQ(g.Send(std::string(60, 's')), AT_OK);
    g.RunPeers();
    if (arm) {
      EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_DONE), AT_PROTOCOL);
    } else {
      const uint64_t start = g.Now();
      EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_DONE, start + 100 * kSecond), AT_PROTOCOL);
      EXPECT_LT(g.Now(), start + kSecond);
    }
  }
}

}  // namespace
