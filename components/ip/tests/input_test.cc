/* SPDX-License-Identifier: ISC */
/* One stack and a peer that is written out: what it answers, and what it drops before lwIP sees it. */
#include "stacks.h"

namespace {

const uint8_t kPeerMac[] = {0x02, 0, 0, 0, 0, 9};
const uint8_t kOurMac[] = {0x02, 0, 0, 0, 0, 1};

void Add16(Bytes *to, unsigned value) {
  to->push_back(uint8_t(value >> 8));
  to->push_back(uint8_t(value));
}

void Add(Bytes *to, std::initializer_list<uint8_t> bytes) { to->insert(to->end(), bytes); }

void Patch16(Bytes *frame, size_t at, unsigned value) {
  (*frame)[at] = uint8_t(value >> 8);
  (*frame)[at + 1] = uint8_t(value);
}

Bytes Ethernet(unsigned type) {
  Bytes frame(kOurMac, kOurMac + 6);

  frame.insert(frame.end(), kPeerMac, kPeerMac + 6);
  Add16(&frame, type);
  return frame;
}

Bytes ArpRequest() {
  Bytes frame = Ethernet(0x0806);

  Add(&frame, {0, 1, 8, 0, 6, 4, 0, 1});
  frame.insert(frame.end(), kPeerMac, kPeerMac + 6);
  Add(&frame, {10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1});
  return frame;
}

/* From 10.0.0.9 to 10.0.0.1. */
Bytes Ipv4(uint8_t protocol, const Bytes &payload) {
  Bytes frame = Ethernet(0x0800);

  Add(&frame, {0x45, 0});
  Add16(&frame, unsigned(20 + payload.size()));
  Add(&frame, {0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1});
  Patch16(&frame, 24, InternetChecksum(frame.data() + 14, 20));
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

Bytes EchoRequest(size_t size) {
  Bytes icmp = {8, 0, 0, 0, 0x12, 0x34, 0, 1};

  for (size_t i = 0; i < size; i++) icmp.push_back(uint8_t(i * 7));
  Patch16(&icmp, 2, InternetChecksum(icmp.data(), icmp.size()));
  return Ipv4(1, icmp);
}

/* A SYN to port 80 with these options. */
Bytes Syn(const Bytes &options) {
  Bytes tcp = {0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, uint8_t((5 + options.size() / 4) << 4), 2, 0x20, 0};
  Bytes frame;

  Add(&tcp, {0, 0, 0, 0});
  tcp.insert(tcp.end(), options.begin(), options.end());
  frame = Ipv4(6, tcp);
  Patch16(&frame, 14 + 20 + 16, InternetChecksum(tcp.data(), tcp.size(), 2 * (10 << 8) + 10 + 6 + tcp.size()));
  return frame;
}

class InputTest : public StacksTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(AT_OK, us.Start());
    Run([] { return false; }, 30000000000); /* what a stack says when it starts */
    sent_.clear();
    carries = [this](Bytes &frame, bool) {
      sent_.push_back(frame);
      return false;
    };
  }

  /* What the stack sends when `frame` arrives. */
  std::vector<Bytes> Answer(const Bytes &frame) {
    sent_.clear();
    us.device.Arrive(frame);
    Run([] { return false; }, 0);
    return sent_;
  }

  std::vector<Bytes> sent_;
};

TEST_F(InputTest, ArpRequest_IsAnswered) {
  auto answer = Answer(ArpRequest());

  ASSERT_EQ(1u, answer.size());
  EXPECT_EQ(Bytes(kPeerMac, kPeerMac + 6), Bytes(answer[0].begin(), answer[0].begin() + 6));
  EXPECT_EQ(2, answer[0][21]) << "a reply";
  EXPECT_EQ(Bytes(kOurMac, kOurMac + 6), Bytes(answer[0].begin() + 22, answer[0].begin() + 28));
}

TEST_F(InputTest, EchoRequest_IsAnsweredWithItsBytes) {
  Answer(ArpRequest());
  for (size_t size : {0, 1, 56, 200, 250, 1000, 1472}) {
    SCOPED_TRACE(size);
    Bytes request = EchoRequest(size);
    auto answer = Answer(request);

    ASSERT_EQ(1u, answer.size());
    ASSERT_EQ(request.size(), answer[0].size());
    EXPECT_TRUE(HasRightChecksums(answer[0]));
    EXPECT_EQ(0, answer[0][34]) << "an echo reply";
    EXPECT_EQ(Bytes(request.begin() + 38, request.end()), Bytes(answer[0].begin() + 38, answer[0].end()));
  }
  EXPECT_EQ(0u, us.device.held);
}

TEST_F(InputTest, FrameInManySmallParts_IsOneFrame) {
  Answer(ArpRequest());
  us.device.part_size = 100;
  auto answer = Answer(EchoRequest(1000));

  ASSERT_EQ(1u, answer.size());
  EXPECT_TRUE(HasRightChecksums(answer[0]));
}

TEST_F(InputTest, Syn_ToNobody_IsReset) {
  Answer(ArpRequest());
  auto answer = Answer(Syn({}));

  ASSERT_EQ(1u, answer.size());
  EXPECT_EQ(0x14, answer[0][14 + 20 + 13]) << "RST and ACK";
}

TEST_F(InputTest, WrongChecksum_IsNotAnswered_UnlessTheDeviceVouchesForIt) {
  Bytes frame = Syn({});

  Answer(ArpRequest());
  frame[14 + 20 + 17] ^= 1;
  EXPECT_EQ(0u, Answer(frame).size());
  us.device.says_checksum_ok = true;
  EXPECT_EQ(1u, Answer(frame).size());
  us.device.says_checksum_ok = false;
  EXPECT_EQ(0u, Answer(frame).size()) << "one frame's word is not the next one's";
}

/* What lwIP must not see. Each is a good frame with one thing wrong. */
TEST_F(InputTest, MalformedFrames_AreDroppedAndCounted) {
  struct Case {
    const char *what;
    Bytes frame;
  };
  std::vector<Case> cases;
  auto cut = [](Bytes frame, size_t size) {
    frame.resize(size);
    return frame;
  };
  auto with = [](Bytes frame, size_t at, uint8_t value) {
    frame[at] = value;
    return frame;
  };

  cases.push_back({"one byte", {0}});
  cases.push_back({"half an Ethernet header", cut(ArpRequest(), 13)});
  cases.push_back({"an Ethernet header only", cut(ArpRequest(), 14)});
  cases.push_back({"a type that is unknown", Ethernet(0x88b5)});
  cases.push_back({"a VLAN tag", Ethernet(0x8100)});
  cases.push_back({"ARP that is cut", cut(ArpRequest(), 14 + 27)});
  cases.push_back({"IPv4 that is cut", cut(EchoRequest(0), 14 + 19)});
  cases.push_back({"version 5", with(EchoRequest(0), 14, 0x55)});
  cases.push_back({"a header of 16 bytes", with(EchoRequest(0), 14, 0x44)});
  cases.push_back({"a header longer than the packet", with(EchoRequest(0), 14, 0x4f)});
  cases.push_back({"a packet longer than the frame", with(EchoRequest(0), 17, 29)});
  cases.push_back({"a packet shorter than its header", with(EchoRequest(0), 17, 19)});
  cases.push_back({"half a TCP header", with(cut(Syn({}), 14 + 20 + 10), 17, 30)});
  cases.push_back({"a TCP header of 16 bytes", with(Syn({}), 14 + 20 + 12, 0x40)});
  cases.push_back({"a TCP header longer than the packet", with(Syn({}), 14 + 20 + 12, 0xf0)});
  cases.push_back({"IPv6 that is cut", cut(Ethernet(0x86dd), 14)});
  {
    Bytes frame = Ethernet(0x86dd);

    frame.resize(14 + 40);
    frame[14] = 0x60;
    frame[14 + 5] = 1;
    cases.push_back({"an IPv6 packet longer than the frame", frame});
    frame[14 + 5] = 0;
    cases.push_back({"an IPv6 packet of version 5", with(frame, 14, 0x50)});
    cases.push_back({"IPv6 with no TCP header", with(frame, 14 + 6, 6)});
  }
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    uint64_t before = us.Stats().rx_malformed;

    EXPECT_EQ(0u, Answer(c.frame).size());
    EXPECT_EQ(before + 1, us.Stats().rx_malformed);
  }
  EXPECT_EQ(0u, us.device.held);
  EXPECT_EQ(1u, Answer(ArpRequest()).size()) << "it is well";
}

TEST_F(InputTest, FrameBeyondIpsLargest_IsDropped) {
  us.device.part_size = 65536;
  EXPECT_EQ(0u, Answer(Bytes(65550)).size());
  EXPECT_EQ(1u, us.Stats().rx_no_memory);
  EXPECT_EQ(0u, us.device.held);
}

/* Options that end in the middle of one: lwIP may ignore or refuse them, but must not read beyond (ASan looks). */
TEST_F(InputTest, TcpOptionsThatAreCut_DoNoHarm) {
  Answer(ArpRequest());
  for (const Bytes &options :
       {Bytes{1, 1, 1, 2}, Bytes{1, 1, 2, 4}, Bytes{1, 2, 4, 5}, Bytes{1, 1, 1, 3}, Bytes{1, 1, 8, 10},
        Bytes{8, 10, 0, 0}, Bytes{2, 0, 0, 0}, Bytes{99, 40, 0, 0}, Bytes{1, 1, 1, 99}, Bytes{4, 1, 4, 1}}) {
    at_ip_address any = {};
    at_ip_tcp_listener *listener;

    ASSERT_EQ(AT_OK, at_ip_tcp_listen(
                         us.ip, &listener, &any, 80, 1, [](at_ip_tcp *tcp, void *) { at_ip_tcp_abort(tcp); }, nullptr));
    Answer(Syn(options));
    at_ip_tcp_listener_close(listener);
  }
  EXPECT_EQ(1u, Answer(ArpRequest()).size());
}

/* Every allocation may fail; the stack goes on, and answers when there is memory again. */
TEST_F(InputTest, NoMemory_LosesFramesAndNothingElse) {
  std::vector<void *> hog;
  void *object;

  Answer(ArpRequest());
  for (size_t size : {65536, 4096, 512, 128, 64, 16}) {
    while ((object = at_mm_heap_alloc(&us.heap, size)) != nullptr) hog.push_back(object);
  }
  EXPECT_EQ(0u, Answer(EchoRequest(100)).size());
  EXPECT_EQ(0u, Answer(EchoRequest(1000)).size());
  EXPECT_EQ(2u, us.Stats().rx_no_memory);
  EXPECT_EQ(0u, us.device.held);
  for (void *held : hog) at_mm_heap_free(&us.heap, held);
  EXPECT_EQ(1u, Answer(EchoRequest(100)).size());
}

TEST_F(InputTest, FullRing_FramesWaitAndGoOut) {
  Answer(ArpRequest());
  us.device.ring = 0;
  for (int i = 0; i < 40; i++) EXPECT_EQ(0u, Answer(EchoRequest(10)).size());
  EXPECT_GT(us.Stats().tx_dropped, 0u) << "they do not wait without bound";
  us.device.ring = 64;
  sent_.clear();
  Run([] { return false; }, 0);
  EXPECT_GE(sent_.size(), 30u);
}

TEST_F(InputTest, Idle_SaysNothing) {
  Run([] { return false; }, 10000000000);
  EXPECT_EQ(0u, sent_.size());
}

TEST_F(InputTest, SecondStack_IsRefused) {
  at_ip_config config = {};
  at_ip *second;

  config.wait = clock.wait();
  config.heap = &us.heap;
  EXPECT_EQ(AT_EXISTS, at_ip_init(&second, &config));
}

}  // namespace
