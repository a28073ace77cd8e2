/* SPDX-License-Identifier: ISC */
/* What becomes of connections while there is no memory. */
#include "clients.h"
#include "failing.h"

namespace {

/* A connection whose user is told when to write again. */
class StarvedTest : public MemoryTest {
 public:
  static StarvedTest *Of(void *user) { return static_cast<StarvedTest *>(user); }

  std::vector<size_t> sent_; /* what the user was told */
  unsigned ticks_ = 0;

 protected:
  void Establish(const at_ip_tcp_events *events) {
    at_ip_address any = {};

    StartUs();
    ASSERT_EQ(AT_OK, at_ip_tcp_listen(
                         us.ip, &listener_, &any, 80, 4,
                         [](at_ip_tcp *tcp, void *user) { static_cast<Connection *>(user)->Own(tcp); }, &server_));
    ASSERT_EQ(AT_OK, client_.Connect(peer, us.Address(), 80));
    ASSERT_TRUE(Run([&] { return server_.connected && client_.connected; }));
    at_ip_tcp_own(server_.tcp, events, this);
  }

  /* Nothing of what is written is taken. */
  void Starve() {
    size_t taken;

    failure.nth = 1;
    failure.goes_on = true;
    Fails();
    EXPECT_EQ(AT_AGAIN, at_ip_tcp_write(server_.tcp, &taken, "x", 1, 0));
    EXPECT_EQ(0u, taken);
    FailsNoMore();
  }

  void TearDown() override {
    at_ip_tcp_abort(server_.tcp);
    if (client_.tcp != nullptr) client_.f.at_ip_tcp_abort(client_.tcp);
    MemoryTest::TearDown();
  }

  at_ip_tcp_listener *listener_ = nullptr;
  Connection server_{kOurs}, client_{kPeers};
};

const at_ip_tcp_events kStarved = {
    nullptr,
    [](at_ip_tcp *, void *, at_ip_data *data) { at_ip_data_free(data); },
    nullptr,
    [](at_ip_tcp *, void *user, size_t size) { StarvedTest::Of(user)->sent_.push_back(size); },
    [](at_ip_tcp *, void *user) { StarvedTest::Of(user)->ticks_++; },
    [](at_ip_tcp *, void *, at_status) {},
};

/* `sent` with 0, once; the ticks are not missed for it, nor made. */
TEST_F(StarvedTest, WriteWithoutMemory_IsAskedForAgain_WhateverTheTicks) {
  enum { kNever, kBefore, kSince, kUntil };

  Establish(&kStarved);
  for (int ticks : {kNever, kBefore, kSince, kUntil}) {
    SCOPED_TRACE(ticks);
    size_t taken;

    sent_.clear();
    if (ticks == kBefore || ticks == kUntil) at_ip_tcp_set_tick(server_.tcp, 1);
    Starve();
    if (ticks == kSince) at_ip_tcp_set_tick(server_.tcp, 1);
    if (ticks == kUntil) at_ip_tcp_set_tick(server_.tcp, 0);
    ticks_ = 0;
    EXPECT_TRUE(Run([&] { return !sent_.empty(); }));
    EXPECT_EQ(std::vector<size_t>{0}, sent_);
    EXPECT_EQ(AT_OK, at_ip_tcp_write(server_.tcp, &taken, "y", 1, 0));
    Run([] { return false; }, 3000000000);
    EXPECT_EQ((std::vector<size_t>{0, 1}), sent_);
    EXPECT_EQ(ticks == kBefore || ticks == kSince, ticks_ >= 2);
    at_ip_tcp_set_tick(server_.tcp, 0);
  }
}

/* The acknowledgement of what is on its way says it. */
TEST_F(StarvedTest, WriteWithoutMemory_WithSomethingOnItsWay_IsNotAskedForTwice) {
  size_t taken;

  Establish(&kStarved);
  ASSERT_EQ(AT_OK, at_ip_tcp_write(server_.tcp, &taken, "y", 1, 0));
  Starve();
  Run([] { return false; }, 3000000000);
  EXPECT_EQ(std::vector<size_t>{1}, sent_);
}

/* Who waits for room would find it, try, and so go on for ever. */
TEST_F(StarvedTest, WriteWithoutMemory_HasNoRoomUntilSent) {
  at_ip_tcp_events events = kStarved;
  size_t taken, whole;

  events.sent = [](at_ip_tcp *tcp, void *user, size_t size) {
    EXPECT_LT(0u, at_ip_tcp_room(tcp));
    StarvedTest::Of(user)->sent_.push_back(size);
  };
  Establish(&events);
  whole = at_ip_tcp_room(server_.tcp);
  for (bool is_under_way : {false, true}) {
    SCOPED_TRACE(is_under_way);
    sent_.clear();
    if (is_under_way) {
      ASSERT_EQ(AT_OK, at_ip_tcp_write(server_.tcp, &taken, "y", 1, 0));
    }
    Starve();
    EXPECT_EQ(0u, at_ip_tcp_room(server_.tcp));
    EXPECT_TRUE(Run([&] { return !sent_.empty(); }));
    EXPECT_EQ(std::vector<size_t>{is_under_way}, sent_);
    EXPECT_EQ(whole, at_ip_tcp_room(server_.tcp));
  }
}

/* `sent` for another reason, before the timer. */
TEST_F(StarvedTest, MemoryThatIsBack_IsNotSaidTwice) {
  size_t taken;

  Establish(&kStarved);
  client_.on_received = [&] { client_.Send("an answer, which acknowledges at once"); };
  Starve();
  ASSERT_EQ(AT_OK, at_ip_tcp_write(server_.tcp, &taken, "y", 1, 0));
  Run([] { return false; }, 3000000000);
  EXPECT_EQ(std::vector<size_t>{1}, sent_);
}

/* Whoever owns it by then does not want to know. */
TEST_F(StarvedTest, OwnerThatIsDeaf_IsNotCalled) {
  at_ip_tcp_events deaf = kStarved;

  deaf.sent = nullptr;
  Establish(&kStarved);
  Starve();
  at_ip_tcp_own(server_.tcp, &deaf, this);
  Run([] { return false; }, 3000000000);
  EXPECT_EQ(std::vector<size_t>{}, sent_);
  EXPECT_LT(0u, at_ip_tcp_room(server_.tcp));
}

TEST_F(StarvedTest, WriteWithoutMemory_OfWhoDoesNotWantToKnow_IsNotAskedForAgain) {
  at_ip_tcp_events deaf = kStarved;

  deaf.sent = nullptr;
  Establish(&deaf);
  Starve();
  Run([] { return false; }, 3000000000);
  server_.Own(server_.tcp);
  server_.Send("y");
  EXPECT_TRUE(Run([&] { return client_.received == "y"; }));
}

/* Clients that are written out, of a listener with room for one half-open connection: each SYN gets a cookie. */
class CookieTest : public Failing<ClientsTest> {
 protected:
  void SetUp() override {
    at_ip_address any = {};

    Failing::SetUp();
    at_ip_tcp_listener_close(listener_);
    ASSERT_EQ(AT_OK, at_ip_tcp_listen(
                         us.ip, &listener_, &any, 80, 1,
                         [](at_ip_tcp *tcp, void *user) { static_cast<CookieTest *>(user)->Accepted(tcp); }, this));
  }
};

TEST_F(CookieTest, Handshake_OnceThereIsMemory_IsMade) {
  Segment s;

  for (bool has_other : {false, true}) { /* an established connection */
    if (has_other) Answer(Connect(s));
    ForEveryN([&] {
      unsigned before = accepted_;
      std::vector<Segment> answers;
      Segment ack;

      s.port++;
      s.flags = kSyn;
      Fails();
      answers = Answers(s);
      FailsNoMore();
      EXPECT_LE(answers.size(), 1u);
      ack = Connect(s);
      ack.data = "hello";
      received_.clear();
      Fails();
      Answers(ack);
      FailsNoMore();
      Answers(ack);
      EXPECT_EQ(before + 1, accepted_);
      EXPECT_EQ("hello", received_);
      Abort();
    });
  }
}

/* With memory for it or without: it is over for both ends. */
TEST_F(CookieTest, TimeWait_WithoutMemory_EndsAllTheSame) {
  Segment s;

  ForEveryN([&] {
    s = Connect(s);
    closes_at_once_ = true;
    EXPECT_EQ(unsigned(kFin | kAck), Answer(s).flags);
    closes_at_once_ = false;
    s.flags = kFin | kAck;
    s.ack++;
    Fails();
    Answers(s);
    FailsNoMore();
    EXPECT_EQ(unsigned(kAck), Answer(s).flags) << "it came again";
    s.port++;
  });
}

}  // namespace
