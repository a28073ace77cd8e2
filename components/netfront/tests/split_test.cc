// SPDX-License-Identifier: ISC
// An event channel for each direction: the back-end is told of what it has to look at, and of nothing else.

#include "components/netfront/tests/guest.h"

#include <xen/errno.h>

namespace {

const std::string kFrame(60, 'f');
const std::string kDir = "/local/domain/5/device/vif/0/";

TEST(NetfrontSplit, BothChannels_ArePublished_AndNoCommonOne) {
  Guest g;
  g.ConnectQueues(1, true);
  EXPECT_TRUE(at_netfront_queues_is_split(&g.device));
  EXPECT_EQ(at_netfront_queues_count(&g.device), 1u);
  EXPECT_EQ(g.Node(kDir + "event-channel-tx"), std::to_string(g.queues[0].front.port));
  EXPECT_EQ(g.Node(kDir + "event-channel-rx"), std::to_string(g.queues[0].rx_port));
  EXPECT_NE(g.queues[0].front.port, g.queues[0].rx_port);
  EXPECT_EQ(g.Node(kDir + "event-channel"), "(none)");
  EXPECT_EQ(g.Node(kDir + "request-rx-copy"), "1");
}

TEST(NetfrontSplit, FramesGoBothWays) {
  Guest g(4, 2);
  g.ConnectQueues(1, true);
  for (int i = 0; i < 20; ++i) {
    SCOPED_TRACE(i);
    g.Inject(kFrame);
    EXPECT_EQ(g.Receive(), kFrame);
    EXPECT_EQ(g.Send(kFrame), AT_OK);
    EXPECT_EQ(g.Taken(), kFrame);
  }
}

// The back-end has run out of buffers and is asleep for want of frames: each is told by itself.
TEST(NetfrontSplit, EachDirection_IsToldOnItsOwnChannel) {
  Guest g(4, 4);
  g.ConnectQueues(1, true);
  g.RunPeers();
  const uint64_t rx_events = g.BackStats().rx_events;  // binding a port raises it
  uint64_t events = g.BackStats().events;
  EXPECT_EQ(g.Send(kFrame), AT_OK);
  g.RunPeers();
  EXPECT_EQ(g.BackStats().events, events + 1);
  EXPECT_EQ(g.BackStats().rx_events, rx_events) << "nothing to receive in was given back";
  for (int i = 0; i < 5; ++i) g.Inject(kFrame);
  g.RunPeers();
  events = g.BackStats().events;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(g.Receive(), kFrame);
  g.RunPeers();
  EXPECT_EQ(g.BackStats().rx_events, rx_events + 1);
  EXPECT_EQ(g.BackStats().events, events + 1) << "and it was not sent to look for frames";
}

TEST(NetfrontSplit, BackendWithoutThem_HasOneForBoth) {
  Guest g;
  g.ConnectQueues(1, true, AT_FAKE_NETBACK_NO_SPLIT);
  EXPECT_FALSE(at_netfront_queues_is_split(&g.device));
  EXPECT_EQ(g.Node(kDir + "event-channel-tx"), "(none)");
  g.Inject(kFrame);
  EXPECT_EQ(g.Receive(), kFrame);
  EXPECT_EQ(g.Send(kFrame), AT_OK);
  EXPECT_EQ(g.Taken(), kFrame);
}

TEST(NetfrontSplit, NotAskedFor_HasOneForBoth) {
  Guest g;
  g.ConnectQueues(1, false);
  EXPECT_FALSE(at_netfront_queues_is_split(&g.device));
  g.Inject(kFrame);
  EXPECT_EQ(g.Receive(), kFrame);
}

TEST(NetfrontSplit, ReceiverOnly_Works) {
  Guest g(8, 0);
  g.config.tx = nullptr;
  g.config.tx_slots = 0;
  g.ConnectQueues(1, true);
  for (int i = 0; i < 20; ++i) {
    g.Inject(kFrame);
    EXPECT_EQ(g.Receive(), kFrame);
  }
  EXPECT_EQ(g.Send(kFrame), AT_TOO_BIG);
}

// A back-end believes whoever wrote a key last: those of an earlier device would bind it to ports that are not there.
TEST(NetfrontSplit, PlainDeviceAfterwards_IsNotConnectedToTheOldChannels) {
  Guest g;
  g.ConnectQueues(1, true);
  ASSERT_EQ(at_netfront_queues_close(&g.device, g.Now() + kSecond), AT_OK);
  EXPECT_EQ(g.Node(kDir + "event-channel-tx"), "(none)");
  EXPECT_EQ(g.Node(kDir + "event-channel-rx"), "(none)");
  g.ExpectNothingLeft();
  g.config.buffers = g.buffers.data();
  g.config.slots = g.slots.data();
  ASSERT_EQ(at_netfront_open(&g.front, &g.config), AT_OK);
  g.dev = at_netfront_netdev(&g.front);
  g.Inject(kFrame);
  EXPECT_EQ(g.Receive(), kFrame);
}

TEST(NetfrontSplit, AnyEventChannelCallFailing_LeavesNothing) {
  bool saw_no_port = false;
  for (uint32_t nth = 1; nth <= 20; ++nth) {
    SCOPED_TRACE(nth);
    Guest g;
    g.MakeBackend();
    at_netfront_queues_config config = g.QueuesConfig(1, true);
    at_fake_xen_fail(g.xen, __HYPERVISOR_event_channel_op, nth, false, XEN_ENOSPC);
    at_status status = at_netfront_queues_open(&g.device, &config);
    if (status == AT_NO_SPACE) {
      EXPECT_EQ(at_netfront_phase(&g.queues[0].front), AT_NETFRONT_MEMORY);
      saw_no_port = true;
    }
    at_fake_xen_fail(g.xen, 0, 0, false, 0);
    EXPECT_EQ(at_netfront_queues_close(&g.device, g.Now() + kSecond), AT_OK);
    g.ExpectNothingLeft();
  }
  EXPECT_TRUE(saw_no_port);
}

TEST(NetfrontSplit, PortThatXenDoesNotClose_KeepsTheDevice_ForAnotherTry) {
  int refused = 0;
  for (uint32_t nth = 1; nth <= 16; ++nth) {
    SCOPED_TRACE(nth);
    Guest g;
    g.ConnectQueues(1, true);
    at_fake_xen_fail(g.xen, __HYPERVISOR_event_channel_op, nth, false, XEN_EINVAL);
    at_status status = at_netfront_queues_close(&g.device, g.Now() + kSecond);
    at_fake_xen_fail(g.xen, 0, 0, false, 0);
    if (status != AT_OK) {
      ++refused;
      EXPECT_EQ(at_netfront_queues_open(&g.device, &g.device.config), AT_INVALID);
      EXPECT_EQ(at_netfront_queues_close(&g.device, g.Now() + kSecond), AT_OK);
    }
    g.ExpectNothingLeft();
  }
  EXPECT_GE(refused, 2) << "each port once";
}

}  // namespace
