/* SPDX-License-Identifier: ISC */
/* When the stack wakes, and that its tables age all the same. */
#include "stacks.h"

namespace {

const uint64_t kSecond = 1000000000;
const uint8_t kPeerMac[] = {0x02, 0, 0, 0, 0, 9};

/* One stack; 10.0.0.9 is written out. */
class Timers : public StacksTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(AT_OK, us.Start());
    carries = [this](Bytes &frame, bool) {
      sent_.push_back(frame);
      return false;
    };
    Run([] { return false; }, 30 * kSecond); /* what a stack says when it starts, and then nothing */
    Arrive({0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 9, 10, 0, 0, 9, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1}, 6);
    sent_.clear();
  }

  /* A frame from 10.0.0.9, with `type` as in 0x080X. */
  void Arrive(const Bytes &packet, uint8_t type) {
    Bytes frame = {2, 0, 0, 0, 0, 1};

    frame.insert(frame.end(), kPeerMac, kPeerMac + 6);
    frame.insert(frame.end(), {8, type});
    frame.insert(frame.end(), packet.begin(), packet.end());
    us.device.Arrive(frame);
    Run([] { return false; }, 0);
  }

  /* The stack sleeps, with nothing to do but its own. Returns how often. */
  unsigned Sleep(unsigned seconds) {
    unsigned before = clock.sleeps;

    clock.passes = true;
    us.f.at_ip_run(us.ip, clock.now_ns + seconds * kSecond);
    clock.passes = false;
    return clock.sleeps - before;
  }

  /* Sends a datagram to 10.0.0.9. Returns the Ethernet types of what comes of it in `seconds`. */
  std::vector<unsigned> Send(unsigned seconds) {
    const at_ip_address to = at_ip_address_v4(10, 0, 0, 9);
    std::vector<unsigned> types;
    at_ip_udp *udp;

    sent_.clear();
    EXPECT_EQ(AT_OK, us.f.at_ip_udp_open(us.ip, &udp, &kAny, 0, nullptr, nullptr));
    EXPECT_EQ(AT_OK, us.f.at_ip_udp_send(udp, &to, 7, "x", 1));
    Run([] { return false; }, seconds * kSecond);
    us.f.at_ip_udp_close(udp);
    for (const Bytes &frame : sent_) types.push_back(unsigned(frame[12] << 8 | frame[13]));
    return types;
  }

  const at_ip_address kAny = {};
  std::vector<Bytes> sent_;
};

const std::vector<unsigned> kDatagram = {0x0800}, kQuestion = {0x0806};

TEST_F(Timers, NobodyTalks_TheStackWakesTwiceAMinute) {
  unsigned sleeps = Sleep(30);

  sleeps = Sleep(600);
  EXPECT_GE(sleeps, 20u);
  EXPECT_LE(sleeps, 21u);
  EXPECT_EQ(0u, sent_.size());
  Arrive({0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1}, 6);
  EXPECT_EQ(1u, sent_.size());
  EXPECT_GE(Sleep(10), 9u) << "what was said may want an answer";
}

TEST_F(Timers, Neighbours_AreForgottenAfterFiveMinutes_AlsoWhileNobodyTalks) {
  EXPECT_EQ(kDatagram, Send(0));
  Sleep(260);
  EXPECT_EQ(kDatagram, Send(0));
  Sleep(25);
  EXPECT_EQ((std::vector<unsigned>{0x0806, 0x0800}), Send(0)) << "is asked whether it is still there";
  Sleep(290);
  EXPECT_EQ(kQuestion, Send(0));
}

TEST_F(Timers, QuestionThatIsNotAnswered_IsAskedEverySecond_AndGivenUp) {
  Sleep(400);
  EXPECT_EQ(std::vector<unsigned>(5, 0x0806), Send(20));
}

/* A guest that was not run for a day has not a day of seconds to go through. */
TEST_F(Timers, LongPause_IsNotMadeUpFor) {
  Sleep(15);
  clock.now_ns += 86400 * kSecond;
  EXPECT_EQ(kDatagram, Send(0));
  Sleep(300);
  EXPECT_EQ(kQuestion, Send(0));
}

}  // namespace
