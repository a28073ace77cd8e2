/* SPDX-License-Identifier: ISC */
/* When frames go out: none stays where nobody looks at it. */
#include "loops.h"

namespace {

class FlushTest : public LoopTest {
 protected:
  /* A datagram to everybody on `to`'s network. */
  void Broadcast(uint8_t to) {
    at_ip_address any = {}, all = at_ip_address_v4(10, 0, to, 255);
    at_ip_udp *udp;

    ASSERT_EQ(AT_OK, at_ip_udp_open(ip_, &udp, &any, 9, nullptr, nullptr));
    EXPECT_EQ(AT_OK, at_ip_udp_send(udp, &all, 9, "x", 1));
    at_ip_udp_close(udp);
  }
};

/* It had asked the device for what arrives, and the room that came told nobody: they waited for the next timer. */
TEST_F(FlushTest, FrameThatWaits_SentWhileItSleeps_WakesIt) {
  unsigned sends = 0;

  Add(first_, 0);
  Run(5000000000);
  first_.wire.clear();
  first_.ring = 0;
  sleeper_.meanwhile = [&] {
    if (sends++ == 0) {
      EXPECT_EQ(unsigned(AT_NETDEV_RX), first_.armed_for);
      Broadcast(0);
      EXPECT_EQ(1u, sleeper_.wakes);
      Broadcast(0);
      EXPECT_EQ(1u, sleeper_.wakes) << "it knows";
      return;
    }
    EXPECT_EQ(unsigned(AT_NETDEV_RX | AT_NETDEV_TX), first_.armed_for) << "the device wakes it";
    first_.ring = 64;
    sleeper_.meanwhile = nullptr;
  };
  Run(2000000000);
  EXPECT_EQ(2u, sends);
  EXPECT_EQ(2u, first_.wire.size());
}

TEST_F(FlushTest, BusyDevice_DoesNotHoldAnothersFramesBack) {
  static const Bytes noise(14);
  size_t flushes = 0;

  Add(first_, 0);
  Add(second_, 1);
  Run(5000000000);
  sleeper_.meanwhile = [&] {
    if (flushes > 0) return;
    for (int i = 0; i < 100; i++) first_.Arrive(noise);
    /* An answer from the second, in a batch after which the first has more. */
    second_.Arrive({2, 0, 0, 0, 0, 2, 2, 0,  0, 0, 0, 9, 8, 6, 0, 1, 8, 0,  6, 4, 0,
                    1, 2, 0, 0, 0, 0, 9, 10, 0, 1, 9, 0, 0, 0, 0, 0, 0, 10, 0, 1, 1});
    second_.wire.clear();
    flushes = second_.flushes;
    sleeper_.meanwhile = [&] {
      EXPECT_EQ(1u, second_.wire.size());
      EXPECT_EQ(flushes + 1, second_.flushes);
      sleeper_.meanwhile = nullptr;
    };
  };
  Run(2000000000);
  EXPECT_EQ(nullptr, sleeper_.meanwhile);
}

/* Nobody runs the stack, and nobody may for a while. */
TEST_F(FlushTest, CallWithoutARun_IsFlushed) {
  static const at_ip_tcp_events events = {
      nullptr, [](at_ip_tcp *, void *, at_ip_data *) {}, nullptr, nullptr,
      nullptr, [](at_ip_tcp *, void *, at_status) {},
  };
  at_ip_address to = at_ip_address_v4(10, 0, 0, 9);
  at_ip_tcp *tcp;
  size_t flushes;

  Add(first_, 0);
  Run(5000000000);
  flushes = first_.flushes;
  Broadcast(0);
  EXPECT_EQ(flushes + 1, first_.flushes);
  ASSERT_EQ(AT_OK, at_ip_tcp_connect(ip_, &tcp, &to, 80, &events, nullptr));
  EXPECT_EQ(flushes + 2, first_.flushes);
  at_ip_tcp_abort(tcp);
  EXPECT_EQ(flushes + 2, first_.flushes) << "there was nothing to send";
}

}  // namespace
