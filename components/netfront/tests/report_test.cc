// SPDX-License-Identifier: ISC
// The report names who it is that nothing comes from.

#include "components/netfront/tests/guest.h"

namespace {

std::string Report(const Guest &g) {
  char text[AT_NETFRONT_REPORT_SIZE];
  size_t size = at_netfront_report(&g.front, text, sizeof text);
  EXPECT_EQ(size, strlen(text));
  EXPECT_LT(size + 1, sizeof text) << "nothing was cut off";
  return text;
}

void ExpectSays(const Guest &g, const std::string &what) {
  std::string report = Report(g);
  EXPECT_NE(report.find(what), std::string::npos) << "'" << what << "' is missing in:\n" << report;
}

TEST(NetfrontReport, DeviceThatWorks_IsTold) {
  Guest g(32, 16, 32);
  g.Want(AT_NETFRONT_SG | AT_NETFRONT_CSUM);
  g.Connect();
  g.Inject("a frame");
  EXPECT_EQ(g.Receive(), "a frame");
  EXPECT_EQ(g.Send(std::string(60, 's')), AT_OK);
  g.RunPeers();
  EXPECT_EQ(Report(g),
            "device/vif/0: open, carrier on, phase done, status AT_OK\n"
            "back-end /local/domain/0/backend/vif/5/0: Connected; expected Connected\n"
            "features asked for: sg csum\n"
            "features offered: sg gso4 gso6 csum6\n"
            "features to send with: shared parts csum4 csum6\n"
            "rx: requests 33, shown 33, answers taken 1, waiting 0\n"
            "rx: 0 buffers with the user, 0 in a frame that has begun, next is a frame\n"
            "rx: the back-end has buffers and fills none\n"
            "tx: requests 1, shown 1, answers taken 0, waiting 1\n"
            "tx: 31 slots and 15 buffers free; wanted 1 and 1\n"
            "dropped: rx error 0, rx empty 0, rx parts 0, rx checksum 0, tx error 0\n"
            "port 2, told the back-end 1 times\n");
}

TEST(NetfrontReport, WhoseTurnItIs_IsTold) {
  Guest g(4, 2);
  g.Connect();
  for (int i = 0; i < 4; ++i) g.Inject("held");
  g.RunPeers();
  ExpectSays(g, "the user does not take what is there");
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  size_t count;
  ASSERT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
  ASSERT_EQ(count, 4u);
  ExpectSays(g, "the user holds every buffer");
  at_netdev_release(g.dev, parts, 1);
  ExpectSays(g, "those given back are not shown");
  at_netdev_release(g.dev, parts + 1, 3);
  at_netdev_flush(g.dev);
  ExpectSays(g, "the back-end has buffers and fills none");

  at_fake_netback_freeze(g.back, true);
  at_netdev_piece piece{g.memory, 60};
  int cookie;
  at_netdev_frame frame{&piece, 1, 0, 0, &cookie};
  ASSERT_EQ(at_netdev_send(g.dev, &frame), AT_OK);
  ExpectSays(g, "the user has not flushed");
  at_netdev_flush(g.dev);
  ExpectSays(g, "the back-end has frames and answers none");
  at_fake_netback_freeze(g.back, false);
  g.RunPeers();
  ASSERT_EQ(at_netdev_arm(g.dev, AT_NETDEV_DONE), AT_OK);
  ExpectSays(g, "the user has not taken its cookies");
}

TEST(NetfrontReport, FrameThatHasBegun_IsTold) {
  Guest g(32, 32);
  g.Want(AT_NETFRONT_SG);
  g.Connect(AT_FAKE_NETBACK_TRICKLES);
  g.Inject(at_fake_netback_frame{}, std::string(9000, 'l'));
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  size_t count;
  ASSERT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
  ASSERT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
  ExpectSays(g, "1 in a frame that has begun, next is a part");
}

TEST(NetfrontReport, DeviceThatIsNot_IsToldToo) {
  Guest g;
  EXPECT_NE(Report(g), "") << "before the first open";
  EXPECT_EQ(at_netfront_open(&g.front, &g.config), AT_NOT_FOUND);
  ExpectSays(g, "device/vif/0: not open, last phase device");
  ExpectSays(g, "; expected InitWait");
  g.MakeBackend(AT_FAKE_NETBACK_SILENT);
  EXPECT_EQ(at_netfront_open(&g.front, &g.config), AT_TIMED_OUT);
  ExpectSays(g, "not open, last phase connect");
  ExpectSays(g, "back-end /local/domain/0/backend/vif/5/0: InitWait; expected Connected");
}

TEST(NetfrontReport, StateThatIsWaitedFor_AndDrops_AreTold) {
  Guest g;
  g.Connect();
  at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_STATUS, 0);
  g.Inject("a frame");
  EXPECT_EQ(g.Receive(), "");
  ExpectSays(g, "dropped: rx error 0, rx empty 1, rx parts 0, rx checksum 0, tx error 0\n");
  at_fake_netback_close(g.back);
  for (int i = 0; i < 4; ++i) at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond);
  ExpectSays(g, "; expected Closed");
}

TEST(NetfrontReport, DeviceThatEnded_IsTold) {
  Guest g;
  g.Connect();
  g.front_may_be_wrong = true;
  at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_ID, 0xffff);
  g.Inject("a frame");
  EXPECT_EQ(g.Receive(), "");
  ExpectSays(g, "device/vif/0: ended, phase done, status AT_PROTOCOL");
}

TEST(NetfrontReport, LittleRoom_CutsIt) {
  Guest g;
  g.Connect();
  std::string whole = Report(g);
  for (size_t capacity = 1; capacity <= whole.size() + 1; ++capacity) {
    std::vector<char> text(capacity + 1, '?');
    EXPECT_EQ(at_netfront_report(&g.front, text.data(), capacity), capacity - 1);
    EXPECT_EQ(text.data(), whole.substr(0, capacity - 1));
    EXPECT_EQ(text[capacity], '?');
  }
}

}  // namespace
