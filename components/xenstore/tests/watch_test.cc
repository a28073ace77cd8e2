// SPDX-License-Identifier: ISC
// Watches of <atman/xenstore/watch.h>: they count, they never queue, and what is late is dropped.

#include <atman/xenstore/watch.h>

#include <vector>

#include "fixture.h"

namespace {

class WatchTest : public XenStoreTest {
 public:
  struct Counted {
    at_xenstore_watch watch{};  // first
    int told = 0;
  };

  static void Tell(at_xenstore_watch *watch) { reinterpret_cast<Counted *>(watch)->told++; }

  at_status Add(Counted *w, const char *path) { return at_xenstore_watch_add(&xs_, &w->watch, path, Tell, Deadline()); }
  at_status Remove(Counted *w) { return at_xenstore_watch_remove(&xs_, &w->watch, Deadline()); }
  void Dom0(const char *path, const char *value) { at_fake_xenstored_write(server_, path, value); }
};

TEST_F(WatchTest, Watch_BeginsWithAnEvent_ThenTellsOfChanges) {
  Counted w;
  ASSERT_EQ(Add(&w, "data"), AT_OK);
  EXPECT_EQ(at_xenstore_watch_wait(&xs_, &w.watch, Deadline()), AT_OK);
  EXPECT_EQ(at_xenstore_watch_take(&w.watch), 0u) << "waiting takes the count";
  Dom0(HOME "/data/deep/down", "1");
  Settle();
  EXPECT_EQ(w.told, 2);
  EXPECT_EQ(at_xenstore_watch_take(&w.watch), 1u);
  EXPECT_EQ(at_xenstore_watch_take(&w.watch), 0u);
  EXPECT_EQ(Remove(&w), AT_OK);
  Dom0(HOME "/data/deep/down", "2");
  Settle();
  EXPECT_EQ(w.told, 2) << "told after it was removed";
}

TEST_F(WatchTest, Wait_EndsAtTheDeadline_AndWhenTheConnectionEnds) {
  Counted w;
  ASSERT_EQ(Add(&w, "data"), AT_OK);
  EXPECT_EQ(at_xenstore_watch_wait(&xs_, &w.watch, Deadline()), AT_OK);
  uint64_t deadline = Deadline();
  EXPECT_EQ(at_xenstore_watch_wait(&xs_, &w.watch, deadline), AT_TIMED_OUT);
  EXPECT_EQ(clock_.now_ns, deadline);
  EXPECT_EQ(at_xenstore_watch_wait(&xs_, &w.watch, AT_NEVER), AT_DEADLOCK);
  meanwhile_ = [&] { Dom0(HOME "/data/v", "1"); };
  EXPECT_EQ(at_xenstore_watch_wait(&xs_, &w.watch, AT_NEVER), AT_OK);
  meanwhile_ = [&] { at_xenstore_close(&xs_); };
  EXPECT_EQ(at_xenstore_watch_wait(&xs_, &w.watch, AT_NEVER), AT_CLOSED);
  EXPECT_EQ(Remove(&w), AT_CLOSED);
}

TEST_F(WatchTest, Flood_CostsACounter) {
  Counted w;
  ASSERT_EQ(Add(&w, "data"), AT_OK);
  for (int i = 0; i < 5000; ++i) {
    const std::string path = HOME "/data/" + std::to_string(i % 100);
    Dom0(path.c_str(), "x");
    if (i % 50 == 0) Settle();
  }
  Settle();
  EXPECT_GT(at_xenstore_watch_take(&w.watch), 4000u);
  w.watch.pending = UINT32_MAX;
  Dom0(HOME "/data/v", "1");
  Settle();
  EXPECT_EQ(at_xenstore_watch_take(&w.watch), UINT32_MAX) << "the count stops, it does not wrap";
  EXPECT_EQ(Remove(&w), AT_OK);
}

TEST_F(WatchTest, FloodWhileOthersAsk_DelaysNobodyForEver) {
  Counted w;
  ASSERT_EQ(Add(&w, "data"), AT_OK);
  for (int i = 0; i < 200; ++i) Dom0((HOME "/data/" + std::to_string(i)).c_str(), "x");
  std::string value;
  EXPECT_EQ(Read(&value, "name"), AT_OK);
  EXPECT_EQ(value, "guest");
  EXPECT_EQ(Remove(&w), AT_OK);
}

TEST_F(WatchTest, ManyOnOnePath_EachHearsForItself) {
  std::vector<Counted> w(20);
  for (auto &one : w) ASSERT_EQ(Add(&one, "data"), AT_OK);
  Settle();
  Dom0(HOME "/data/v", "1");
  Settle();
  for (auto &one : w) EXPECT_EQ(one.told, 2);
  EXPECT_EQ(Stats().watches, 20u);
  EXPECT_EQ(Remove(&w[7]), AT_OK);
  Dom0(HOME "/data/v", "2");
  Settle();
  for (auto &one : w) EXPECT_EQ(one.told, &one == &w[7] ? 2 : 3);
  for (auto &one : w) {
    if (&one != &w[7]) {
      EXPECT_EQ(Remove(&one), AT_OK);
    }
  }
}

TEST_F(WatchTest, AddedTwice_OrRemovedUnadded_IsRefused) {
  Counted w;
  EXPECT_EQ(Remove(&w), AT_INVALID);
  ASSERT_EQ(Add(&w, "data"), AT_OK);
  EXPECT_EQ(Add(&w, "data"), AT_INVALID);
  EXPECT_EQ(Remove(&w), AT_OK);
  EXPECT_EQ(Remove(&w), AT_NOT_FOUND);
  EXPECT_EQ(Add(&w, "data"), AT_OK) << "and may be used again";
  EXPECT_EQ(Remove(&w), AT_OK);
}

TEST_F(WatchTest, RefusedByTheServer_IsNotRegistered) {
  Counted w;
  EXPECT_EQ(Add(&w, "not//valid"), AT_INVALID);
  EXPECT_EQ(Stats().watches, 0u);
  std::vector<Counted> many(128);
  for (auto &one : many) ASSERT_EQ(Add(&one, "data"), AT_OK);
  EXPECT_EQ(Add(&w, "data"), AT_TOO_BIG) << "E2BIG is 4.17's word for it";
  EXPECT_EQ(Stats().watches, 128u);
  for (auto &one : many) EXPECT_EQ(Remove(&one), AT_OK);
}

TEST_F(WatchTest, TimedOutAdd_CanBeUndone_AndItsEventsAreDropped) {
  Counted w;
  clock_.server = nullptr;
  EXPECT_EQ(Add(&w, "data"), AT_TIMED_OUT);
  EXPECT_EQ(Stats().watches, 0u);
  clock_.server = server_;
  Settle();
  EXPECT_EQ(w.told, 0);
  EXPECT_GE(Stats().stale, 2u) << "the late answer and the event";
  EXPECT_EQ(Remove(&w), AT_OK) << "the server knew it";
}

TEST_F(WatchTest, TimedOutRemove_StillSilencesIt) {
  Counted w;
  ASSERT_EQ(Add(&w, "data"), AT_OK);
  Settle();
  clock_.server = nullptr;
  EXPECT_EQ(Remove(&w), AT_TIMED_OUT);
  Dom0(HOME "/data/v", "1");
  clock_.server = server_;
  Settle();
  EXPECT_EQ(w.told, 1);
}

TEST_F(WatchTest, EventWhileItIsBeingRemoved_IsNotTold) {
  Counted w;
  ASSERT_EQ(Add(&w, "data"), AT_OK);
  Settle();
  meanwhile_ = [&] { Dom0(HOME "/data/v", "1"); };
  EXPECT_EQ(Remove(&w), AT_OK);
  EXPECT_EQ(w.told, 1);
}

TEST_F(WatchTest, AddedAgain_CountsFromNothing) {
  Counted w;
  ASSERT_EQ(Add(&w, "data"), AT_OK);
  for (int i = 0; i < 5; ++i) {
    Dom0(HOME "/data/v", "1");
    Settle();
  }
  EXPECT_EQ(Remove(&w), AT_OK);
  ASSERT_EQ(Add(&w, "data"), AT_OK);
  Settle();
  EXPECT_EQ(at_xenstore_watch_take(&w.watch), 1u);
  EXPECT_EQ(Remove(&w), AT_OK);
}

TEST_F(WatchTest, EventBeforeTheAnswerToItsRegistration_IsNotLost) {
  Counted w;
  meanwhile_ = [&] {
    const char event[] =
        "data/early\0"
        "00000001";
    at_fake_xenstored_event(server_, kGuest, event, sizeof(event));
  };
  ASSERT_EQ(Add(&w, "data"), AT_OK);
  Settle();
  EXPECT_EQ(w.told, 2);
  EXPECT_EQ(Remove(&w), AT_OK);
}

TEST_F(WatchTest, Event_WakesWhoeverSleeps) {
  Counted w;
  ASSERT_EQ(Add(&w, "data"), AT_OK);
  Settle();
  uint64_t before = clock_.wakes;
  Dom0(HOME "/data/v", "1");
  Settle();
  EXPECT_GT(clock_.wakes, before);
  EXPECT_EQ(Remove(&w), AT_OK);
}

}  // namespace
