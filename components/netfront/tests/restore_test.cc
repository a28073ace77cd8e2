// SPDX-License-Identifier: ISC
// A device whose domain was saved and restored: grants given anew, rings empty, another back-end, and nothing lost but
// the frames that were on their way.

#include <atman/xen/hypercall.h>
#include <atman/xenstore/restore.h>

#include <xen/event_channel.h>
#include <xen/io/netif.h>

#include <set>

#include "guest.h"

namespace {

const std::string kFrame(60, 'f');

class RestoreTest : public ::testing::Test {
 protected:
  // The old domain ends and a new one begins: no port but XenStore's, no grant, no watch, no back-end that knows us.
  void Restore(unsigned behaviour = 0) {
    ASSERT_EQ(at_xenstore_rest(&guest_.store, guest_.Now() + kSecond), AT_OK);
    EXPECT_EQ(at_fake_netback_faults(guest_.back), 0u) << at_fake_netback_last_fault(guest_.back);
    at_fake_netback_free(guest_.back);
    guest_.back = nullptr;
    ClosePort(guest_.front.port);
    for (const at_netfront_queue &queue : guest_.queues) {
      ClosePort(queue.front.port);
      ClosePort(queue.rx_port);
    }
    grant_entry_v1_t *table = at_fake_xen_grant_table(guest_.xen, kGuest, 2);
    memset(table + GNTTAB_NR_RESERVED_ENTRIES, 0,
           (2 * AT_XEN_GRANTS_PER_FRAME - GNTTAB_NR_RESERVED_ENTRIES) * sizeof *table);
    guest_.RestoreStore();
    at_xen_grants_restored(&guest_.grants);
    guest_.MakeBackend(behaviour);
  }

  void ClosePort(uint32_t port) {
    evtchn_close op{};
    op.port = port;
    if (port != 0) {
      ASSERT_EQ(at_xen_event_channel_op(EVTCHNOP_close, &op), 0);
    }
  }

  at_status ResumeAndReconnectQueues() {
    at_netfront_queues_resume(&guest_.device);
    EXPECT_EQ(at_xenstore_rewatch(&guest_.store, guest_.Now() + kSecond), AT_OK);
    return at_netfront_queues_reconnect(&guest_.device);
  }

  // Sends frames of many flows and receives one from each queue.
  void ExpectQueuesWork(uint16_t count) {
    EXPECT_EQ(at_netfront_queues_count(&guest_.device), count);
    for (uint16_t i = 0; i < count; ++i) {
      at_fake_netback_frame about{};
      about.queue = i;
      guest_.Inject(about, kFrame);
      EXPECT_EQ(guest_.Receive(), kFrame);
    }
    std::set<uint16_t> used;
    for (char address = 0; address < 16; ++address) {
      std::string frame(12, 'm');
      frame += std::string("\x08\x00\x45\x00\x00\x28\x00\x00\x00\x00\x40\x01\x00\x00", 14) + std::string(34, address);
      EXPECT_EQ(guest_.Send(frame), AT_OK);
      at_fake_netback_frame about{};
      EXPECT_EQ(guest_.Taken(&about), frame);
      used.insert(about.queue);
    }
    EXPECT_EQ(used.size(), count);
  }

  at_status ResumeAndReconnect() {
    at_netfront_resume(&guest_.front);
    EXPECT_EQ(at_xenstore_rewatch(&guest_.store, guest_.Now() + kSecond), AT_OK);
    return at_netfront_reconnect(&guest_.front);
  }

  Guest guest_{32, 32, 64};
};

TEST_F(RestoreTest, FramesGoBothWaysAgain) {
  guest_.Connect();
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    guest_.Inject(kFrame);
    EXPECT_EQ(guest_.Receive(), kFrame);
    EXPECT_EQ(guest_.Send(kFrame), AT_OK);
    EXPECT_EQ(guest_.Taken(), kFrame);
    Restore();
    EXPECT_EQ(ResumeAndReconnect(), AT_OK);
    EXPECT_EQ(at_netfront_phase(&guest_.front), AT_NETFRONT_DONE);
  }
  guest_.Inject(kFrame);
  EXPECT_EQ(guest_.Receive(), kFrame);
}

TEST_F(RestoreTest, FrameThatTheUserHolds_StaysWhatItIs) {
  guest_.Connect();
  guest_.Inject(kFrame);
  std::vector<at_netdev_part> held = guest_.ReceiveParts();
  ASSERT_EQ(held.size(), 1u);
  Restore();
  EXPECT_EQ(ResumeAndReconnect(), AT_OK);
  for (int i = 0; i < 100; ++i) {  // more than there are buffers
    guest_.Inject(std::string(60, 'g'));
    EXPECT_EQ(guest_.Receive(), std::string(60, 'g'));
  }
  EXPECT_EQ(std::string(reinterpret_cast<char *>(held[0].data), held[0].size), kFrame);
  at_netdev_release(guest_.dev, held.data(), held.size());
}

TEST_F(RestoreTest, FramesOnTheirWay_AreLost_AndTheirCookiesComeBack) {
  guest_.Share();
  guest_.Connect();
  at_fake_netback_freeze(guest_.back, true);
  int cookies[3];
  memset(guest_.memory, 'm', 3 * 4096);
  for (int i = 0; i < 3; ++i) {
    at_netdev_piece piece{guest_.memory + 4096 * i, 60};
    ASSERT_EQ(guest_.SendPieces({piece}, &cookies[i]), AT_OK);
  }
  Restore();
  at_netfront_resume(&guest_.front);
  void *back[8];
  size_t count = 0;
  EXPECT_EQ(at_netdev_tx_done(guest_.dev, back, 8, &count), AT_OK);
  EXPECT_EQ(count, 3u);
  EXPECT_EQ(guest_.DevStats().dropped[AT_NETDEV_DROP_TX_ERROR], 3u);
  EXPECT_EQ(at_netfront_reconnect(&guest_.front), AT_OK);
  at_netdev_piece piece{guest_.memory, 60};
  ASSERT_EQ(guest_.SendPieces({piece}, &cookies[0]), AT_OK);
  EXPECT_EQ(guest_.Taken(), std::string(60, 'm')) << "the shared pages are granted anew";
}

TEST_F(RestoreTest, FrameSentBeforeItIsConnected_ArrivesAfterwards) {
  guest_.Connect();
  Restore();
  at_netfront_resume(&guest_.front);
  size_t count;
  at_netdev_part parts[64];
  EXPECT_EQ(at_netdev_recv(guest_.dev, parts, 64, &count), AT_OK) << "it is slow, and has not ended";
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(guest_.Send(kFrame), AT_OK);
  EXPECT_EQ(at_netdev_arm(guest_.dev, AT_NETDEV_RX), AT_AGAIN);
  EXPECT_FALSE(at_netfront_has_carrier(&guest_.front));
  EXPECT_EQ(at_netfront_reconnect(&guest_.front), AT_OK);
  EXPECT_TRUE(at_netfront_has_carrier(&guest_.front));
  EXPECT_EQ(guest_.Taken(), kFrame);
}

TEST_F(RestoreTest, WithOffloads_TheyAreThereAgain) {
  guest_.Want(AT_NETFRONT_SG | AT_NETFRONT_CSUM | AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6);
  guest_.Connect();
  const unsigned features = at_netdev_info(guest_.dev)->features;
  Restore();
  EXPECT_EQ(ResumeAndReconnect(), AT_OK);
  EXPECT_EQ(at_netdev_info(guest_.dev)->features, features);
}

// The new back-end has not seen it: whatever it answers to one is an answer to nothing.
TEST_F(RestoreTest, ExtraThatWasUnderWay_IsNotAwaitedAfterwards) {
  guest_.Want(AT_NETFRONT_SG | AT_NETFRONT_CSUM | AT_NETFRONT_GSO4);
  guest_.Connect();
  at_fake_netback_freeze(guest_.back, true);
  ASSERT_EQ(guest_.SendPieces({{guest_.memory, 3000}}, nullptr, AT_NETDEV_GSO4 | AT_NETDEV_CSUM_BLANK, 1448), AT_OK);
  Restore();
  ASSERT_EQ(ResumeAndReconnect(), AT_OK);
  at_fake_netback_lie(guest_.back, AT_FAKE_NETBACK_TX_STATUS, NETIF_RSP_NULL);
  ASSERT_EQ(guest_.Send(kFrame), AT_OK);
  guest_.RunPeers();
  EXPECT_EQ(at_netdev_arm(guest_.dev, AT_NETDEV_TX), AT_PROTOCOL);
}

TEST_F(RestoreTest, BackendThatCanDoLess_EndsTheDevice) {
  guest_.Want(AT_NETFRONT_SG | AT_NETFRONT_CSUM | AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6);
  guest_.Connect();
  Restore(AT_FAKE_NETBACK_NO_GSO);
  EXPECT_EQ(ResumeAndReconnect(), AT_UNSUPPORTED);
  EXPECT_EQ(guest_.Send(kFrame), AT_CLOSED);
}

TEST_F(RestoreTest, BackendThatNeverComes_EndsTheDevice_WhichCanBeClosed) {
  guest_.Connect();
  Restore(AT_FAKE_NETBACK_SILENT);
  EXPECT_EQ(ResumeAndReconnect(), AT_TIMED_OUT);
  EXPECT_EQ(at_netfront_reconnect(&guest_.front), AT_CLOSED);
  guest_.front_may_be_wrong = true;  // it keeps to the protocol as far as that was walked
}

TEST_F(RestoreTest, DeviceThatHadEnded_IsStillClosedWhole) {
  guest_.Connect();
  at_fake_netback_lie(guest_.back, AT_FAKE_NETBACK_RX_ID, 999);
  guest_.Inject(kFrame);
  at_status status;
  guest_.Receive(&status);
  ASSERT_EQ(status, AT_PROTOCOL);
  Restore();
  EXPECT_EQ(ResumeAndReconnect(), AT_PROTOCOL);
}

TEST_F(RestoreTest, DeviceThatIsNotOpen_IsLeftAlone) {
  at_netfront_resume(&guest_.front);
  EXPECT_EQ(at_netfront_reconnect(&guest_.front), AT_INVALID);
}

TEST_F(RestoreTest, SeveralQueuesWithSplitChannels_WorkAgain) {
  guest_.back_config.max_queues = "4";
  guest_.Share();
  guest_.ConnectQueues(3, true);
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    ExpectQueuesWork(3);
    Restore();
    EXPECT_EQ(ResumeAndReconnectQueues(), AT_OK);
    EXPECT_TRUE(at_netfront_queues_is_split(&guest_.device));
  }
  ExpectQueuesWork(3);
}

TEST_F(RestoreTest, BackendWithFewerQueues_IsUsedWithThese_AndWithAllWhenThereAreMoreAgain) {
  guest_.back_config.max_queues = "4";
  guest_.ConnectQueues(4, true);
  const struct {
    const char *offered;
    uint16_t used;
    unsigned behaviour;
  } hosts[] = {{"2", 2, 0}, {"1", 1, AT_FAKE_NETBACK_NO_SPLIT}, {"8", 4, 0}};
  for (const auto &host : hosts) {
    SCOPED_TRACE(host.offered);
    guest_.back_config.max_queues = host.offered;
    Restore(host.behaviour);
    EXPECT_EQ(ResumeAndReconnectQueues(), AT_OK);
    EXPECT_EQ(at_netfront_queues_is_split(&guest_.device), host.behaviour == 0);
    ExpectQueuesWork(host.used);
  }
}

TEST_F(RestoreTest, CookiesOfQueuesThatAreNoLongerThere_ComeBack) {
  guest_.back_config.max_queues = "2";
  guest_.Share();
  guest_.ConnectQueues(2, false);
  Restore();
  at_netfront_queues_resume(&guest_.device);
  memset(guest_.memory, 'm', 16 * 4096);
  for (uint16_t i = 0; i < 16; ++i) {  // between resume and reconnect: nobody takes them
    const char ip[] = "\x08\x00\x45\x00";
    memcpy(guest_.memory + 4096 * i + 12, ip, 4);
    guest_.memory[4096 * i + 26] = static_cast<uint8_t>(i);
    at_netdev_piece piece{guest_.memory + 4096 * i, 60};
    ASSERT_EQ(guest_.SendPieces({piece}, guest_.memory + 4096 * i), AT_OK);
  }
  guest_.back_config.max_queues = "1";
  at_fake_netback_free(guest_.back);
  guest_.MakeBackend();
  EXPECT_EQ(at_netfront_queues_reconnect(&guest_.device), AT_OK);
  guest_.RunPeers();
  size_t back = 0, count = 1;
  for (void *cookies[4]; count > 0; back += count) ASSERT_EQ(at_netdev_tx_done(guest_.dev, cookies, 4, &count), AT_OK);
  EXPECT_EQ(back, 16u);
  EXPECT_GT(guest_.DevStats().dropped[AT_NETDEV_DROP_TX_ERROR], 0u);
}

TEST_F(RestoreTest, QueuesWhoseBackendNeverComes_EndTogether) {
  guest_.back_config.max_queues = "2";
  guest_.ConnectQueues(2, true);
  Restore(AT_FAKE_NETBACK_SILENT);
  EXPECT_EQ(ResumeAndReconnectQueues(), AT_TIMED_OUT);
  EXPECT_EQ(guest_.Send(kFrame), AT_CLOSED);
  guest_.front_may_be_wrong = true;
}

TEST_F(RestoreTest, GroupsThatWereJoined_AreToldTheNewBackend_Once) {
  const uint8_t one[] = {0x33, 0x33, 0, 0, 0, 1}, other[] = {0x33, 0x33, 0, 0, 0, 2},
                third[] = {0x33, 0x33, 0, 0, 0, 3};
  guest_.group_count = 8;
  guest_.ConnectQueues(1, true);
  EXPECT_EQ(at_netdev_group_join(guest_.dev, one), AT_OK);
  EXPECT_EQ(at_netdev_group_join(guest_.dev, other), AT_OK);
  Restore();
  at_netfront_queues_resume(&guest_.device);
  EXPECT_EQ(at_netdev_group_leave(guest_.dev, other), AT_OK);
  EXPECT_EQ(at_netdev_group_join(guest_.dev, third), AT_OK);
  EXPECT_EQ(at_xenstore_rewatch(&guest_.store, guest_.Now() + kSecond), AT_OK);
  EXPECT_EQ(at_netfront_queues_reconnect(&guest_.device), AT_OK);
  guest_.RunPeers();
  EXPECT_TRUE(at_fake_netback_has_group(guest_.back, one));
  EXPECT_TRUE(at_fake_netback_has_group(guest_.back, third));
  EXPECT_EQ(at_fake_netback_groups(guest_.back), 2u);
  Restore(AT_FAKE_NETBACK_NO_FILTER);
  EXPECT_EQ(ResumeAndReconnectQueues(), AT_OK);
  EXPECT_FALSE(at_netfront_queues_filters(&guest_.device));
  EXPECT_EQ(at_netdev_group_leave(guest_.dev, one), AT_OK);
  EXPECT_EQ(at_netdev_group_leave(guest_.dev, third), AT_OK);
  for (uint8_t i = 0; i < 8; ++i) {  // as many as the table holds: nothing of the others is left in it
    const uint8_t mac[] = {0x33, 0x33, 1, 0, 0, i};
    EXPECT_EQ(at_netdev_group_join(guest_.dev, mac), AT_OK);
  }
  Restore();
  EXPECT_EQ(ResumeAndReconnectQueues(), AT_OK);
  guest_.RunPeers();
  EXPECT_TRUE(at_netfront_queues_filters(&guest_.device));
  EXPECT_EQ(at_fake_netback_groups(guest_.back), 8u);
}

// It joins no group, because there was nothing to join: no back end may keep any from it.
TEST_F(RestoreTest, DeviceThatDidNotFilter_DoesNotAskTheNewBackendTo) {
  guest_.group_count = 8;
  guest_.ConnectQueues(1, true, AT_FAKE_NETBACK_NO_FILTER);
  ASSERT_FALSE(at_netfront_queues_filters(&guest_.device));
  Restore();
  EXPECT_EQ(ResumeAndReconnectQueues(), AT_OK);
  EXPECT_FALSE(at_netfront_queues_filters(&guest_.device));
}

}  // namespace
