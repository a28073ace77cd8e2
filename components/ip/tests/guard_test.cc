/* SPDX-License-Identifier: ISC */
/* What strangers may not do to a connection, nor a flood of them to a server. */
#include "clients.h"

namespace {

class Guard : public ClientsTest {
 protected:
  /* The client takes and acknowledges until nothing comes for a minute; the server writes `more` as soon as it may. */
  std::string ReceiveAll(Segment *s, std::string more) {
    std::string received;
    size_t taken;

    for (int quiet = 0; quiet < 60; quiet++) {
      if (at_ip_tcp_write(server_, &taken, more.data(), more.size(), 0) != AT_CLOSED) more.erase(0, taken);
      answers_.clear();
      Pass(1);
      for (const Segment &answer : answers_) {
        if (answer.data.empty() || answer.seq != s->ack) continue;
        received += answer.data;
        s->ack += uint32_t(answer.data.size());
        largest_ = std::max(largest_, answer.data.size());
        quiet = 0;
      }
      us.device.Arrive(FrameOf(*s));
    }
    return received;
  }

  size_t largest_ = 0; /* bytes in a segment */
};

/* What `frame` carries, from byte `from` up to `to`, as a fragment of IPv4's. */
Bytes FragmentOf(const Bytes &frame, size_t from, size_t to) {
  Bytes fragment(frame.begin(), frame.begin() + 34);
  bool is_last = to == frame.size() - 34;
  unsigned offset = unsigned(from / 8) | (is_last ? 0 : 0x2000);
  uint16_t sum;

  fragment.insert(fragment.end(), frame.begin() + 34 + from, frame.begin() + 34 + to);
  for (auto place : {std::make_pair(16, unsigned(20 + to - from)), {20, offset}, {24, 0u}}) {
    fragment[place.first] = uint8_t(place.second >> 8);
    fragment[place.first + 1] = uint8_t(place.second);
  }
  sum = InternetChecksum(fragment.data() + 14, 20);
  fragment[24] = uint8_t(sum >> 8);
  fragment[25] = uint8_t(sum);
  return fragment;
}

/* RFC 5961: what somebody can do who knows the two ends and nothing else. */
TEST_F(Guard, BlindSegments_AreChallengedOrDropped) {
  const struct {
    const char *what;
    unsigned flags;
    int32_t seq, ack; /* less the right ones */
    const char *data;
    unsigned answer;
    const char *received;
    bool is_reset;
  } cases[] = {
      {"RST in the window", kRst, 1, 0, "", kAck, "", false},
      {"RST at the window's end", kRst, 65000, 0, "", kAck, "", false},
      {"RST beyond the window", kRst, 300000, 0, "", 0, "", false},
      {"RST before the window", kRst | kAck, -1, 0, "", 0, "", false},
      {"RST of the right number", kRst, 0, 0, "", 0, "", true},
      {"SYN in the window", kSyn, 1, 0, "", kAck, "", false},
      {"SYN of the right number", kSyn, 0, 0, "", kAck, "", false},
      {"SYN beyond the window", kSyn, 1 << 30, 0, "", kAck, "", false},
      {"SYN and ACK", kSyn | kAck, 0, 0, "", kAck, "", false},
      {"data that acknowledges what was not sent", kAck, 0, 1, "x", kAck, "", false},
      {"data that acknowledges far too little", kAck, 0, -70000, "x", kAck, "", false},
      {"data half of the numbers away", kAck, 0, INT32_MIN, "x", kAck, "", false},
      {"data that acknowledges nothing", kPsh, 0, 0, "x", 0, "", false},
      {"a FIN that acknowledges nothing", kFin, 0, 0, "", 0, "", false},
      {"data that acknowledges what is old, within the window", kAck, 0, -8192, "x", 0, "x", false},
      {"data", kAck, 0, 0, "x", 0, "x", false},
  };
  uint16_t port = 1000;

  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    Segment s, answer, right;

    s.port = port++;
    received_.clear();
    right = s = Connect(s);
    Answer(s);
    ASSERT_NE(nullptr, server_);
    s.flags = c.flags;
    s.seq += c.seq;
    s.ack += c.ack;
    s.data = c.data;
    answer = Answer(s);
    EXPECT_EQ(c.answer, answer.flags);
    EXPECT_EQ(c.received, received_);
    EXPECT_EQ(c.is_reset, server_ == nullptr);
    if (answer.flags == kAck) {
      EXPECT_EQ(right.seq, answer.ack);
      EXPECT_EQ(right.ack, answer.seq);
    }
    if (server_ != nullptr) Abort();
  }
}

/* Found by a fuzzer of frames: lwIP's assertion that a segment is not too large, which was a panic. */
TEST_F(Guard, WindowThatOpensByLittle_WaitsForWhatIsTooLarge) {
  Segment s;
  std::string text = "a first part, longer than what the window will be, ", more = "and more";
  size_t taken;

  s.window = 0;
  s = Connect(s);
  Answer(s);
  ASSERT_EQ(AT_OK, at_ip_tcp_write(server_, &taken, text.data(), text.size(), 0));
  s.window = 40;
  Answer(s);
  EXPECT_EQ(0u, at_ip_tcp_room(server_));
  EXPECT_EQ(AT_AGAIN, at_ip_tcp_write(server_, &taken, more.data(), more.size(), 0));
  EXPECT_EQ(0u, taken);
  EXPECT_EQ(text + more, ReceiveAll(&s, more));
  Abort();
}

/* Found by the same fuzzer: another assertion, that what waits has no more room than a segment has now. */
TEST_F(Guard, WindowThatOpensByLittle_WaitsForWhatHasRoomForTooMuch) {
  const size_t kMss = 536, kWaits = 490; /* with room for 46 more; in 514 there is room for 24 */
  Segment s;
  std::string text(kMss + kWaits, 'x'), more = "and more";
  size_t taken;

  s.window = 0;
  s = Connect(s);
  Answer(s);
  ASSERT_EQ(AT_OK, at_ip_tcp_write(server_, &taken, text.data(), text.size(), 0));
  s.window = 1028; /* half of it is a segment's most */
  EXPECT_EQ(kMss, Answer(s).data.size()) << "the rest waits for what is acknowledged, as Nagle's algorithm has it";
  EXPECT_EQ(0u, at_ip_tcp_room(server_));
  EXPECT_EQ(AT_AGAIN, at_ip_tcp_write(server_, &taken, more.data(), more.size(), 0));
  EXPECT_EQ(0u, taken);
  s.ack += uint32_t(kMss);
  EXPECT_EQ(text.substr(kMss) + more, ReceiveAll(&s, more));
  Abort();
}

/* Found by the same fuzzer: lwIP went on probing the window, and asserted that there is something to probe it with. */
TEST_F(Guard, WindowShutBeforeDataIsSentAgain_AllArrivedAfterAll_NothingIsProbed) {
  std::string text(500, 'x');
  Segment s;
  size_t taken;

  s = Connect(s);
  Answer(s);
  ASSERT_EQ(AT_OK, at_ip_tcp_write(server_, &taken, text.data(), text.size(), 0));
  answers_.clear();
  Run([] { return false; }, 0);
  ASSERT_EQ(1u, answers_.size());
  s.data = "y"; /* what shuts a window comes behind something new */
  Answers(s);
  s.data.clear();
  s.seq++;
  s.window = 0;
  Answers(s);
  answers_.clear();
  Pass(20);
  ASSERT_FALSE(answers_.empty());
  EXPECT_EQ(1u, answers_.back().data.size()) << "a probe";
  s.ack += uint32_t(text.size());
  Answers(s);
  answers_.clear();
  Pass(60);
  EXPECT_TRUE(answers_.empty()) << "there is nothing to send";
  s.window = 8192;
  Answers(s);
  ASSERT_EQ(AT_OK, at_ip_tcp_write(server_, &taken, text.data(), text.size(), 0));
  EXPECT_EQ(text, ReceiveAll(&s, ""));
  Abort();
}

/* The same panic, found while the other was looked into, and what waits would have gone out in single bytes. */
TEST_F(Guard, MssOfASegmentThatIsNoSyn_IsNotHeard) {
  Segment s;
  std::string text(1000, 'x');
  size_t taken;

  s.options = {2, 4, 5, 0xb4};
  s.window = 500;
  s = Connect(s);
  Answer(s);
  ASSERT_EQ(AT_OK, at_ip_tcp_write(server_, &taken, text.data(), text.size(), 0));
  s.options = {1, 1, 2, 4, 0, 1, 2, 4, 0, 1, 0, 0};
  s.window = 8192;
  Answers(s);
  s.options.clear();
  EXPECT_EQ(AT_OK, at_ip_tcp_write(server_, &taken, text.data(), text.size(), 0));
  EXPECT_EQ(text + text, ReceiveAll(&s, ""));
  EXPECT_LT(largest_, 1461u);
  EXPECT_GT(largest_, 500u);
  Abort();
}

TEST_F(Guard, FragmentThatEndsAmongOptions_IsDropped) {
  for (size_t end : {24, 32}) { /* bytes of the TCP header, which has 32 */
    Segment s = Connect(Segment());
    Bytes frame;

    Answer(s);
    received_.clear();
    s.options = Timestamps(1);
    s.data = "data";
    frame = FrameOf(s);
    us.device.Arrive(FragmentOf(frame, 0, end));
    us.device.Arrive(FragmentOf(frame, end, frame.size() - 34));
    Run([] { return false; }, 0);
    EXPECT_EQ(end == 32 ? "data" : "", received_);
    Abort();
  }
}

TEST_F(Guard, Challenges_AreFew) {
  Segment s = Connect(Segment());
  size_t count = 0;

  Answer(s);
  s.flags = kSyn;
  for (int i = 0; i < 1000; i++) count += Answers(s).size();
  EXPECT_LE(50u, count);
  EXPECT_GE(149u, count);
  Pass(1);
  EXPECT_EQ(unsigned(kAck), Answer(s).flags);
  Abort();
}

TEST_F(Guard, HalfOpen_ItsSynAgainIsAnswered_AnotherIsChallenged) {
  Segment s = Connect(Segment());

  s.flags = kSyn;
  s.seq--;
  EXPECT_EQ(unsigned(kSyn | kAck), Answer(s).flags);
  s.flags = kSyn | kAck;
  EXPECT_EQ(unsigned(kAck), Answer(s).flags);
  s.flags = kSyn;
  s.seq += 5000;
  EXPECT_EQ(unsigned(kAck), Answer(s).flags);
}

/* A hundred connections, each after a hundred SYNs of clients that never answer. */
TEST_F(Guard, SynFlood_RealConnectionsGetIn_WithTheirOptions) {
  Segment flood, s;
  uint32_t x = 12345;

  for (unsigned i = 0; i < 100; i++) {
    Segment answer;

    for (unsigned k = 0; k < 100; k++) {
      x = x * 1664525 + 1013904223;
      flood.client = 0x0b000000 + (x >> 8);
      flood.port = uint16_t(x >> 3 | 1);
      flood.seq = x * 7;
      flood.flags = kSyn;
      EXPECT_EQ(unsigned(kSyn | kAck), Answer(flood).flags);
    }
    s = Segment();
    s.client = 0x0a020000 + i;
    s.seq = i * 1000003;
    s.flags = kSyn;
    if (i % 2 == 0) {
      s.options = Timestamps(5000);
      s.options.insert(s.options.end(), {2, 4, 5, 0xb4, 1, 3, 3, 7, 1, 1, 4, 2});
    }
    answer = Answer(s);
    ASSERT_EQ(unsigned(kSyn | kAck), answer.flags);
    clock.now_ns += 100000000;
    s.flags = kAck;
    s.seq++;
    s.ack = answer.seq + 1;
    s.data = "hello";
    if (i % 2 == 0) s.options = Timestamps(5001);
    received_.clear();
    Answer(s);
    ASSERT_EQ(i + 1, accepted_);
    EXPECT_EQ("hello", received_);
    Abort();
  }
}

/* What a client says of its largest segment comes back, rounded down, from what the cookie could keep. */
TEST_F(Guard, SynFlood_SegmentsAreAsTheClientTakesThem) {
  const struct {
    Bytes options;
    size_t largest;
  } cases[] = {
      {{}, 536},
      {{2, 4, 2, 0x58}, 536},  /* 600 */
      {{2, 4, 5, 0x14}, 1220}, /* 1300 */
      {{2, 4, 5, 0xb3}, 1440}, /* 1459 */
      {{2, 4, 5, 0xb4}, 1460},
      {{2, 4, 0x23, 0x28}, 1460},         /* 9000 */
      {{2, 6, 5, 0xb4, 0, 0, 1, 1}, 536}, /* no MSS has six bytes */
  };
  std::string text(3000, 'x');
  Segment s, answer;
  size_t taken;

  s.flags = kSyn;
  for (s.port = 1; s.port <= 15; s.port++) Answer(s);
  for (const auto &c : cases) {
    SCOPED_TRACE(c.largest);
    Segment client;

    client.port = ++s.port;
    client.options = c.options;
    client = Connect(client);
    client.options.clear();
    Answer(client);
    ASSERT_NE(nullptr, server_);
    answers_.clear();
    ASSERT_EQ(AT_OK, at_ip_tcp_write(server_, &taken, text.data(), text.size(), 0));
    Run([] { return false; }, 0);
    ASSERT_FALSE(answers_.empty());
    EXPECT_EQ(c.largest, answers_[0].data.size());
    Abort();
  }
}

TEST_F(Guard, SynFlood_AcksThatAreGuessed_OrTooOld_AreReset) {
  Segment s;
  Segment answer;

  s.flags = kSyn;
  for (s.port = 1; s.port <= 20; s.port++) answer = Answer(s);
  s.port = 20;
  s.flags = kAck;
  s.seq = 1;
  s.ack = answer.seq + 1 + 256;
  EXPECT_EQ(unsigned(kRst), Answer(s).flags & kRst);
  s.ack = answer.seq + 1;
  s.client++;
  EXPECT_EQ(unsigned(kRst), Answer(s).flags & kRst) << "another's";
  s.client--;
  Pass(129);
  EXPECT_EQ(unsigned(kRst), Answer(s).flags & kRst) << "too old";
  EXPECT_EQ(0u, accepted_);
}

}  // namespace
