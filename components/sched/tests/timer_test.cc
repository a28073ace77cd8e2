// SPDX-License-Identifier: ISC
// The contract of <atman/sched/timer.h>: order, fairness, the edges of time, and a model beside a hundred thousand
// timers.

#include <atman/sched/timer.h>
#include <atman/testing/seed.h>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"

namespace {

struct Alarm {
  at_sched_timer timer{};  // first: the callback gets back to its Alarm from it
  int name = 0;
  std::vector<int> *log = nullptr;
  void (*then)(Alarm *) = nullptr;
  at_sched_timer_queue *queue = nullptr;
  Alarm *other = nullptr;
};

void Ring(at_sched_timer *timer) {
  auto *alarm = reinterpret_cast<Alarm *>(timer);
  alarm->log->push_back(alarm->name);
  if (alarm->then) alarm->then(alarm);
}

class TimerTest : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(queue_.pending, 0u) << "a test left a timer pending";
    EXPECT_EQ(queue_.old, nullptr);
    EXPECT_EQ(queue_.young, nullptr);
  }

  void Start(int i, uint64_t deadline_ns) {
    alarm_[i].name = i;
    alarm_[i].log = &log_;
    alarm_[i].queue = &queue_;
    at_sched_timer_start(&queue_, &alarm_[i].timer, deadline_ns, Ring);
  }

  int Stop(int i) { return at_sched_timer_stop(&queue_, &alarm_[i].timer); }

  at_sched_timer_queue queue_{};
  Alarm alarm_[8];
  std::vector<int> log_;
};

using Log = std::vector<int>;

TEST_F(TimerTest, NothingStarted_NeverAndNothingRuns) {
  EXPECT_EQ(at_sched_timer_next(&queue_), AT_NEVER);
  EXPECT_EQ(at_sched_timer_run(&queue_, AT_NEVER - 1), 0u);
}

TEST_F(TimerTest, DueTimers_RunEarliestFirst_EqualsInStartOrder) {
  Start(0, 20);
  Start(1, 10);
  Start(2, 10);
  Start(3, 20);
  EXPECT_EQ(at_sched_timer_next(&queue_), 10u);
  EXPECT_EQ(at_sched_timer_run(&queue_, 20), 4u);
  EXPECT_EQ(log_, (Log{1, 2, 0, 3}));
}

TEST_F(TimerTest, EqualsStartedAcrossRuns_KeepStartOrder) {
  Start(0, 50);
  EXPECT_EQ(at_sched_timer_run(&queue_, 1), 0u);
  Start(1, 50);
  EXPECT_EQ(at_sched_timer_run(&queue_, 2), 0u);
  Start(2, 50);
  EXPECT_EQ(at_sched_timer_run(&queue_, 50), 3u);
  EXPECT_EQ(log_, (Log{0, 1, 2}));
}

TEST_F(TimerTest, RestartedTimer_MovesAndCountsAsStartedLast) {
  Start(0, 10);
  Start(1, 10);
  Start(0, 10);
  EXPECT_EQ(queue_.pending, 2u);
  EXPECT_EQ(at_sched_timer_run(&queue_, 10), 2u);
  EXPECT_EQ(log_, (Log{1, 0}));
  Start(0, 10);
  Start(0, 30);
  EXPECT_EQ(at_sched_timer_next(&queue_), 30u);
  EXPECT_EQ(Stop(0), 1);
}

TEST_F(TimerTest, StoppedTimer_DoesNotRun_AndSaysWhetherItWasPending) {
  EXPECT_EQ(Stop(0), 0) << "never started";
  Start(0, 10);
  EXPECT_EQ(Stop(0), 1);
  EXPECT_EQ(Stop(0), 0) << "stopped already";
  Start(0, 10);
  EXPECT_EQ(at_sched_timer_run(&queue_, 10), 1u);
  EXPECT_EQ(Stop(0), 0) << "has run";
  EXPECT_EQ(log_, (Log{0}));
}

TEST_F(TimerTest, StopAnyPlaceInTheHeap_LeavesTheRestInOrder) {
  for (bool old : {false, true}) {
    for (int stopped = 0; stopped < 8; ++stopped) {
      SCOPED_TRACE(stopped);
      const uint64_t deadlines[8] = {5, 3, 8, 1, 7, 2, 6, 4};
      log_.clear();
      for (int i = 0; i < 8; ++i) Start(i, deadlines[i] * 10);
      if (old) {
        at_sched_timer_run(&queue_, 10);  // number 3 has run; the others now form the old heap, in another shape
        Start(3, 10);
        log_.clear();
      }
      ASSERT_EQ(Stop(stopped), 1);
      EXPECT_EQ(at_sched_timer_run(&queue_, 100), 7u);
      Log expected{3, 5, 1, 7, 0, 6, 4, 2};
      expected.erase(std::find(expected.begin(), expected.end(), stopped));
      EXPECT_EQ(log_, expected);
    }
  }
}

TEST_F(TimerTest, CallbackThatStartsDueTimers_TheyWaitForTheNextRun) {
  Start(0, 10);
  Start(1, 20);
  alarm_[0].then = [](Alarm *a) { at_sched_timer_start(a->queue, &a->timer, 0, Ring); };  // for ever, if it could
  EXPECT_EQ(at_sched_timer_run(&queue_, 20), 2u);
  EXPECT_EQ(log_, (Log{0, 1})) << "an earlier deadline must not overtake those that were due before";
  EXPECT_EQ(at_sched_timer_next(&queue_), 0u);
  EXPECT_EQ(at_sched_timer_run(&queue_, 20), 1u);
  EXPECT_EQ(Stop(0), 1);
}

TEST_F(TimerTest, CallbackThatMovesADueTimer_ItWaitsForTheNextRun) {
  Start(0, 10);
  Start(1, 20);
  alarm_[0].other = &alarm_[1];
  alarm_[0].then = [](Alarm *a) { at_sched_timer_start(a->queue, &a->other->timer, 15, Ring); };
  EXPECT_EQ(at_sched_timer_run(&queue_, 20), 1u);
  EXPECT_EQ(at_sched_timer_run(&queue_, 20), 1u);
  EXPECT_EQ(log_, (Log{0, 1}));
}

TEST_F(TimerTest, CallbackThatStopsADueTimer_ItNeverRuns) {
  Start(0, 10);
  Start(1, 20);
  alarm_[0].other = &alarm_[1];
  alarm_[0].then = [](Alarm *a) { EXPECT_EQ(at_sched_timer_stop(a->queue, &a->other->timer), 1); };
  EXPECT_EQ(at_sched_timer_run(&queue_, 20), 1u);
  EXPECT_EQ(log_, (Log{0}));
}

TEST_F(TimerTest, CallbackThatFreesItsTimer_IsNotLookedAtAgain) {
  auto *alarm = new Alarm;
  alarm->log = &log_;
  alarm->then = [](Alarm *a) { delete a; };  // the address sanitizer watches
  at_sched_timer_start(&queue_, &alarm->timer, 1, Ring);
  EXPECT_EQ(at_sched_timer_run(&queue_, 1), 1u);
}

TEST_F(TimerTest, Deadlines_AtTheEdgesOfTime) {
  const struct {
    const char *what;
    uint64_t deadline_ns, now_ns, runs;
  } cases[] = {
      {"at boot", 0, 0, 1},
      {"one before", 100, 99, 0},
      {"just due", 100, 100, 1},
      {"long past", 1, AT_NEVER - 1, 1},
      {"across the sign bit", INT64_MAX, uint64_t{INT64_MAX} + 1, 1},
      {"not across the sign bit", uint64_t{INT64_MAX} + 1, INT64_MAX, 0},
      {"the last moment there is", AT_NEVER - 1, AT_NEVER - 1, 1},
      {"just before it", AT_NEVER - 1, AT_NEVER - 2, 0},
      {"never, seen from the end", AT_NEVER, AT_NEVER - 1, 0},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    Start(0, c.deadline_ns);
    EXPECT_EQ(at_sched_timer_next(&queue_), c.deadline_ns);
    EXPECT_EQ(at_sched_timer_run(&queue_, c.now_ns), c.runs);
    EXPECT_EQ(Stop(0), c.runs ? 0 : 1);
  }
}

// Everything at once against a sorted set, from a fixed seed: what runs, in which order, and what comes next.
TEST_F(TimerTest, RandomStartsStopsAndRuns_AgreeWithASortedSet) {
  constexpr int kTimers = 500;
  std::vector<Alarm> alarms(kTimers);
  std::set<std::tuple<uint64_t, uint64_t, int>> model;  // deadline, order, name
  std::vector<std::set<std::tuple<uint64_t, uint64_t, int>>::iterator> place(kTimers, model.end());
  const AtSeed seed(20240607);
  std::mt19937_64 random(seed.value());
  uint64_t now = 0, order = 0;

  for (int step = 0; step < 50000; ++step) {
    const int i = static_cast<int>(random() % kTimers);
    switch (random() % 8) {
      case 0:
        ASSERT_EQ(at_sched_timer_stop(&queue_, &alarms[i].timer), place[i] != model.end());
        if (place[i] != model.end()) model.erase(place[i]);
        place[i] = model.end();
        break;
      case 1: {
        now += random() % 100;
        Log expected;
        while (!model.empty() && std::get<0>(*model.begin()) <= now) {
          expected.push_back(std::get<2>(*model.begin()));
          place[expected.back()] = model.end();
          model.erase(model.begin());
        }
        log_.clear();
        ASSERT_EQ(at_sched_timer_run(&queue_, now), expected.size());
        ASSERT_EQ(log_, expected);
        break;
      }
      default:
        if (place[i] != model.end()) model.erase(place[i]);
        alarms[i].name = i;
        alarms[i].log = &log_;
        at_sched_timer_start(&queue_, &alarms[i].timer, now + random() % 1000, Ring);
        place[i] = model.emplace(alarms[i].timer.deadline_ns, order++, i).first;
    }
    ASSERT_EQ(queue_.pending, model.size());
    ASSERT_EQ(at_sched_timer_next(&queue_), model.empty() ? AT_NEVER : std::get<0>(*model.begin()));
  }
  for (auto &alarm : alarms) at_sched_timer_stop(&queue_, &alarm.timer);
}

TEST_F(TimerTest, HundredThousandTimers_RunInOrder) {
  constexpr int kTimers = 100000;
  const struct {
    const char *what;
    uint64_t (*deadline)(int i);
  } cases[] = {
      {"rising", [](int i) { return uint64_t(i); }},
      {"falling", [](int i) { return uint64_t(kTimers - i); }},
      {"all at once", [](int) { return uint64_t{7}; }},
      {"scattered", [](int i) { return uint64_t(i) * 2654435761u % 1000003; }},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    std::vector<Alarm> alarms(kTimers);
    log_.clear();
    for (int i = 0; i < kTimers; ++i) {
      alarms[i].name = i;
      alarms[i].log = &log_;
      at_sched_timer_start(&queue_, &alarms[i].timer, c.deadline(i), Ring);
    }
    ASSERT_EQ(at_sched_timer_run(&queue_, 2000000), uint64_t{kTimers});
    for (int i = 1; i < kTimers; ++i) {
      const uint64_t before = c.deadline(log_[i - 1]), after = c.deadline(log_[i]);
      ASSERT_TRUE(before < after || (before == after && log_[i - 1] < log_[i])) << i;
    }
  }
}

}  // namespace
