/* SPDX-License-Identifier: ISC */
/* What is left of connections that have ended. */
#include "clients.h"

namespace {

using TimeWait = ClientsTest;

/* RFC 9293, 3.10.7.8, and RFC 6191: what each segment gets that comes for a connection in TIME-WAIT. */
TEST_F(TimeWait, InTimeWait_SegmentsAreAnsweredAsRfc9293And6191Say) {
  const int32_t kNone = INT32_MIN;
  struct {
    const char *what;
    bool had_timestamps;
    unsigned flags;
    int32_t seq;       /* less what comes next */
    int32_t timestamp; /* less the last one; kNone: no option */
    unsigned answer;
    bool is_over; /* an older SYN gets in */
  } cases[] = {
      {"the FIN again", false, kFin | kAck, -1, kNone, kAck, false},
      {"an ACK", false, kAck, 0, kNone, 0, false},
      {"a RST of the right number", false, kRst, 0, kNone, 0, true},
      {"a RST in the window", false, kRst, 1, kNone, 0, false},
      {"a SYN with a greater number", false, kSyn, 1, kNone, kSyn | kAck, true},
      {"a SYN with a smaller number", false, kSyn, -1000, kNone, kAck, false},
      {"a SYN with a smaller number, first timestamp", false, kSyn, -1000, 1, kSyn | kAck, true},
      {"a SYN with a greater timestamp", true, kSyn, -1000, 1, kSyn | kAck, true},
      {"a SYN with a smaller timestamp", true, kSyn, 1000, -1, kAck, false},
      {"a SYN with the same timestamp and a greater number", true, kSyn, 1, 0, kSyn | kAck, true},
      {"a SYN with the same timestamp and a smaller number", true, kSyn, -1000, 0, kAck, false},
      {"a SYN with a greater number and no timestamp", true, kSyn, 1000, kNone, kSyn | kAck, true},
      {"a SYN and ACK", false, kSyn | kAck, 1000, kNone, kAck, false},
  };
  uint16_t port = 1000;

  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    Segment s, answer, next;

    s.port = port++;
    s.seq = 0xffffff00;
    if (c.had_timestamps) s.options = Timestamps(5000);
    next = s = Quick(s);
    s.flags = c.flags;
    s.seq += c.seq;
    s.options = c.timestamp == kNone ? Bytes() : Timestamps((c.had_timestamps ? 5000 : 0) + c.timestamp);
    answer = Answer(s);
    EXPECT_EQ(c.answer, answer.flags);
    if (answer.flags == kAck) {
      EXPECT_EQ(next.seq, answer.ack);
      EXPECT_EQ(next.ack, answer.seq);
      EXPECT_EQ(c.had_timestamps ? 12u : 0u, answer.options.size());
    }
    if (answer.flags == (kSyn | kAck)) continue;
    s = next;
    s.flags = kSyn;
    s.seq -= 2000;
    s.options.clear();
    EXPECT_EQ(c.is_over ? unsigned(kSyn | kAck) : unsigned(kAck), Answer(s).flags);
  }
}

/* What a client does that gets an ACK for its SYN: it resets what it does not know, and asks again. */
TEST_F(TimeWait, PortReused_AnOldSyn_GetsInAfterItsReset) {
  Segment s = Quick(Segment()), answer;

  s.flags = kSyn;
  s.seq -= 1000;
  answer = Answer(s);
  EXPECT_EQ(unsigned(kAck), answer.flags);
  s.flags = kRst;
  s.seq = answer.ack;
  Answer(s);
  s.seq -= 1000;
  Connect(s);
}

TEST_F(TimeWait, TimeWait_EndsAfterTwoMinutes_LaterIfTheFinComesAgain) {
  Segment s, first, second, third;

  s.port = 1;
  first = Quick(s);
  s.port = 2;
  second = Quick(s);
  s.port = 3;
  third = Quick(s);
  Pass(60);
  for (auto *each : {&first, &third}) {
    each->flags = kFin | kAck;
    each->seq--;
  }
  third.seq--; /* not the FIN that it was */
  EXPECT_EQ(unsigned(kAck), Answer(first).flags);
  EXPECT_EQ(unsigned(kAck), Answer(third).flags);
  Pass(61);
  for (auto *each : {&first, &second, &third}) {
    each->flags = kSyn;
    each->seq -= 1000;
  }
  EXPECT_EQ(unsigned(kAck), Answer(first).flags);
  EXPECT_EQ(unsigned(kSyn | kAck), Answer(second).flags);
  EXPECT_EQ(unsigned(kSyn | kAck), Answer(third).flags);
}

TEST_F(TimeWait, TenThousandConnections_LeaveLwipNothingToWalk_AndNoMemoryInTheEnd) {
  size_t before = Live();
  Segment s;

  for (unsigned i = 0; i < 10000; i++) {
    s.client = 0x0a010000 + i / 100;
    s.port = uint16_t(1000 + i % 100);
    Quick(s);
    ASSERT_EQ(nullptr, tcp_tw_pcbs);
  }
  EXPECT_LT(Live() - before, 10100u) << "one small object for each";
  Pass(121 + 30); /* a stack that nobody talks to looks twice a minute */
  EXPECT_EQ(before, Live());
}

/* Of several listeners each has connections that are over; what a client has left stays lwIP's. */
TEST_F(TimeWait, ConnectionsOfEachListener_AreTaken_AClientsIsNot) {
  static const at_ip_tcp_events events = {
      nullptr, [](at_ip_tcp *, void *, at_ip_data *data) { at_ip_data_free(data); },
      nullptr, nullptr,
      nullptr, [](at_ip_tcp *, void *, at_status) {},
  };
  const at_ip_address any = {}, far = at_ip_address_v4(10, 1, 0, 0);
  at_ip_tcp_listener *other;
  Segment s;
  at_ip_tcp *tcp;

  ASSERT_EQ(AT_OK, at_ip_tcp_listen(
                       us.ip, &other, &any, 81, 16, [](at_ip_tcp *, void *) {}, nullptr));
  Quick(s);
  EXPECT_EQ(nullptr, tcp_tw_pcbs);
  answers_.clear();
  ASSERT_EQ(AT_OK, at_ip_tcp_connect(us.ip, &tcp, &far, 1000, &events, nullptr));
  Run([] { return false; }, 0);
  ASSERT_EQ(1u, answers_.size());
  s.server_port = at_ip_tcp_local(tcp, nullptr);
  s.flags = kSyn | kAck;
  s.ack = answers_[0].seq + 1;
  EXPECT_EQ(unsigned(kAck), Answer(s).flags);
  s.flags = kFin | kAck;
  s.seq++;
  at_ip_tcp_close(tcp);
  s.ack++;
  EXPECT_EQ(unsigned(kAck), Answers(s).back().flags);
  EXPECT_NE(nullptr, tcp_tw_pcbs);
  Run([] { return false; }, 121000000000);
  EXPECT_EQ(nullptr, tcp_tw_pcbs);
}

TEST_F(TimeWait, NoMemory_TimeWaitGivesWay) {
  std::vector<void *> hog;
  void *object;
  Segment s;

  for (s.port = 1; s.port <= 1000; s.port++) Quick(s);
  for (size_t size : {65536, 4096, 512, 256, 128, 64, 16}) {
    while ((object = at_mm_heap_alloc(&us.heap, size)) != nullptr) hog.push_back(object);
  }
  s.client++;
  Answer(Connect(s));
  EXPECT_EQ(1001u, accepted_);
  for (void *held : hog) at_mm_heap_free(&us.heap, held);
}

}  // namespace
