// SPDX-License-Identifier: ISC
// Bursts of <atman/xenstore/request.h>, and many askers at once: an asker that sleeps lets another one run.

#include <atman/xenstore/watch.h>

#include <vector>

#include "fixture.h"

namespace {

using RequestTest = XenStoreTest;

at_xenstore_request ReadRequest(const char *path, char *reply, size_t capacity) {
  at_xenstore_request r{};
  r.op = AT_XENSTORE_READ;
  r.path = path;
  r.reply = reply;
  r.capacity = capacity;
  return r;
}

int told;  // how often CountTold, as a request's `done`, was called

void CountTold(at_xenstore_request *) { told++; }

at_xenstore_request WriteRequest(const char *path, const std::string &value) {
  at_xenstore_request r{};
  r.op = AT_XENSTORE_WRITE;
  r.path = path;
  r.data = value.data();
  r.data_size = value.size();
  return r;
}

TEST_F(RequestTest, Burst_CostsOneRoundTrip_AndOneNotification) {
  char a[16], b[16], c[16];
  at_xenstore_request r[] = {ReadRequest("name", a, sizeof(a)), ReadRequest("data/none", b, sizeof(b)),
                             ReadRequest("domid", c, sizeof(c))};
  EXPECT_EQ(at_xenstore_call(&xs_, r, 3, Deadline()), AT_OK);
  EXPECT_EQ(r[0].status, AT_OK);
  EXPECT_EQ(r[1].status, AT_NOT_FOUND);
  EXPECT_EQ(r[2].status, AT_OK);
  EXPECT_STREQ(a, "guest");
  EXPECT_STREQ(c, "5");
  EXPECT_EQ(r[0].size, 5u);
  EXPECT_EQ(Stats().round_trips, 1u);
  EXPECT_EQ(Stats().requests, 3u);
  EXPECT_EQ(notified_, 1u);
}

TEST_F(RequestTest, GroupsSubmittedBeforeOneWait_AreOneBurst) {
  char a[16], b[16];
  at_xenstore_request first = ReadRequest("name", a, sizeof(a)), second = ReadRequest("domid", b, sizeof(b));
  EXPECT_EQ(at_xenstore_submit(&xs_, &first, 1), AT_OK);
  EXPECT_EQ(at_xenstore_submit(&xs_, &second, 1), AT_OK);
  EXPECT_EQ(ring_.req_prod, 0u) << "nothing goes out before somebody waits";
  EXPECT_FALSE(at_xenstore_request_is_done(&first));
  EXPECT_EQ(at_xenstore_wait(&xs_, &second, 1, Deadline()), AT_OK);
  EXPECT_EQ(at_xenstore_wait(&xs_, &first, 1, Deadline()), AT_OK);
  EXPECT_TRUE(at_xenstore_request_is_done(&first));
  EXPECT_EQ(Stats().round_trips, 1u);
  EXPECT_EQ(notified_, 1u);
}

TEST_F(RequestTest, WhatIsAskedAfterAnAnswer_IsARoundTripOfItsOwn) {
  char a[16], b[16];
  for (uint32_t i = 1; i <= 3; ++i) {
    at_xenstore_request r[] = {ReadRequest("name", a, sizeof(a)), ReadRequest("name", b, sizeof(b))};
    EXPECT_EQ(at_xenstore_call(&xs_, r, 2, Deadline()), AT_OK);
    EXPECT_EQ(Stats().round_trips, i);
  }
}

TEST_F(RequestTest, WhatIsAskedWhileAnswersAreStillToCome_IsARoundTripOfItsOwn) {
  char a[16], b[16], c[16];
  at_xenstore_request first = ReadRequest("name", a, sizeof(a)), second = ReadRequest("name", b, sizeof(b)),
                      third = ReadRequest("name", c, sizeof(c));
  ASSERT_EQ(at_xenstore_submit(&xs_, &first, 1), AT_OK);
  ASSERT_EQ(at_xenstore_submit(&xs_, &second, 1), AT_OK);
  at_fake_xenstored_dribble(server_, 21);
  EXPECT_EQ(at_xenstore_wait(&xs_, &first, 1, Deadline()), AT_OK);
  ASSERT_FALSE(at_xenstore_request_is_done(&second));
  EXPECT_EQ(at_xenstore_call(&xs_, &third, 1, Deadline()), AT_OK);
  EXPECT_EQ(Stats().round_trips, 2u) << "it may depend on the first answer";
  EXPECT_EQ(at_xenstore_wait(&xs_, &second, 1, Deadline()), AT_OK);
}

TEST_F(RequestTest, RequestWithoutAReply_WritesNone) {
  char a[16] = "untouched";
  at_xenstore_request r = WriteRequest("data/v", "");
  r.reply = a;
  r.capacity = sizeof(a);
  EXPECT_EQ(at_xenstore_call(&xs_, &r, 1, Deadline()), AT_OK);
  EXPECT_STREQ(a, "untouched");
}

// A place whose sleep never says that it is late.
TEST_F(RequestTest, PlaceThatOnlyEverWakes_StillTimesOut) {
  static uint64_t now;
  static const at_wait_ops ops = {[](void *) { return now; },
                                  [](void *, uint64_t) -> at_status { return now += 1000, AT_OK; }, [](void *) {}};
  char a[16];
  at_xenstore_watch watch{};
  now = 0;
  xs_.config.wait = {&ops, nullptr};
  at_xenstore_request r = ReadRequest("name", a, sizeof(a));
  EXPECT_EQ(at_xenstore_call(&xs_, &r, 1, 50000), AT_TIMED_OUT);
  EXPECT_EQ(at_xenstore_watch_wait(&xs_, &watch, 90000), AT_TIMED_OUT);
  EXPECT_EQ(now, 90000u);
}

TEST_F(RequestTest, DirAndPath_AreJoined) {
  char a[16];
  at_xenstore_request r = ReadRequest("name", a, sizeof(a));
  r.dir = HOME;
  EXPECT_EQ(at_xenstore_call(&xs_, &r, 1, Deadline()), AT_OK);
  EXPECT_STREQ(a, "guest");
  const std::string dir(2000, 'd'), path(48, 'p');
  r = ReadRequest(path.c_str(), a, sizeof(a));
  r.dir = dir.c_str();
  EXPECT_EQ(at_xenstore_submit(&xs_, &r, 1), AT_TOO_BIG) << "2049 with the slash";
  r.path = path.c_str() + 1;
  EXPECT_EQ(at_xenstore_call(&xs_, &r, 1, Deadline()), AT_OK);
  EXPECT_EQ(r.status, AT_NOT_FOUND);
}

TEST_F(RequestTest, BurstBiggerThanTheRing_GoesOutPiecemeal) {
  std::vector<std::string> values;
  std::vector<at_xenstore_request> r;
  for (int i = 0; i < 60; ++i) values.push_back(std::string(static_cast<size_t>(i * 31 % 1300), 'v'));
  for (const std::string &v : values) r.push_back(WriteRequest("data/v", v));
  EXPECT_EQ(at_xenstore_call(&xs_, r.data(), r.size(), Deadline()), AT_OK);
  for (const auto &one : r) EXPECT_EQ(one.status, AT_OK);
  EXPECT_EQ(Dom0Reads(HOME "/data/v"), values.back()) << "carried out in order";
}

TEST_F(RequestTest, RepliesBiggerThanTheRing_ArriveWhole) {
  std::string value(2000, 'v');
  ASSERT_EQ(Write("data/v", value), AT_OK);
  std::vector<std::vector<char>> room(12, std::vector<char>(2001));
  std::vector<at_xenstore_request> r;
  for (auto &to : room) r.push_back(ReadRequest("data/v", to.data(), to.size()));
  notified_ = 0;
  EXPECT_EQ(at_xenstore_call(&xs_, r.data(), r.size(), Deadline()), AT_OK);
  for (const auto &to : room) EXPECT_EQ(std::string(to.data()), value);
  EXPECT_GE(notified_, 20u) << "a server that found the ring full waits to be told of room";
}

TEST_F(RequestTest, RefusedGroup_QueuesNothing_AndEachSaysWhy) {
  char a[16];
  at_xenstore_watch watch{};
  struct {
    const char *what;
    at_xenstore_request bad;
    at_status status;
  } cases[] = {{"no path", ReadRequest(nullptr, a, 16), AT_INVALID},
               {"empty path", ReadRequest("", a, 16), AT_INVALID},
               {"nowhere for the reply", ReadRequest("name", nullptr, 16), AT_INVALID},
               {"no room for the reply", ReadRequest("name", a, 0), AT_INVALID},
               {"too much data", WriteRequest("data/v", ""), AT_TOO_BIG},
               {"no watch", {}, AT_INVALID},
               {"a watch that never was", {}, AT_INVALID}};
  cases[4].bad.data_size = 5000;
  cases[5].bad.op = AT_XENSTORE_WATCH;
  cases[5].bad.path = "data";
  cases[6].bad.op = AT_XENSTORE_UNWATCH;
  cases[6].bad.watch = &watch;
  for (auto &c : cases) {
    SCOPED_TRACE(c.what);
    at_xenstore_request r[] = {ReadRequest("name", a, sizeof(a)), c.bad};
    EXPECT_EQ(at_xenstore_call(&xs_, r, 2, Deadline()), c.status);
    EXPECT_EQ(r[0].status, c.status);
    EXPECT_EQ(r[1].status, c.status);
    EXPECT_EQ(Stats().outstanding, 0u);
  }
  EXPECT_EQ(Held().requests, 0u);
}

TEST_F(RequestTest, PendingRequest_IsNotTakenTwice) {
  char a[16];
  at_xenstore_request r = ReadRequest("name", a, sizeof(a));
  ASSERT_EQ(at_xenstore_submit(&xs_, &r, 1), AT_OK);
  EXPECT_EQ(at_xenstore_submit(&xs_, &r, 1), AT_INVALID);
  r.status = AT_OK;
  EXPECT_EQ(at_xenstore_wait(&xs_, &r, 1, Deadline()), AT_OK);
}

// Ten askers, each of whom lets the next one run when it sleeps: the last to ask is the first to return.
TEST_F(RequestTest, ManyAskersAtOnce_EachGetsItsOwnAnswer) {
  for (int i = 0; i < 10; ++i) {
    const std::string path = HOME "/data/" + std::to_string(i), value(i * 90u + 1, 'a');
    at_fake_xenstored_write(server_, path.c_str(), value.c_str());
  }
  int answered = 0;
  std::function<void(int)> ask = [&](int i) {
    if (i < 9) meanwhile_ = [&ask, i] { ask(i + 1); };
    std::string value;
    EXPECT_EQ(Read(&value, "data/" + std::to_string(i)), AT_OK);
    EXPECT_EQ(value.size(), i * 90u + 1);
    answered++;
  };
  ask(0);
  EXPECT_EQ(answered, 10);
  EXPECT_EQ(Stats().requests, 10u);
}

TEST_F(RequestTest, OneAskerGivesUp_TheOthersAreServed) {
  at_status impatient = AT_OK;
  std::string value;
  meanwhile_ = [&] {
    char a[16];
    size_t size;
    impatient = at_xenstore_read(&xs_, a, sizeof(a), &size, 0, "domid", clock_.now_ns);
  };
  EXPECT_EQ(Read(&value, "name"), AT_OK);
  EXPECT_EQ(value, "guest");
  EXPECT_EQ(impatient, AT_TIMED_OUT);
}

TEST_F(RequestTest, Answer_WakesWhoeverSleeps) {
  char a[16];
  at_xenstore_request r = ReadRequest("name", a, sizeof(a));
  ASSERT_EQ(at_xenstore_submit(&xs_, &r, 1), AT_OK);
  at_xenstore_on_event(&xs_);
  EXPECT_EQ(clock_.wakes, 0u) << "there is nothing to look at yet";
  at_fake_xenstored_step(server_);
  at_xenstore_on_event(&xs_);
  EXPECT_EQ(clock_.wakes, 1u);
  EXPECT_TRUE(at_xenstore_request_is_done(&r));
}

TEST_F(RequestTest, Done_IsToldOnce_AndMaySubmitAgain) {
  struct Chain {
    at_xenstore_request r;  // first
    at_xenstore *xs;
    int told;
    char value[16];
  } chain{};
  chain.xs = &xs_;
  chain.r = ReadRequest("name", chain.value, sizeof(chain.value));
  chain.r.done = [](at_xenstore_request *r) {
    auto *c = reinterpret_cast<Chain *>(r);
    if (++c->told < 3) {
      EXPECT_EQ(at_xenstore_submit(c->xs, r, 1), AT_OK);
    }
  };
  ASSERT_EQ(at_xenstore_submit(&xs_, &chain.r, 1), AT_OK);
  Settle();
  EXPECT_EQ(chain.told, 3);
  EXPECT_STREQ(chain.value, "guest");
  EXPECT_EQ(Stats().round_trips, 3u);
}

TEST_F(RequestTest, AbandonedRequest_IsNotToldOf) {
  char a[16];
  told = 0;
  at_xenstore_request r = ReadRequest("name", a, sizeof(a));
  r.done = CountTold;
  EXPECT_EQ(at_xenstore_call(&xs_, &r, 1, clock_.now_ns), AT_TIMED_OUT);
  EXPECT_EQ(r.status, AT_TIMED_OUT);
  Settle();
  EXPECT_EQ(told, 0);
}

TEST_F(RequestTest, RequestAbandonedHalfSent_IsNotToldOf) {
  const std::string big(1500, 'x');
  told = 0;
  clock_.server = nullptr;
  at_xenstore_request r[] = {WriteRequest("data/v", big), WriteRequest("data/w", "behind it")};
  r[0].done = r[1].done = CountTold;
  EXPECT_EQ(at_xenstore_call(&xs_, r, 2, Deadline()), AT_TIMED_OUT);
  EXPECT_EQ(r[0].status, AT_TIMED_OUT);
  EXPECT_EQ(r[1].status, AT_TIMED_OUT);
  EXPECT_EQ(at_xenstore_status(&xs_), AT_CLOSED);
  EXPECT_EQ(told, 0);
}

TEST_F(RequestTest, AbandonedRequest_IsToldOfWhenItIsSubmittedAgain) {
  char a[16];
  told = 0;
  at_xenstore_request r = ReadRequest("name", a, sizeof(a));
  r.done = CountTold;
  EXPECT_EQ(at_xenstore_call(&xs_, &r, 1, clock_.now_ns), AT_TIMED_OUT);
  EXPECT_EQ(at_xenstore_call(&xs_, &r, 1, Deadline()), AT_OK);
  EXPECT_EQ(told, 1) << "`done` is the caller's: giving up must not take it away";
}

TEST_F(RequestTest, BytesInDribbles_MakeTheSameAnswers) {
  for (uint32_t bytes : {1u, 2u, 15u, 16u, 17u, 63u, 64u, 65u, 1000u}) {
    SCOPED_TRACE(bytes);
    at_fake_xenstored_dribble(server_, bytes);
    std::string value(1500, 'd'), got, name;
    EXPECT_EQ(Write("data/v", value), AT_OK);
    EXPECT_EQ(Read(&got, "data/v"), AT_OK);
    EXPECT_EQ(got, value);
    EXPECT_EQ(Read(&name, "data/none"), AT_NOT_FOUND);
  }
}

TEST_F(RequestTest, Ids_Wrap) {
  xs_.last_id = UINT32_MAX - 2;
  for (int i = 0; i < 6; ++i) {
    std::string value;
    EXPECT_EQ(Read(&value, "name"), AT_OK);
  }
  xs_.last_id = UINT32_MAX - 1;
  clock_.server = nullptr;
  EXPECT_EQ(Write("data/v", "late"), AT_TIMED_OUT);
  EXPECT_EQ(Write("data/v", "later"), AT_TIMED_OUT);
  clock_.server = server_;
  EXPECT_EQ(Write("data/v", "last"), AT_OK);
}

TEST_F(RequestTest, Floods_OfRequestsThatGiveUp_AreBounded) {
  std::string value;
  for (int i = 0; i < 500; ++i) {
    clock_.server = i % 50 == 49 ? server_ : nullptr;
    at_status status = Write("data/v", std::to_string(i));
    EXPECT_TRUE(status == AT_OK || status == AT_TIMED_OUT);
  }
  clock_.server = server_;
  EXPECT_EQ(Read(&value, "name"), AT_OK);
}

}  // namespace
