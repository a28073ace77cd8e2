/* SPDX-License-Identifier: ISC */
/* A server and clients that are written out: what is left of connections, and what strangers may not do to one. */
#include "stacks.h"

extern "C" struct tcp_pcb *tcp_tw_pcbs; /* lwIP's, which it walks for every segment */

namespace {

enum { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16 };
const uint8_t kGateway[] = {0x02, 0, 0, 0, 0, 9};

struct Segment {
  uint32_t client = 0x0a010000; /* its address */
  uint16_t port = 1000;         /* its port */
  unsigned flags = 0;
  uint32_t seq = 0, ack = 0;
  Bytes options;
  std::string data;
};

void Add(Bytes *to, unsigned size, uint32_t value) {
  while (size-- > 0) to->push_back(uint8_t(value >> size * 8));
}

Bytes FrameOf(const Segment &s) {
  Bytes tcp, frame = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0};
  uint16_t sum;

  Add(&tcp, 2, s.port);
  Add(&tcp, 2, 80);
  Add(&tcp, 4, s.seq);
  Add(&tcp, 4, s.ack);
  Add(&tcp, 2, unsigned((5 + s.options.size() / 4) << 12 | s.flags));
  Add(&tcp, 2, 8192);
  Add(&tcp, 4, 0);
  tcp.insert(tcp.end(), s.options.begin(), s.options.end());
  tcp.insert(tcp.end(), s.data.begin(), s.data.end());
  Add(&frame, 2, unsigned(20 + tcp.size()));
  Add(&frame, 4, 0);
  Add(&frame, 4, 64 << 24 | 6 << 16);
  Add(&frame, 4, s.client);
  Add(&frame, 4, 0x0a000001);
  sum = InternetChecksum(frame.data() + 14, 20);
  frame[24] = uint8_t(sum >> 8);
  frame[25] = uint8_t(sum);
  sum = InternetChecksum(tcp.data(), tcp.size(),
                         (s.client >> 16) + (s.client & 0xffff) + 0x0a00 + 1 + 6 + uint32_t(tcp.size()));
  tcp[16] = uint8_t(sum >> 8);
  tcp[17] = uint8_t(sum);
  frame.insert(frame.end(), tcp.begin(), tcp.end());
  return frame;
}

uint32_t Get(const Bytes &frame, size_t at, unsigned size) {
  uint32_t value = 0;

  while (size-- > 0) value = value << 8 | frame[at++];
  return value;
}

/* What the server sent; `port` and `client` are whom it went to. */
Segment SegmentOf(const Bytes &frame) {
  Segment s;
  size_t header = 34 + (frame[46] >> 4) * 4;

  s.client = Get(frame, 30, 4);
  s.port = uint16_t(Get(frame, 36, 2));
  s.seq = Get(frame, 38, 4);
  s.ack = Get(frame, 42, 4);
  s.flags = frame[47];
  s.options.assign(frame.begin() + 54, frame.begin() + header);
  s.data.assign(frame.begin() + header, frame.end());
  return s;
}

Bytes Timestamps(uint32_t value) {
  Bytes options = {1, 1, 8, 10};

  Add(&options, 4, value);
  Add(&options, 4, 0);
  return options;
}

class GuardTest : public StacksTest {
 protected:
  void SetUp() override {
    at_ip_settings settings = {};
    at_ip_address any = {};
    Bytes arp = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1};

    settings.address = us.Address();
    settings.prefix = 24;
    settings.gateway = at_ip_address_v4(10, 0, 0, 9);
    ASSERT_EQ(AT_OK, us.Start(&settings));
    ASSERT_EQ(AT_OK, at_ip_tcp_listen(
                         us.ip, &listener_, &any, 80, 16,
                         [](at_ip_tcp *tcp, void *user) { static_cast<GuardTest *>(user)->Accepted(tcp); }, this));
    carries = [this](Bytes &frame, bool) {
      if (Get(frame, 12, 2) == 0x800 && frame[23] == 6) answers_.push_back(SegmentOf(frame));
      return false;
    };
    arp.insert(arp.end(), kGateway, kGateway + 6);
    Add(&arp, 4, 0x0a000009);
    Add(&arp, 2, 0);
    Add(&arp, 4, 0);
    Add(&arp, 4, 0x0a000001);
    us.device.Arrive(arp);
    Run([] { return false; }, 0);
  }

  void Accepted(at_ip_tcp *tcp) {
    static const at_ip_tcp_events events = {
        nullptr,
        [](at_ip_tcp *tcp, void *user, at_ip_data *data) {
          std::string bytes(at_ip_data_size(data), 0);

          at_ip_data_copy(data, 0, &bytes[0], bytes.size());
          static_cast<GuardTest *>(user)->received_ += bytes;
          at_ip_data_free(data);
          at_ip_tcp_consumed(tcp, bytes.size());
        },
        [](at_ip_tcp *tcp, void *) { at_ip_tcp_close(tcp); },
        nullptr,
        nullptr,
        [](at_ip_tcp *, void *user, at_status) { static_cast<GuardTest *>(user)->server_ = nullptr; },
    };

    accepted_++;
    server_ = tcp;
    at_ip_tcp_own(tcp, &events, this);
    if (closes_at_once_) {
      at_ip_tcp_close(tcp);
      server_ = nullptr;
    }
  }

  /* What the server sends to its client when `s` arrives. */
  std::vector<Segment> Answers(const Segment &s) {
    std::vector<Segment> to_client;

    answers_.clear();
    us.device.Arrive(FrameOf(s));
    Run([] { return false; }, 0);
    for (const Segment &answer : answers_) {
      if (answer.client == s.client && answer.port == s.port) to_client.push_back(answer);
    }
    return to_client;
  }

  /* The same for one answer at most; without one its flags are 0. */
  Segment Answer(const Segment &s) {
    auto all = Answers(s);

    EXPECT_GE(1u, all.size());
    return all.empty() ? Segment() : all[0];
  }

  /* A connection of `s.client` and `s.port`, whose SYN is `s`; returns what the client would send next. */
  Segment Connect(Segment s) {
    Segment answer;

    s.flags = kSyn;
    answer = Answer(s);
    EXPECT_EQ(unsigned(kSyn | kAck), answer.flags);
    EXPECT_EQ(s.seq + 1, answer.ack);
    s.flags = kAck;
    s.seq++;
    s.ack = answer.seq + 1;
    return s;
  }

  /* A whole connection that the server closes. Returns a segment with the numbers that come next. */
  Segment Quick(const Segment &syn) {
    Segment s = Connect(syn);

    closes_at_once_ = true;
    EXPECT_EQ(unsigned(kFin | kAck), Answer(s).flags);
    closes_at_once_ = false;
    s.flags = kFin | kAck;
    s.ack++;
    EXPECT_EQ(unsigned(kAck), Answer(s).flags);
    s.seq++;
    return s;
  }

  void Abort() {
    at_ip_tcp_abort(server_);
    server_ = nullptr;
    Run([] { return false; }, 0);
  }

  void Pass(uint64_t seconds) {
    for (; seconds > 0; seconds--) {
      clock.now_ns += 1000000000;
      Run([] { return false; }, 0);
    }
  }

  size_t Live() {
    struct at_mm_heap_stats stats;

    at_mm_heap_stats(&us.heap, &stats);
    return stats.live;
  }

  at_ip_tcp_listener *listener_ = nullptr;
  at_ip_tcp *server_ = nullptr;
  std::vector<Segment> answers_;
  std::string received_;
  unsigned accepted_ = 0;
  bool closes_at_once_ = false;
};

/* RFC 9293, 3.10.7.8, and RFC 6191: what each segment gets that comes for a connection in TIME-WAIT. */
TEST_F(GuardTest, InTimeWait_SegmentsAreAnsweredAsRfc9293And6191Say) {
  struct {
    const char *what;
    bool had_timestamps;
    unsigned flags;
    int32_t seq;       /* less what comes next */
    int32_t timestamp; /* less the last one; 0: no option */
    unsigned answer;
    bool is_over; /* an older SYN gets in */
  } cases[] = {
      {"the FIN again", false, kFin | kAck, -1, 0, kAck, false},
      {"an ACK", false, kAck, 0, 0, 0, false},
      {"a RST of the right number", false, kRst, 0, 0, 0, true},
      {"a RST in the window", false, kRst, 1, 0, 0, false},
      {"a SYN with a greater number", false, kSyn, 1, 0, kSyn | kAck, true},
      {"a SYN with a smaller number", false, kSyn, -1000, 0, kAck, false},
      {"a SYN with a smaller number, first timestamp", false, kSyn, -1000, 1, kSyn | kAck, true},
      {"a SYN with a greater timestamp", true, kSyn, -1000, 1, kSyn | kAck, true},
      {"a SYN with a smaller timestamp", true, kSyn, 1000, -1, kAck, false},
      {"a SYN with a greater number and no timestamp", true, kSyn, 1000, 0, kSyn | kAck, true},
      {"a SYN and ACK", false, kSyn | kAck, 1000, 0, kAck, false},
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
    s.options = c.timestamp == 0 ? Bytes() : Timestamps((c.had_timestamps ? 5000 : 0) + c.timestamp);
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
TEST_F(GuardTest, PortReused_AnOldSyn_GetsInAfterItsReset) {
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

TEST_F(GuardTest, TimeWait_EndsAfterTwoMinutes_LaterIfTheFinComesAgain) {
  Segment s, first, second;

  s.port = 1;
  first = Quick(s);
  s.port = 2;
  second = Quick(s);
  Pass(60);
  first.flags = kFin | kAck;
  first.seq--;
  EXPECT_EQ(unsigned(kAck), Answer(first).flags);
  Pass(61);
  for (auto *each : {&first, &second}) {
    each->flags = kSyn;
    each->seq -= 1000;
  }
  EXPECT_EQ(unsigned(kAck), Answer(first).flags);
  EXPECT_EQ(unsigned(kSyn | kAck), Answer(second).flags);
}

TEST_F(GuardTest, TenThousandConnections_LeaveLwipNothingToWalk_AndNoMemoryInTheEnd) {
  size_t before = Live();
  Segment s;

  for (unsigned i = 0; i < 10000; i++) {
    s.client = 0x0a010000 + i / 100;
    s.port = uint16_t(1000 + i % 100);
    Quick(s);
    ASSERT_EQ(nullptr, tcp_tw_pcbs);
  }
  EXPECT_LT(Live() - before, 10100u) << "one small object for each";
  Pass(122);
  EXPECT_EQ(before, Live());
}

TEST_F(GuardTest, NoMemory_TimeWaitGivesWay) {
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

/* RFC 5961: what somebody can do who knows the two ends and nothing else. */
TEST_F(GuardTest, BlindSegments_AreChallengedOrDropped) {
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

TEST_F(GuardTest, Challenges_AreFew) {
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

TEST_F(GuardTest, HalfOpen_ItsSynAgainIsAnswered_AnotherIsChallenged) {
  Segment s = Connect(Segment());

  s.flags = kSyn;
  s.seq--;
  EXPECT_EQ(unsigned(kSyn | kAck), Answer(s).flags);
  s.seq += 5000;
  EXPECT_EQ(unsigned(kAck), Answer(s).flags);
}

/* A hundred connections, each after a hundred SYNs of clients that never answer. */
TEST_F(GuardTest, SynFlood_RealConnectionsGetIn_WithTheirOptions) {
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

TEST_F(GuardTest, SynFlood_AcksThatAreGuessed_OrTooOld_AreReset) {
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
