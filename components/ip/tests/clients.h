/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_TESTS_CLIENTS_H
#define ATMAN_IP_TESTS_CLIENTS_H

/* A server, and clients whose segments a test writes out. */
#include "stacks.h"

extern "C" struct tcp_pcb *tcp_tw_pcbs; /* lwIP's, which it walks for every segment */

enum { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16 };
const uint8_t kGateway[] = {0x02, 0, 0, 0, 0, 9};

struct Segment {
  uint32_t client = 0x0a010000; /* its address */
  uint16_t port = 1000;         /* its port */
  uint16_t server_port = 80;
  unsigned flags = 0;
  uint32_t seq = 0, ack = 0;
  uint16_t window = 8192;
  Bytes options;
  std::string data;
};

inline void Add(Bytes *to, unsigned size, uint32_t value) {
  while (size-- > 0) to->push_back(uint8_t(value >> size * 8));
}

inline Bytes FrameOf(const Segment &s) {
  Bytes tcp, frame = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0};
  uint16_t sum;

  Add(&tcp, 2, s.port);
  Add(&tcp, 2, s.server_port);
  Add(&tcp, 4, s.seq);
  Add(&tcp, 4, s.ack);
  Add(&tcp, 2, unsigned((5 + s.options.size() / 4) << 12 | s.flags));
  Add(&tcp, 2, s.window);
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

inline uint32_t Get(const Bytes &frame, size_t at, unsigned size) {
  uint32_t value = 0;

  while (size-- > 0) value = value << 8 | frame[at++];
  return value;
}

/* What the server sent; `port` and `client` are whom it went to. */
inline Segment SegmentOf(const Bytes &frame) {
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

inline Bytes Timestamps(uint32_t value) {
  Bytes options = {1, 1, 8, 10};

  Add(&options, 4, value);
  Add(&options, 4, 0);
  return options;
}

class ClientsTest : public StacksTest {
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
                         [](at_ip_tcp *tcp, void *user) { static_cast<ClientsTest *>(user)->Accepted(tcp); }, this));
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
          static_cast<ClientsTest *>(user)->received_ += bytes;
          at_ip_data_free(data);
          at_ip_tcp_consumed(tcp, bytes.size());
        },
        [](at_ip_tcp *tcp, void *) { at_ip_tcp_close(tcp); },
        nullptr,
        nullptr,
        [](at_ip_tcp *, void *user, at_status) { static_cast<ClientsTest *>(user)->server_ = nullptr; },
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

#endif /* ATMAN_IP_TESTS_CLIENTS_H */
