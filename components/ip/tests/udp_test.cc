/* SPDX-License-Identifier: ISC */
/* UDP between two stacks, and what is made of it: DHCP and DNS, whose servers are a few lines here. */
#include "stacks.h"

#include <atman/ip/dns.h>

namespace {

/* A socket of either stack, with what it has received. */
struct Socket {
  explicit Socket(const Functions &functions) : f(functions) {}
  ~Socket() {
    if (udp != nullptr) f.at_ip_udp_close(udp);
  }

  at_status Open(Stack &stack, uint16_t port) {
    at_ip_address any = {};

    return f.at_ip_udp_open(
        stack.ip, &udp, &any, port,
        [](at_ip_udp *, void *user, at_ip_data *data, const at_ip_address *from, uint16_t port) {
          Socket *s = static_cast<Socket *>(user);
          Bytes bytes(s->f.at_ip_data_size(data));

          s->f.at_ip_data_copy(data, 0, bytes.data(), bytes.size());
          s->f.at_ip_data_free(data);
          s->from = *from;
          s->from_port = port;
          s->received.push_back(bytes);
          if (s->answer) s->answer(bytes);
        },
        this);
  }

  at_status Send(const at_ip_address &to, uint16_t port, const Bytes &bytes) {
    return f.at_ip_udp_send(udp, &to, port, bytes.data(), bytes.size());
  }

  void Close() {
    f.at_ip_udp_close(udp);
    udp = nullptr;
  }

  const Functions &f;
  at_ip_udp *udp = nullptr;
  std::vector<Bytes> received;
  at_ip_address from = {};
  uint16_t from_port = 0;
  std::function<void(const Bytes &)> answer;
};

class UdpTest : public StacksTest {
 protected:
  void TearDown() override {
    for (Socket *socket : {&ours, &theirs}) {
      if (socket->udp != nullptr) socket->Close();
    }
    StacksTest::TearDown();
  }

  Socket ours{kOurs}, theirs{kPeers};
};

TEST_F(UdpTest, Datagrams_ArriveWholeWithTheirSender) {
  StartBoth();
  ASSERT_EQ(AT_OK, ours.Open(us, 7));
  ASSERT_EQ(AT_OK, theirs.Open(peer, 0));
  for (size_t size : {0, 1, 100, 1472, 1473, 20000, 65507}) {
    SCOPED_TRACE(size);
    Bytes bytes(size, uint8_t(size));

    ours.received.clear();
    ASSERT_EQ(AT_OK, theirs.Send(us.Address(), 7, bytes));
    ASSERT_TRUE(Run([&] { return !ours.received.empty(); }));
    EXPECT_TRUE(bytes == ours.received[0]);
    EXPECT_EQ(0, memcmp(peer.Address().bytes, ours.from.bytes, 4));
    EXPECT_GE(ours.from_port, 49152);
  }
  EXPECT_EQ(AT_TOO_BIG, theirs.Send(us.Address(), 7, Bytes(65508)));
}

/* Whose header is 20 bytes longer than IPv4's. */
TEST_F(UdpTest, LargestDatagramOverIpv6_Arrives) {
  at_ip_address to;

  StartBoth();
  ASSERT_EQ(AT_OK, ours.Open(us, 7));
  ASSERT_EQ(AT_OK, theirs.Open(peer, 0));
  ASSERT_TRUE(Run([&] { return at_ip_interface_address(us.interface, &to, AT_IP_V6) == AT_OK; }));
  ASSERT_EQ(AT_OK, theirs.Send(to, 7, {1}));
  ASSERT_TRUE(Run([&] { return !ours.received.empty(); })) << "addresses are known";
  EXPECT_EQ(AT_OK, theirs.Send(to, 7, Bytes(65487)));
  EXPECT_TRUE(Run([&] { return ours.received.back().size() == 65487; }));
  for (size_t size : {65488, 65507, 65508}) EXPECT_EQ(AT_TOO_BIG, theirs.Send(to, 7, Bytes(size))) << size;
}

TEST_F(UdpTest, PortOfAnother_IsRefused) {
  Socket second{kOurs};

  StartBoth();
  ASSERT_EQ(AT_OK, ours.Open(us, 7));
  EXPECT_EQ(AT_EXISTS, second.Open(us, 7));
}

TEST_F(UdpTest, FragmentsThatNeverBecomeWhole_AreGivenUp) {
  StartBoth();
  ASSERT_EQ(AT_OK, ours.Open(us, 7));
  ASSERT_EQ(AT_OK, theirs.Open(peer, 0));
  ASSERT_EQ(AT_OK, theirs.Send(us.Address(), 7, {1}));
  ASSERT_TRUE(Run([&] { return !ours.received.empty(); })) << "addresses are known";
  unsigned number = 0;
  carries = [&](Bytes &, bool from_us) { return from_us || number++ % 14 != 3; };
  for (int i = 0; i < 30; i++) ASSERT_EQ(AT_OK, theirs.Send(us.Address(), 7, Bytes(20000)));
  EXPECT_FALSE(Run([&] { return ours.received.size() > 1; }, 90000000000)); /* and TearDown finds nothing left */
}

TEST_F(UdpTest, HeldDatagram_KeepsTheStackBusy) {
  static at_ip_data *held;
  at_ip_address any = {};
  at_ip_udp *udp;

  StartBoth();
  held = nullptr;
  ASSERT_EQ(AT_OK,
            at_ip_udp_open(
                us.ip, &udp, &any, 7,
                [](at_ip_udp *, void *, at_ip_data *data, const at_ip_address *, uint16_t) { held = data; }, nullptr));
  ASSERT_EQ(AT_OK, theirs.Open(peer, 0));
  ASSERT_EQ(AT_OK, theirs.Send(us.Address(), 7, {1}));
  ASSERT_TRUE(Run([] { return held != nullptr; }));
  EXPECT_EQ(AT_BUSY, at_ip_fini(us.ip));
  at_ip_data_free(held);
  us.Stop();
}

/* A device's word is for a whole datagram's checksum, and only for that frame. */
TEST_F(UdpTest, WrongChecksum_IsLost_UnlessTheDeviceVouchesForAWholeDatagram) {
  const at_ip_address v4 = us.Address();
  at_ip_address v6;

  StartBoth();
  ASSERT_EQ(AT_OK, ours.Open(us, 7));
  ASSERT_EQ(AT_OK, theirs.Open(peer, 0));
  ASSERT_TRUE(Run([&] { return at_ip_interface_address(us.interface, &v6, AT_IP_V6) == AT_OK; }));
  for (const at_ip_address &to : {v4, v6}) {
    SCOPED_TRACE(int(to.family));
    carries = nullptr;
    ASSERT_EQ(AT_OK, theirs.Send(to, 7, {1}));
    ASSERT_TRUE(Run([&] { return !ours.received.empty(); })) << "addresses are known";
    carries = [](Bytes &frame, bool from_us) {
      if (!from_us && frame.size() > 60) frame.back() ^= 1;
      return true;
    };
    for (bool vouches : {false, true}) {
      for (size_t size : {100, 3000}) {
        SCOPED_TRACE(size);
        ours.received.clear();
        us.device.says_checksum_ok = vouches;
        ASSERT_EQ(AT_OK, theirs.Send(to, 7, Bytes(size)));
        EXPECT_EQ(vouches && size == 100, Run([&] { return !ours.received.empty(); }, 1000000000));
      }
    }
    us.device.says_checksum_ok = false;
    ours.received.clear();
  }
  carries = nullptr;
}

/* A DHCP server on the peer's stack. */
class DhcpTest : public UdpTest {
 protected:
  void StartServer() {
    at_ip_settings dhcp = {};

    dhcp.dhcp = true;
    ASSERT_EQ(AT_OK, us.Start(&dhcp));
    ASSERT_EQ(AT_OK, peer.Start());
    ASSERT_EQ(AT_OK, theirs.Open(peer, 67));
    theirs.answer = [this](const Bytes &request) { Reply(request); };
  }

  static uint8_t TypeOf(const Bytes &message) {
    for (size_t i = 240; i + 2 < message.size() && message[i] != 255; i += 2 + message[i + 1]) {
      if (message[i] == 53) return message[i + 2];
    }
    return 0;
  }

  void Reply(const Bytes &request) {
    static const uint8_t options[] = {54,  4, 10, 0, 0,  2, 51, 4, 0, 0, 2,  88, 1, 4, 255, 255,
                                      255, 0, 3,  4, 10, 0, 0,  2, 6, 4, 10, 0,  0, 2, 255};
    uint8_t type = TypeOf(request);
    Bytes reply(request.begin(), request.begin() + 240);

    types += char('0' + type);
    if (is_silent) return;
    reply[0] = 2;
    reply[16] = 10, reply[17] = reply[18] = 0, reply[19] = 50;
    reply.insert(reply.end(), {53, 1, uint8_t(type == 1 ? 2 : 5)});
    reply.insert(reply.end(), options, options + sizeof(options));
    EXPECT_EQ(AT_OK, theirs.Send(at_ip_address_v4(255, 255, 255, 255), 68, reply));
  }

  bool HasAddress() {
    at_ip_address address;

    return at_ip_interface_address(us.interface, &address, AT_IP_V4) == AT_OK && address.bytes[3] == 50;
  }

  std::string types; /* of messages that came */
  bool is_silent = false;
};

TEST_F(DhcpTest, Address_IsAskedForAndRenewed) {
  at_ip_address servers[AT_IP_DNS_SERVERS_MAX];
  size_t count;

  StartServer();
  ASSERT_TRUE(Run([&] { return HasAddress(); }, 20000000000)) << types;
  EXPECT_EQ("13", types) << "DISCOVER, REQUEST";
  at_ip_dns_servers(us.ip, servers, &count);
  ASSERT_EQ(1u, count);
  EXPECT_EQ(2, servers[0].bytes[3]);
  EXPECT_FALSE(Run([&] { return !HasAddress(); }, 1500000000000)) << "a lease of ten minutes is renewed";
  EXPECT_GT(types.size(), 4u);
}

/* It called into lwIP without saying so, which ended the program: nobody had ever waited. */
TEST_F(DhcpTest, InterfaceWait_KnowsWhetherThereIsAnAddress) {
  StartServer();
  EXPECT_EQ(AT_TIMED_OUT, at_ip_interface_wait(us.interface, AT_IP_V4, 0));
  ASSERT_TRUE(Run([&] { return HasAddress(); }, 20000000000));
  EXPECT_EQ(AT_OK, at_ip_interface_wait(us.interface, AT_IP_V4, 0));
  EXPECT_EQ(AT_OK, at_ip_interface_wait(us.interface, AT_IP_ANY, 0));
  EXPECT_EQ(AT_TIMED_OUT, at_ip_interface_wait(us.interface, AT_IP_V6, 0));
}

TEST_F(DhcpTest, LeaseThatIsNotRenewed_IsGivenUp) {
  StartServer();
  ASSERT_TRUE(Run([&] { return HasAddress(); }, 20000000000));
  is_silent = true;
  EXPECT_TRUE(Run([&] { return !HasAddress(); }, 900000000000));
}

/* A DNS server on the peer's stack. */
class DnsTest : public UdpTest {
 protected:
  void SetUp() override {
    at_ip_settings settings = {};

    settings.address = us.Address();
    settings.prefix = 24;
    settings.dns[0] = peer.Address();
    ASSERT_EQ(AT_OK, us.Start(&settings));
    ASSERT_EQ(AT_OK, peer.Start());
    ASSERT_EQ(AT_OK, theirs.Open(peer, 53));
    theirs.answer = [this](const Bytes &question) { Reply(question); };
  }

  void Reply(Bytes question) {
    static const uint8_t answer[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 7};

    questions.push_back(question);
    if (is_silent) return;
    question[2] = 0x81, question[3] = uint8_t(knows ? 0x80 : 0x83), question[7] = uint8_t(knows);
    if (knows) question.insert(question.end(), answer, answer + sizeof(answer));
    EXPECT_EQ(AT_OK, theirs.Send(theirs.from, theirs.from_port, question));
  }

  at_status Ask(const char *name) {
    done = false;
    return at_ip_dns_lookup(
        us.ip, &address, name, AT_IP_V4,
        [](void *user, at_status status, const at_ip_address *found) {
          DnsTest *test = static_cast<DnsTest *>(user);

          test->done = true;
          test->status = status;
          if (found != nullptr) test->address = *found;
        },
        this);
  }

  std::vector<Bytes> questions;
  bool knows = true, is_silent = false, done = false;
  at_status status = AT_OK;
  at_ip_address address = {};
};

TEST_F(DnsTest, Name_IsFoundAndKept) {
  ASSERT_EQ(AT_AGAIN, Ask("www.example"));
  ASSERT_TRUE(Run([&] { return done; }));
  EXPECT_EQ(AT_OK, status);
  EXPECT_EQ(7, address.bytes[3]);
  EXPECT_EQ(AT_OK, Ask("www.example")) << "known by now";
  EXPECT_EQ(1u, questions.size());
  Run([] { return false; }, 40000000000);
  EXPECT_EQ(AT_AGAIN, Ask("www.example")) << "no longer than its 30 seconds";
  ASSERT_TRUE(Run([&] { return done; }));
}

TEST_F(DnsTest, UnknownName_IsNotFound) {
  knows = false;
  ASSERT_EQ(AT_AGAIN, Ask("no.example"));
  ASSERT_TRUE(Run([&] { return done; }));
  EXPECT_EQ(AT_NOT_FOUND, status);
}

TEST_F(DnsTest, SilentServer_IsGivenUp) {
  is_silent = true;
  ASSERT_EQ(AT_AGAIN, Ask("silent.example"));
  ASSERT_TRUE(Run([&] { return done; }, 60000000000));
  EXPECT_EQ(AT_NOT_FOUND, status);
  EXPECT_GT(questions.size(), 1u);
}

TEST_F(DnsTest, QuestionUnderWay_EndsWithTheStack) {
  is_silent = true;
  ASSERT_EQ(AT_AGAIN, Ask("late.example"));
  ASSERT_TRUE(Run([&] { return !questions.empty(); }));
  us.Stop();
  EXPECT_TRUE(done);
  EXPECT_EQ(AT_NOT_FOUND, status);
}

TEST_F(DnsTest, QuestionsHaveNumbersAndPortsThatDiffer) {
  std::set<uint16_t> ports;
  std::set<unsigned> numbers;

  for (const char *name : {"a.example", "b.example", "c.example", "d.example"}) {
    ASSERT_EQ(AT_AGAIN, Ask(name));
    ASSERT_TRUE(Run([&] { return done; }));
    ports.insert(theirs.from_port);
    numbers.insert(unsigned(questions.back()[0] << 8 | questions.back()[1]));
  }
  EXPECT_GE(ports.size(), 3u);
  EXPECT_GE(numbers.size(), 3u);
}

TEST_F(DnsTest, Families_AreAskedForAsWished) {
  const struct {
    at_ip_family family;
    std::vector<uint8_t> types; /* of questions: A, AAAA */
  } cases[] = {{AT_IP_V6, {28}}, {AT_IP_ANY, {1, 28}}};

  knows = false;
  for (const auto &c : cases) {
    questions.clear();
    done = false;
    ASSERT_EQ(AT_AGAIN,
              at_ip_dns_lookup(
                  us.ip, &address, "no.example", c.family,
                  [](void *user, at_status, const at_ip_address *) { *static_cast<bool *>(user) = true; }, &done));
    ASSERT_TRUE(Run([&] { return done; }, 60000000000));
    ASSERT_FALSE(questions.empty());
    EXPECT_EQ(c.types[0], questions[0][questions[0].size() - 3]);
  }
}

TEST_F(DnsTest, Addresses_NeedNoServer) {
  EXPECT_EQ(AT_OK, Ask("10.1.2.3"));
  EXPECT_EQ(3, address.bytes[3]);
  EXPECT_EQ(AT_INVALID, Ask("2001:db8::1zz")) << "that is no name either";
  EXPECT_EQ(AT_INVALID, Ask("10.1.2.3 "));
  EXPECT_EQ(AT_INVALID, Ask(""));
  EXPECT_EQ(AT_INVALID, Ask(std::string(300, 'a').c_str()));
}

/* Found by a fuzzer of frames: the stack's end freed lwIP's half of a socket only. */
TEST_F(UdpTest, SocketLeftOpen_GoesWithTheStack) {
  at_ip_address any = {};
  at_ip_udp *udp;

  ASSERT_EQ(AT_OK, us.Start());
  ASSERT_EQ(AT_OK,
            at_ip_udp_open(
                us.ip, &udp, &any, 7,
                [](at_ip_udp *, void *, at_ip_data *data, const at_ip_address *, uint16_t) { at_ip_data_free(data); },
                nullptr));
  us.Stop();
}

}  // namespace
