// SPDX-License-Identifier: ISC
// Closing: by us, by the back-end, and against one that does not let go.

#include "components/netfront/tests/guest.h"

#include <xen/errno.h>

namespace {

TEST(NetfrontClose, Close_WalksToClosedWithTheBackend_AndGivesEverythingBack) {
  Guest g;
  g.Connect();
  EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
  EXPECT_EQ(g.Node("/local/domain/5/device/vif/0/state"), "6");
  EXPECT_EQ(g.Node("/local/domain/0/backend/vif/5/0/state"), "6");
  g.ExpectNothingLeft();
}

TEST(NetfrontClose, NeverOpenedOrClosedTwice_IsHarmless) {
  Guest g;
  EXPECT_EQ(at_netfront_close(&g.front, 0), AT_OK);
  g.Connect();
  EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
  uint32_t round_trips = g.RoundTrips();
  EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
  EXPECT_EQ(g.RoundTrips(), round_trips);
}

TEST(NetfrontClose, HeldParts_AreGivenBackToo_AndFramesUnderWay) {
  Guest g;
  g.Share();
  g.Connect();
  for (int i = 0; i < 4; ++i) g.Inject("a frame that stays with its user");
  EXPECT_EQ(g.ReceiveParts().size(), 1u);
  at_fake_netback_freeze(g.back, true);
  int cookie;
  at_netdev_piece piece{g.memory, 60};
  EXPECT_EQ(g.SendPieces({piece}, &cookie), AT_OK);
  EXPECT_EQ(g.Send(std::string(60, 's')), AT_OK);
  at_fake_netback_freeze(g.back, false);
  EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
  g.ExpectNothingLeft();
}

TEST(NetfrontClose, CallsAfterwards_SayClosed) {
  Guest g;
  g.Connect();
  ASSERT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  void *cookie;
  size_t count = 1;
  EXPECT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_CLOSED);
  EXPECT_EQ(at_netdev_tx_done(g.dev, &cookie, 1, &count), AT_CLOSED);
  EXPECT_EQ(g.Send(std::string(60, 's')), AT_CLOSED);
  EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX), AT_CLOSED);
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, AT_NEVER), AT_CLOSED);
}

TEST(NetfrontClose, PartReleasedAfterwards_TouchesNoPageThatWasGivenBack) {
  Guest g;
  g.Connect();
  g.Inject("held");
  std::vector<at_netdev_part> parts = g.ReceiveParts();
  ASSERT_EQ(parts.size(), 1u);
  uint8_t *ring = g.front.ring_pages[0].page;
  ASSERT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
  memset(ring, 0x77, 4096);  // somebody else's now
  at_netdev_release(g.dev, parts.data(), 1);
  at_netdev_flush(g.dev);
  for (int i = 0; i < 4096; ++i) ASSERT_EQ(ring[i], 0x77) << i;
}

TEST(NetfrontClose, PortThatXenDoesNotClose_KeepsTheDevice_ForAnotherTry) {
  int refused = 0;
  for (uint32_t nth = 1; nth <= 12; ++nth) {
    SCOPED_TRACE(nth);
    Guest g;
    g.Connect();
    at_fake_xen_fail(g.xen, __HYPERVISOR_event_channel_op, nth, false, XEN_EINVAL);
    at_status status = at_netfront_close(&g.front, g.Now() + kSecond);
    at_fake_xen_fail(g.xen, 0, 0, false, 0);
    if (status != AT_OK) {
      ++refused;
      EXPECT_EQ(at_netfront_open(&g.front, &g.config), AT_INVALID);
      EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
    }
    g.ExpectNothingLeft();
  }
  EXPECT_GT(refused, 0);
}

TEST(NetfrontClose, BackendThatKeepsItsMaps_QuarantinesThePages_UntilItLetsGo) {
  Guest g;
  g.Connect(AT_FAKE_NETBACK_KEEPS_MAPS);
  EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_BUSY);
  EXPECT_EQ(g.FrontStats().quarantined_pages, 2u) << "both rings";
  EXPECT_EQ(at_fake_xen_grants_in_use(g.xen, kGuest), 2u) << "and nothing else";
  EXPECT_EQ(at_netfront_open(&g.front, &g.config), AT_INVALID);
  EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_BUSY) << "still";
  EXPECT_EQ(g.FrontStats().quarantined_pages, 2u);
  at_fake_netback_let_go(g.back);
  EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
  EXPECT_EQ(g.FrontStats().quarantined_pages, 0u);
  g.ExpectNothingLeft();
}

TEST(NetfrontClose, BackendThatNeverCloses_IsWaitedForUntilTheDeadline) {
  Guest g;
  g.Connect(AT_FAKE_NETBACK_NEVER_CLOSES);
  uint64_t start = g.Now();
  EXPECT_EQ(at_netfront_close(&g.front, start + kSecond), AT_BUSY);
  EXPECT_LE(g.Now(), start + 2 * kSecond);
  EXPECT_EQ(g.FrontStats().quarantined_pages, 2u);
  at_fake_netback_let_go(g.back);
}

TEST(NetfrontClose, MappedBuffer_IsQuarantinedAlone) {
  for (bool send : {true, false}) {
    SCOPED_TRACE(send ? "a page to send" : "a page to receive");
    Guest g;
    g.Connect(AT_FAKE_NETBACK_KEEPS_MAPS);
    at_fake_netback_hold(g.back);
    if (send) {
      EXPECT_EQ(g.Send(std::string(60, 's')), AT_OK);
      EXPECT_EQ(g.Taken(), std::string(60, 's'));
    } else {
      g.Inject("received");
      EXPECT_EQ(g.Receive(), "received");
    }
    EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_BUSY);
    EXPECT_EQ(g.FrontStats().quarantined_pages, 3u) << "two rings and that page";
    at_fake_netback_let_go(g.back);
  }
}

TEST(NetfrontClose, MappedSharedMemory_IsQuarantined_WithItsGrants) {
  Guest g;
  g.Share();
  g.Connect(AT_FAKE_NETBACK_KEEPS_MAPS);
  at_fake_netback_hold(g.back);
  int cookie;
  memset(g.memory + 4096, 's', 60);
  EXPECT_EQ(g.SendPieces({{g.memory + 4096, 60}}, &cookie), AT_OK);
  EXPECT_EQ(g.Taken(), std::string(60, 's'));
  EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_BUSY);
  EXPECT_EQ(g.FrontStats().quarantined_pages, 3u) << "two rings and that page";
  EXPECT_EQ(at_fake_xen_grants_in_use(g.xen, kGuest), 3u);
  EXPECT_NE(g.memory_grants[1], 0u);
  at_fake_netback_let_go(g.back);
  EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
  g.ExpectNothingLeft();
}

TEST(NetfrontClose, BackendThatLeaves_IsNoticedByAWaiter) {
  Guest g;
  g.Connect();
  at_fake_netback_close(g.back);
  at_status status = AT_OK;
  for (int i = 0; i < 4 && status == AT_OK; ++i) status = at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond);
  EXPECT_EQ(status, AT_CLOSED);
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  size_t count = 1;
  EXPECT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_CLOSED) << "and stays so";
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
}

TEST(NetfrontClose, BackendThatLeaves_IsNoticed_EvenIfTheStoreFailsOnce) {
  Guest g;
  g.Connect();
  at_fake_xenstored_fail(g.server, 0, "EIO");
  at_fake_netback_close(g.back);
  g.RunPeers();  // all of it has happened before the guest looks: no later event will remind it
  at_status status = AT_OK;
  for (int i = 0; i < 8 && status != AT_CLOSED; ++i) status = at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + 1000);
  EXPECT_EQ(status, AT_CLOSED);
}

TEST(NetfrontClose, BackendThatLeaves_WhileTheGuestAsksTheStore_IsNoticedByTheNextWait) {
  Guest g;
  g.Connect();
  at_fake_netback_close(g.back);
  g.RunPeers();
  char name[16];
  size_t size;
  EXPECT_EQ(at_xenstore_read(&g.store, name, sizeof name, &size, 0, "name", g.Now() + kSecond), AT_OK)
      << "in here the news arrives, and nobody sleeps in the device whom it could wake";
  at_xen_events_dispatch(&g.events);
  const uint64_t start = g.Now();
  at_status status = AT_OK;
  for (int i = 0; i < 4 && status == AT_OK; ++i) status = at_netdev_wait(g.dev, AT_NETDEV_RX, start + 100 * kSecond);
  EXPECT_EQ(status, AT_CLOSED);
  EXPECT_LT(g.Now(), start + kSecond) << "it slept on what it had been told already";
}

TEST(NetfrontClose, DeviceThatTheToolstackRemoves_IsClosed) {
  Guest g;
  g.Connect(AT_FAKE_NETBACK_KEEPS_MAPS);
  at_fake_xenstored_remove(g.server, "/local/domain/0/backend/vif/5/0");
  at_status status = AT_OK;
  for (int i = 0; i < 4 && status == AT_OK; ++i) status = at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond);
  EXPECT_EQ(status, AT_CLOSED);
  at_fake_netback_let_go(g.back);
}

TEST(NetfrontClose, DeviceThatWasTakenAway_OpensAgain_WhenItIsGivenBack) {
  Guest g;
  g.Share();
  g.Connect();
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    int cookie;
    g.Inject("a frame");
    EXPECT_EQ(g.Receive(), "a frame");
    EXPECT_EQ(g.SendPieces({{g.memory, 60}}, &cookie), AT_OK);
    EXPECT_EQ(g.Taken().size(), 60u);
    EXPECT_TRUE(at_netfront_has_carrier(&g.front));
    at_fake_netback_close(g.back);
    at_status status = AT_OK;
    for (int i = 0; i < 4 && status == AT_OK; ++i) status = at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond);
    EXPECT_EQ(status, AT_CLOSED);
    EXPECT_FALSE(at_netfront_has_carrier(&g.front)) << "the back-end has left";
    EXPECT_EQ(at_netfront_open(&g.front, &g.config), AT_INVALID) << "it is not closed yet";
    EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
    g.ExpectNothingLeft();

    EXPECT_EQ(at_fake_netback_faults(g.back), 0u) << at_fake_netback_last_fault(g.back);
    at_fake_netback_free(g.back);
    at_fake_xenstored_remove(g.server, "/local/domain/0/backend/vif/5/0");
    at_fake_xenstored_remove(g.server, "/local/domain/5/device/vif/0");
    EXPECT_EQ(at_netfront_open(&g.front, &g.config), AT_NOT_FOUND);
    EXPECT_FALSE(at_netfront_has_carrier(&g.front)) << "not open";
    g.MakeBackend();
    ASSERT_EQ(at_netfront_open(&g.front, &g.config), AT_OK);
  }
}

TEST(NetfrontClose, FrozenBackend_BlocksNeitherReceivingNorClosing) {
  Guest g;
  g.Connect();
  at_fake_netback_freeze(g.back, true);
  g.Inject("never delivered");
  uint64_t start = g.Now();
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, start + kSecond), AT_TIMED_OUT);
  EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_BUSY);
  EXPECT_LE(g.Now(), start + 3 * kSecond);
  at_fake_netback_let_go(g.back);
}

}  // namespace
