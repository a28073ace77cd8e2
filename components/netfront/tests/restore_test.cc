// SPDX-License-Identifier: ISC
// A device whose domain was saved and restored: grants given anew, rings empty, another back-end, and nothing lost but
// the frames that were on their way.

#include <atman/xen/hypercall.h>
#include <atman/xenstore/restore.h>

#include <xen/event_channel.h>

#include "guest.h"

namespace {

const std::string kFrame(60, 'f');

class RestoreTest : public ::testing::Test {
 protected:
  // The old domain ends and a new one begins: no port but XenStore's, no grant, no watch, no back-end that knows us.
  void Restore(unsigned behaviour = 0) {
    ASSERT_EQ(at_xenstore_rest(&guest_.store, guest_.Now() + kSecond), AT_OK);
    at_fake_netback_free(guest_.back);
    guest_.back = nullptr;
    if (guest_.front.port != 0) {
      evtchn_close op{};
      op.port = guest_.front.port;
      ASSERT_EQ(at_xen_event_channel_op(EVTCHNOP_close, &op), 0);
    }
    grant_entry_v1_t *table = at_fake_xen_grant_table(guest_.xen, kGuest, 2);
    memset(table + GNTTAB_NR_RESERVED_ENTRIES, 0,
           (2 * AT_XEN_GRANTS_PER_FRAME - GNTTAB_NR_RESERVED_ENTRIES) * sizeof *table);
    guest_.RestoreStore();
    at_xen_grants_restored(&guest_.grants);
    guest_.MakeBackend(behaviour);
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
  EXPECT_EQ(at_netfront_reconnect(&guest_.front), AT_OK);
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

}  // namespace
