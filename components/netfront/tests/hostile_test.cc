// SPDX-License-Identifier: ISC
// A back-end that lies. Whatever it writes costs the device at most: the call that reads it says AT_PROTOCOL, every
// later one does, the guest lives, and closing gets everything back. What is merely a lost frame is counted and goes
// on.

#include "components/netfront/tests/guest.h"

#include <xen/io/netif.h>

namespace {

constexpr uint16_t kRx = 8, kTx = 4;
const std::string kFrame(60, 'f');

void ExpectEnded(Guest *g, at_status why) {
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  void *cookie;
  size_t count = 7;
  EXPECT_EQ(at_netdev_recv(g->dev, parts, AT_NETDEV_PARTS_MAX, &count), why);
  EXPECT_EQ(count, 0u);
  count = 7;
  EXPECT_EQ(at_netdev_tx_done(g->dev, &cookie, 1, &count), why);
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(g->Send(kFrame), why);
  EXPECT_EQ(g->Send(""), why) << "the frame is not looked at";
  EXPECT_EQ(at_netdev_arm(g->dev, AT_NETDEV_RX | AT_NETDEV_TX), why);
  const uint64_t start = g->Now();
  EXPECT_EQ(at_netdev_wait(g->dev, AT_NETDEV_RX, start + 100 * kSecond), why);
  EXPECT_LT(g->Now(), start + kSecond) << "it does not sleep";
  EXPECT_EQ(at_netdev_wait(g->dev, AT_NETDEV_RX | AT_NETDEV_TX, AT_NEVER), why);
  EXPECT_EQ(g->FrontStats().protocol_errors, 1u);
}

// Receives until the device ends, at most three times, and returns why; what was received is not released.
at_status ReceiveUntilTheEnd(Guest *g) {
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  size_t count;
  at_status status = AT_OK;
  for (int i = 0; i < 3 && status == AT_OK; ++i) {
    status = at_netdev_wait(g->dev, AT_NETDEV_RX, g->Now() + kSecond);
    if (status == AT_OK) status = at_netdev_recv(g->dev, parts, AT_NETDEV_PARTS_MAX, &count);
  }
  return status;
}

TEST(NetfrontHostile, ReceiveLies_EndTheDevice) {
  const struct {
    const char *what;
    enum at_fake_netback_lie lie;
    uint32_t argument;
  } cases[] = {
      {"id just past the buffers", AT_FAKE_NETBACK_RX_ID, kRx},
      {"id far past the buffers", AT_FAKE_NETBACK_RX_ID, 0xffff},
      {"id of a frame that the user holds", AT_FAKE_NETBACK_RX_ID, 0},
      {"the same answer twice", AT_FAKE_NETBACK_RX_TWICE, 0},
      {"frame that ends a byte past the page", AT_FAKE_NETBACK_RX_STATUS, 4097},
      {"longest size", AT_FAKE_NETBACK_RX_STATUS, 32767},
      {"offset that moves the end past the page", AT_FAKE_NETBACK_RX_OFFSET, 4096 - 60 + 1},
      {"offset past the page", AT_FAKE_NETBACK_RX_OFFSET, 4096},
      {"offset that wraps 16 bits", AT_FAKE_NETBACK_RX_OFFSET, 0xffff},
      {"extra information", AT_FAKE_NETBACK_RX_FLAGS, NETRXF_extra_info},
      {"one answer too many", AT_FAKE_NETBACK_RX_PRODUCER, kRx},
      {"answers for a whole ring", AT_FAKE_NETBACK_RX_PRODUCER, 256},
      {"answers for half of all indices", AT_FAKE_NETBACK_RX_PRODUCER, 0x80000000u},
      {"an index that goes back", AT_FAKE_NETBACK_RX_PRODUCER, static_cast<uint32_t>(-2)},
  };
  for (uint32_t start : {0u, UINT32_MAX - 2}) {
    for (const auto &c : cases) {
      SCOPED_TRACE(std::string(c.what) + " from index " + std::to_string(start));
      Guest g(kRx, kTx);
      g.config.ring_start = start;
      g.Connect();
      g.front_may_be_wrong = true;
      ASSERT_EQ(g.Send(kFrame), AT_OK);  // the record after the last receive buffer says that it is in the ring
      g.Inject(kFrame);
      std::vector<at_netdev_part> held = g.ReceiveParts();
      ASSERT_EQ(held.size(), 1u);
      ASSERT_EQ(held[0].token, 0u) << "the case of the held frame relies on it";

      at_fake_netback_lie(g.back, c.lie, c.argument);
      g.Inject(kFrame);
      at_status status = ReceiveUntilTheEnd(&g);
      EXPECT_EQ(status, AT_PROTOCOL) << at_status_name(status);
      ExpectEnded(&g, AT_PROTOCOL);
      EXPECT_EQ(std::string(reinterpret_cast<char *>(held[0].data), held[0].size), kFrame) << "stays readable";
      at_netdev_release(g.dev, held.data(), 1);
    }
  }
}

TEST(NetfrontHostile, TransmitLies_EndTheDevice) {
  const struct {
    const char *what;
    enum at_fake_netback_lie lie;
    uint32_t argument;
  } cases[] = {
      {"id just past the buffers", AT_FAKE_NETBACK_TX_ID, kTx},
      {"id far past the buffers", AT_FAKE_NETBACK_TX_ID, 0xffff},
      {"id of a buffer that was never sent", AT_FAKE_NETBACK_TX_ID, kTx - 1},
      {"the same answer twice", AT_FAKE_NETBACK_TX_TWICE, 0},
      {"the status of an extra slot", AT_FAKE_NETBACK_TX_STATUS, NETIF_RSP_NULL},
      {"a status above the known ones", AT_FAKE_NETBACK_TX_STATUS, 2},
      {"a status below the known ones", AT_FAKE_NETBACK_TX_STATUS, static_cast<uint32_t>(-3)},
      {"the lowest status", AT_FAKE_NETBACK_TX_STATUS, 0x8000},
      {"one answer too many", AT_FAKE_NETBACK_TX_PRODUCER, 1},
      {"answers for half of all indices", AT_FAKE_NETBACK_TX_PRODUCER, 0x80000000u},
      {"an index that goes back", AT_FAKE_NETBACK_TX_PRODUCER, static_cast<uint32_t>(-2)},
  };
  for (uint32_t start : {0u, UINT32_MAX}) {
    for (const auto &c : cases) {
      SCOPED_TRACE(std::string(c.what) + " from index " + std::to_string(start));
      Guest g(kRx, kTx);
      g.config.ring_start = start;
      g.Connect();
      g.front_may_be_wrong = true;
      at_fake_netback_lie(g.back, c.lie, c.argument);
      ASSERT_EQ(g.Send(kFrame), AT_OK);
      g.RunPeers();
      at_status status = AT_OK;
      for (int i = 0; i < 4 && status == AT_OK; ++i) status = at_netdev_wait(g.dev, AT_NETDEV_TX, 0);
      EXPECT_EQ(status, AT_PROTOCOL) << at_status_name(status);
      ExpectEnded(&g, AT_PROTOCOL);
    }
  }
}

TEST(NetfrontHostile, GoodFramesBeforeALie_AreDelivered) {
  Guest g(kRx, kTx);
  g.Connect();
  g.front_may_be_wrong = true;
  g.Inject(kFrame);
  g.RunPeers();
  at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_ID, 0xffff);
  g.Inject(kFrame);
  g.RunPeers();
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  size_t count = 0;
  EXPECT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
  EXPECT_EQ(count, 1u);
  at_netdev_release(g.dev, parts, count);
  EXPECT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_PROTOCOL);
}

TEST(NetfrontHostile, LostFrames_AreCountedByReason_AndTheirBuffersComeBack) {
  const struct {
    const char *what;
    enum at_fake_netback_lie lie;
    uint32_t argument;
    at_netdev_drop reason;
  } cases[] = {
      {"failed", AT_FAKE_NETBACK_RX_STATUS, static_cast<uint32_t>(NETIF_RSP_ERROR), AT_NETDEV_DROP_RX_ERROR},
      {"dropped", AT_FAKE_NETBACK_RX_STATUS, static_cast<uint32_t>(NETIF_RSP_DROPPED), AT_NETDEV_DROP_RX_ERROR},
      {"unknown error", AT_FAKE_NETBACK_RX_STATUS, 0x8000, AT_NETDEV_DROP_RX_ERROR},
      {"empty", AT_FAKE_NETBACK_RX_STATUS, 0, AT_NETDEV_DROP_RX_EMPTY},
      {"checksum left open", AT_FAKE_NETBACK_RX_FLAGS, NETRXF_csum_blank | NETRXF_data_validated,
       AT_NETDEV_DROP_RX_CHECKSUM},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    Guest g(2, 1);
    g.Connect();
    for (uint64_t i = 1; i <= 6; ++i) {
      at_fake_netback_lie(g.back, c.lie, c.argument);
      g.Inject(kFrame);
      g.Inject("the next");
      EXPECT_EQ(g.Receive(), "the next");
      EXPECT_EQ(g.DevStats().dropped[c.reason], i);
    }
    EXPECT_EQ(g.DevStats().rx_frames, 6u);
  }
}

TEST(NetfrontHostile, FrameInParts_IsDroppedWhole_AndCountedOnce) {
  Guest g(4, 1);
  g.Connect();
  at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_FLAGS, NETRXF_more_data);
  g.Inject("its first part");
  g.Inject("its last part");
  g.Inject("another frame");
  EXPECT_EQ(g.Receive(), "another frame");
  EXPECT_EQ(g.DevStats().dropped[AT_NETDEV_DROP_RX_PARTS], 1u);
  EXPECT_EQ(g.DevStats().rx_frames, 1u);
}

TEST(NetfrontHostile, FailedTransmits_AreCounted_AndTheirBuffersComeBack) {
  for (int error : {NETIF_RSP_ERROR, NETIF_RSP_DROPPED}) {
    Guest g(1, 2);
    g.Connect();
    for (uint64_t i = 1; i <= 6; ++i) {
      at_fake_netback_lie(g.back, AT_FAKE_NETBACK_TX_STATUS, static_cast<uint32_t>(error));
      ASSERT_EQ(g.Send(kFrame), AT_OK);
      g.RunPeers();
    }
    EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_TX), AT_OK);
    EXPECT_EQ(g.DevStats().dropped[AT_NETDEV_DROP_TX_ERROR], 6u);
  }
}

// The answer lies there unread when the next frame needs its slot.
TEST(NetfrontHostile, TransmitLieThatTheNextFrameFinds_EndsTheDevice) {
  Guest g(kRx, 1);
  g.Connect();
  g.front_may_be_wrong = true;
  at_fake_netback_lie(g.back, AT_FAKE_NETBACK_TX_ID, 0xffff);
  ASSERT_EQ(g.Send(kFrame), AT_OK);
  g.RunPeers();
  EXPECT_EQ(g.Send(kFrame), AT_PROTOCOL);
  ExpectEnded(&g, AT_PROTOCOL);
}

// No event told of it.
TEST(NetfrontHostile, TransmitIndexThatANewFrameFinds_EndsTheDevice) {
  Guest g(kRx, kTx);
  g.Connect();
  g.front_may_be_wrong = true;
  reinterpret_cast<netif_tx_sring *>(g.front.ring_pages[1].page)->rsp_prod += 1;
  EXPECT_EQ(g.Send(kFrame), AT_PROTOCOL);
  ExpectEnded(&g, AT_PROTOCOL);
}

TEST(NetfrontHostile, BackendStateThatIsNone_EndsTheDevice) {
  for (const char *state : {"", "7x", "4294967296"}) {
    SCOPED_TRACE(state);
    Guest g(kRx, kTx);
    g.Connect();
    at_fake_xenstored_write(g.server, (std::string(at_netfront_backend(&g.front)) + "/state").c_str(), state);
    at_status status = AT_OK;
    for (int i = 0; i < 4 && status == AT_OK; ++i) status = at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond);
    EXPECT_EQ(status, AT_PROTOCOL) << at_status_name(status);
  }
}

TEST(NetfrontHostile, FrameAtAnOffset_IsFoundThere) {
  Guest g(1, 1);
  g.Connect();
  g.Inject(std::string(4096 - 60, 'a') + std::string(60, 'z'));
  EXPECT_EQ(g.Receive().size(), 4096u);
  at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_OFFSET, 4096 - 60);
  g.Inject(kFrame);
  EXPECT_EQ(g.Receive(), std::string(60, 'z')) << "what is at the end of the page, and not what was written now";
}

TEST(NetfrontHostile, MisuseByTheUser_EndsTheProgram) {
  Guest g(kRx, kTx);
  g.Connect();
  at_netdev_part part{};
  EXPECT_DEATH(at_netdev_release(g.dev, &part, 1), "part_is_held") << "in the ring";
  g.buffers[kRx].owner = 2;
  part.token = kRx;  // the record there looks held, but it is not one to receive
  EXPECT_DEATH(at_netdev_release(g.dev, &part, 1), "part_is_held");
}

TEST(NetfrontHostile, RoomForLessThanAFrame_EndsTheProgram) {
  Guest g(32, 32);
  g.Want(AT_NETFRONT_SG);
  g.Connect();
  at_netdev_part few[AT_NETDEV_PARTS_MAX - 1];
  size_t count;
  EXPECT_DEATH((void)at_netdev_recv(g.dev, few, AT_NETDEV_PARTS_MAX - 1, &count), "capacity");
}

}  // namespace
