/* SPDX-License-Identifier: ISC */
/* What a client is told in headers: what options the server has, what it has got, numbers that nobody can guess. */
#include <set>

#include "clients.h"

namespace {

class ClientTest : public ClientsTest {
 protected:
  /* The value of the option `kind`; false if there is none. */
  static bool Find(const Bytes &options, uint8_t kind, Bytes *value) {
    for (size_t at = 0; at < options.size() && options[at] != 0; at += options[at] == 1 ? 1 : options[at + 1]) {
      if (options[at] != kind) continue;
      value->assign(options.begin() + at + 2, options.begin() + at + options[at + 1]);
      return true;
    }
    return false;
  }

  /* A listener with room for one half-open connection: each SYN gets a cookie. */
  void ListenWithCookies(uint16_t port) {
    const at_ip_address any = {};
    at_ip_tcp_listener *listener;

    ASSERT_EQ(AT_OK, at_ip_tcp_listen(
                         us.ip, &listener, &any, port, 1,
                         [](at_ip_tcp *tcp, void *user) { static_cast<ClientTest *>(user)->Accepted(tcp); }, this));
  }

  /* Of a connection from `port` that the client gives up at once. */
  uint32_t InitialSequence(uint16_t port) {
    Segment s, answer;

    s.port = port;
    s.flags = kSyn;
    answer = Answer(s);
    s.flags = kRst;
    s.seq = answer.ack;
    Answers(s);
    return answer.seq;
  }
};

/* RFC 7323 and 2018: each is used if both name it. */
TEST_F(ClientTest, OptionsOfASyn_AreAnswered) {
  const Bytes scale = {3, 3, 7, 1}, selective = {4, 2, 1, 1};
  Segment s, answer;
  Bytes value;

  s.flags = kSyn;
  answer = Answer(s);
  EXPECT_TRUE(Find(answer.options, 2, &value)) << "its largest segment it always says";
  for (uint8_t kind : {3, 4, 8}) EXPECT_FALSE(Find(answer.options, kind, &value)) << unsigned(kind);
  s.port++;
  s.options = Timestamps(77);
  s.options.insert(s.options.end(), scale.begin(), scale.end());
  s.options.insert(s.options.end(), selective.begin(), selective.end());
  answer = Answer(s);
  EXPECT_TRUE(Find(answer.options, 3, &value));
  EXPECT_TRUE(Find(answer.options, 4, &value));
  ASSERT_TRUE(Find(answer.options, 8, &value));
  EXPECT_EQ(Bytes({0, 0, 0, 77}), Bytes(value.begin() + 4, value.end()));
}

/* RFC 2018, 4: so that the client need not send again what has come. */
TEST_F(ClientTest, WhatCameAheadOfALoss_IsNamed) {
  Segment s;
  Bytes value, wanted;

  s.options = {4, 2, 1, 1};
  s = Connect(s);
  s.options.clear();
  Answer(s);
  s.seq += 5;
  s.data = "world";
  Segment answer = Answer(s);
  EXPECT_EQ(s.seq - 5, answer.ack);
  ASSERT_TRUE(Find(answer.options, 5, &value));
  Add(&wanted, 4, s.seq);
  Add(&wanted, 4, s.seq + 5);
  EXPECT_EQ(wanted, value);
  s.seq -= 5;
  s.data = "hello";
  answers_.clear();
  Answers(s);
  EXPECT_EQ("helloworld", received_);
  Abort();
}

/* RFC 6528, 3: those of one client go up with time, by 250,000 a second; another's say nothing of them. */
TEST_F(ClientTest, InitialSequenceNumbers_FollowAClock_FromADifferentNumberForEachClient) {
  std::set<uint32_t> steps;
  uint32_t first = InitialSequence(1000), last = first;

  Pass(1);
  EXPECT_EQ(first + 250000, InitialSequence(1000));
  for (uint16_t port = 1001; port < 1033; port++) {
    uint32_t next = InitialSequence(port);

    steps.insert(next - last);
    last = next;
  }
  EXPECT_EQ(32u, steps.size());
}

/* A SYN cookie is the number of the connection that it was made for, also where that is with oneself. */
TEST_F(ClientTest, NumberOfAConnectionToOneself_IsNoOthers) {
  static at_ip *ip;
  static const at_ip_tcp_events events = {
      [](at_ip_tcp *, void *user) {
        auto *tcp = static_cast<at_ip_tcp **>(user);
        const at_ip_address gateway = at_ip_address_v4(10, 0, 0, 9);

        for (int i = 1; i < 3; i++) EXPECT_EQ(AT_OK, at_ip_tcp_connect(ip, &tcp[i], &gateway, 80, &events, nullptr));
      },
      [](at_ip_tcp *, void *, at_ip_data *) {},
      nullptr,
      nullptr,
      nullptr,
      [](at_ip_tcp *, void *, at_status) {},
  };
  const at_ip_address own = us.Address(), gateway = at_ip_address_v4(10, 0, 0, 9);
  at_ip_tcp *connections[5] = {};
  std::set<uint32_t> numbers;

  ip = us.ip;
  ListenWithCookies(81);
  ASSERT_EQ(AT_OK, at_ip_tcp_connect(us.ip, &connections[0], &own, 81, &events, connections));
  Run([] { return false; }, 0);
  ASSERT_NE(nullptr, connections[2]) << "it has connected";
  for (int i = 3; i < 5; i++) {
    EXPECT_EQ(AT_OK, at_ip_tcp_connect(us.ip, &connections[i], &gateway, 80, &events, nullptr));
  }
  Run([] { return false; }, 0);
  for (const Segment &answer : answers_) {
    if (answer.flags == kSyn) numbers.insert(answer.seq);
  }
  EXPECT_EQ(4u, numbers.size());
  for (at_ip_tcp *tcp : connections) at_ip_tcp_abort(tcp);
}

/* RFC 6056, 3.3.1 */
TEST_F(ClientTest, PortsOfItsOwnConnections_FollowNoRule) {
  static const at_ip_tcp_events events = {};
  const at_ip_address gateway = at_ip_address_v4(10, 0, 0, 9);
  std::vector<at_ip_tcp *> connections;
  std::set<int> steps;

  for (int i = 0, last = 0; i < 32; i++) {
    at_ip_tcp *tcp;

    ASSERT_EQ(AT_OK, at_ip_tcp_connect(us.ip, &tcp, &gateway, 80, &events, nullptr));
    connections.push_back(tcp);
    int port = at_ip_tcp_local(tcp, nullptr);
    EXPECT_LE(49152, port);
    steps.insert(port - last);
    last = port;
  }
  EXPECT_LE(30u, steps.size()) << "two steps may be equal by chance";
  for (at_ip_tcp *tcp : connections) at_ip_tcp_abort(tcp);
}

/* What happens to a connection whose user writes in place, and finishes. */
class Finishing : public ClientTest {
 protected:
  static Finishing *Of(void *user) { return static_cast<Finishing *>(user); }

  void SetUp() override {
    static const at_ip_tcp_events events = {
        nullptr,
        [](at_ip_tcp *, void *, at_ip_data *data) { at_ip_data_free(data); },
        [](at_ip_tcp *, void *user) { Of(user)->told_ += "finished "; },
        [](at_ip_tcp *, void *user, size_t size) { Of(user)->told_ += "sent " + std::to_string(size) + " "; },
        nullptr,
        [](at_ip_tcp *, void *user, at_status why) { Of(user)->told_ += std::string("closed ") + at_status_name(why); },
    };
    size_t taken;

    ClientTest::SetUp();
    segment_ = Connect(segment_);
    Answer(segment_);
    at_ip_tcp_own(server_, &events, this);
    ASSERT_EQ(AT_OK, at_ip_tcp_write(server_, &taken, "in place", 8, AT_IP_TCP_IN_PLACE));
    ASSERT_EQ(AT_OK, at_ip_tcp_finish(server_));
    Run([] { return false; }, 0);
    segment_.flags = kFin | kAck; /* before what the server sent has come */
    EXPECT_EQ(unsigned(kAck), Answer(segment_).flags);
    segment_.flags = kAck;
    segment_.seq++;
    EXPECT_EQ("finished ", told_);
  }

  Segment segment_; /* the client's next */
  std::string told_;
};

/* The peer's end says nothing of the bytes, which lwIP may have to send again. */
TEST_F(Finishing, FinBeforeTheAcknowledgement_ClosedComesAfterSent) {
  segment_.ack += 8 + 1;
  Answers(segment_);
  EXPECT_EQ("finished sent 8 closed AT_OK", told_);
}

/* They are one segment, which lwIP keeps until all of it is acknowledged. */
TEST_F(Finishing, AcknowledgementWithoutTheFins_IsNotEnough) {
  segment_.ack += 8;
  Answers(segment_);
  EXPECT_EQ("finished ", told_);
  segment_.ack++;
  Answers(segment_);
  EXPECT_EQ("finished sent 8 closed AT_OK", told_);
}

TEST_F(Finishing, AcknowledgementThatNeverComes_TimesOut) {
  Run([&] { return told_ != "finished "; }, 4000000000000);
  EXPECT_EQ("finished closed AT_TIMED_OUT", told_);
}

}  // namespace
