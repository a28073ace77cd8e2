// SPDX-License-Identifier: ISC
// When things happen: sleeping, idling, looking at events and timers, what handlers may not do, and the deadlock
// report.

#include <unistd.h>

#include <atman/sched/lock.h>
#include <atman/sched/thread.h>

#include "sched_fixture.h"

namespace {

using ScheduleTest = SchedTest;
using ScheduleDeathTest = SchedTest;

TEST_F(ScheduleTest, Sleep_IsOneIdleCallWithTheDeadline_AndOneLookAtTheClock) {
  Sleep(5000);
  EXPECT_EQ(at_sched_now_ns(&sched_), 5000u);
  EXPECT_EQ(platform_.idle_calls, 1u);
  EXPECT_EQ(platform_.idle_deadline_ns, 5000u);
  EXPECT_EQ(platform_.now_calls, 2u) << "one of them is this test's";
  EXPECT_EQ(platform_.poll_calls, 0u);
}

TEST_F(ScheduleTest, Sleepers_WakeInTheOrderOfTheirDeadlines) {
  const std::pair<const char *, uint64_t> sleepers[] = {{"c", 30}, {"a", 10}, {"b1", 20}, {"b2", 20}, {"now", 0}};
  for (const auto &s : sleepers) {
    Go(s.first, [=] {
      Sleep(s.second);
      EXPECT_EQ(platform_.now_ns, s.second);
      Log(s.first);
    });
  }
  JoinAll();
  EXPECT_EQ(log_, "now a b1 b2 c");
  EXPECT_EQ(platform_.idle_calls, 4u) << "one for each moment";
}

TEST_F(ScheduleTest, Sleep_AtTheEdgesOfTime) {
  const struct {
    const char *what;
    uint64_t now_ns, deadline_ns, after_ns;
  } cases[] = {
      {"at boot", 0, 0, 0},
      {"in the past", 1000, 1, 1000},
      {"now", 2000, 2000, 2000},
      {"across the sign bit", INT64_MAX, uint64_t{1} << 63, uint64_t{1} << 63},
      {"until the last moment there is", uint64_t{1} << 63, AT_NEVER - 1, AT_NEVER - 1},
      {"at the last moment there is", AT_NEVER - 1, AT_NEVER - 1, AT_NEVER - 1},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    platform_.now_ns = c.now_ns;
    Sleep(c.deadline_ns);
    EXPECT_EQ(platform_.now_ns, c.after_ns);
    EXPECT_EQ(sched_.timers.pending, 0u);
  }
}

TEST_F(ScheduleTest, SleepInThePast_LetsOthersRun) {
  Go("other", [&] { Log("other"); });
  Sleep(0);
  EXPECT_EQ(log_, "other");
  JoinAll();
}

TEST_F(ScheduleTest, EventThatWakesNobody_IdlesAgainForTheSameDeadline) {
  At(10, [&] { Log("event"); });
  Sleep(100);
  EXPECT_EQ(log_, "event");
  EXPECT_EQ(platform_.now_ns, 100u);
  EXPECT_EQ(platform_.idle_calls, 2u);
  EXPECT_EQ(platform_.idle_deadline_ns, 100u);
}

TEST_F(ScheduleTest, EventThatCreatesAThread_ItRunsBeforeTheSleeper) {
  At(10, [&] { Go("born", [&] { Log(std::to_string(platform_.now_ns)); }); });
  Sleep(100);
  EXPECT_EQ(log_, "10");
  JoinAll();
}

TEST_F(ScheduleTest, IdleSaysTimedOutOrOk_BothAreTheSame) {
  At(100, [] {});  // makes idle return AT_OK at the sleeper's own deadline
  Sleep(100);
  Sleep(200);
  EXPECT_EQ(platform_.idle_calls, 2u);
}

TEST_F(ScheduleTest, YieldingThreads_DoNotKeepEventsWaiting) {
  for (int threads : {1, 2, 7, 100}) {
    SCOPED_TRACE(threads);
    bool stop = false, seen = false;
    for (int i = 1; i < threads; ++i) {
      Go("spinner", [&] {
        while (!stop) Yield();
      });
    }
    At(platform_.now_ns, [&] { seen = true; });
    int yields = 0;
    for (; !seen && yields < 1000; ++yields) Yield();
    EXPECT_LE(yields, AT_SCHED_ROUND_MIN + 1) << "main yields at least once in a round";
    stop = true;
    JoinAll();
  }
}

TEST_F(ScheduleTest, YieldingThreads_DoNotKeepSleepersWaiting) {
  bool woken = false;
  Go("sleeper", [&] {
    Sleep(1000);
    woken = true;
  });
  Yield();
  for (int i = 0; i < 10 * AT_SCHED_ROUND_MIN; ++i, Yield()) ASSERT_FALSE(woken);
  at_fake_sched_advance(&platform_, 1000);
  int yields = 0;
  for (; !woken && yields < 1000; ++yields) Yield();
  EXPECT_LE(yields, AT_SCHED_ROUND_MIN + 1);
  EXPECT_EQ(platform_.idle_calls, 0u) << "main was ready all the time";
  JoinAll();
}

TEST_F(ScheduleTest, ThreadsThatWakeEachOther_DoNotKeepEventsWaiting) {
  at_sched_semaphore ping, pong;
  at_sched_semaphore_init(&ping, &sched_, "ping", 0);
  at_sched_semaphore_init(&pong, &sched_, "pong", 0);
  bool stop = false;
  int turns = 0;
  Go("pong", [&] {
    do {
      at_sched_semaphore_wait(&ping, AT_NEVER);
      at_sched_semaphore_post(&pong);
    } while (!stop);
  });
  At(0, [&] { stop = true; });
  while (!stop && turns < 1000) {
    ++turns;
    at_sched_semaphore_post(&ping);
    at_sched_semaphore_wait(&pong, AT_NEVER);
  }
  EXPECT_LE(turns, AT_SCHED_ROUND_MIN + 1);
  at_sched_semaphore_post(&ping);
  JoinAll();
}

TEST_F(ScheduleTest, Polling_CostsOneCallARound_AndTheClockIsReadForTimersOnly) {
  for (uint64_t threads : {2, 8, 100, 1000}) {
    SCOPED_TRACE(threads);
    constexpr uint64_t kTurns = 160;
    for (uint64_t i = 0; i < threads; ++i) {
      Go("t", [&] {
        for (uint64_t turn = 0; turn < kTurns; ++turn) Yield();
      });
    }
    platform_.poll_calls = 0;
    JoinAll();
    const uint64_t round = threads > AT_SCHED_ROUND_MIN ? threads : AT_SCHED_ROUND_MIN;
    EXPECT_LE(platform_.poll_calls, threads * (kTurns + 1) / round + 2);
    EXPECT_GE(platform_.poll_calls, threads * kTurns / round - 2);
  }
  EXPECT_EQ(platform_.now_calls, 0u);
}

TEST_F(ScheduleTest, Callbacks_RunAtSchedulingPoints_AndCurrentIsWhoGaveWay) {
  struct Alarm {
    at_sched_timer timer;
    at_sched *sched;
    at_sched_thread *seen;
  } alarm{{}, &sched_, nullptr};
  at_sched_timer_start(at_sched_timers(&sched_), &alarm.timer, 50, [](at_sched_timer *timer) {
    auto *a = reinterpret_cast<Alarm *>(timer);
    a->seen = at_sched_thread_current(a->sched);
  });
  platform_.now_ns = 60;
  EXPECT_EQ(alarm.seen, nullptr);
  Sleep(61);
  EXPECT_EQ(alarm.seen, &sched_.main);
}

TEST_F(ScheduleTest, HundredThousandTimers_AmongThem_ASleeperWakesInTime) {
  std::vector<at_sched_timer> timers(100000);
  static int rang;
  rang = 0;
  for (size_t i = 0; i < timers.size(); ++i)
    at_sched_timer_start(&sched_.timers, &timers[i], 10 + i % 1000, [](at_sched_timer *) { ++rang; });
  Sleep(509);
  EXPECT_EQ(platform_.now_ns, 509u);
  EXPECT_EQ(rang, 50000);
  Sleep(2000);
  EXPECT_EQ(rang, 100000);
}

// Handlers and callbacks run on the stack of a thread that has given way already; they cannot do it again.
TEST_F(ScheduleDeathTest, HandlerThatGivesWay_Panics) {
  at_sched_wait_queue queue;
  at_sched_mutex mutex;
  at_sched_semaphore semaphore;
  at_sched_wait_queue_init(&queue, &sched_, "q");
  at_sched_mutex_init(&mutex, &sched_, "m");
  at_sched_semaphore_init(&semaphore, &sched_, "s", 0);
  at_sched_thread *thread = Spawn("t", [] { return nullptr; });
  Yield();
  const struct {
    const char *what;
    std::function<void()> handler;
    const char *reason;
  } cases[] = {
      {"yield", [&] { Yield(); }, "tried to wait"},
      {"sleep", [&] { Sleep(1); }, "tried to wait"},
      {"wait", [&] { at_sched_wait(&queue, AT_NEVER); }, "tried to wait"},
      {"semaphore", [&] { at_sched_semaphore_wait(&semaphore, AT_NEVER); }, "tried to wait"},
      {"join, even of a thread that has ended", [&] { at_sched_thread_join(thread, nullptr); }, "tried to wait"},
      {"lock, even of a mutex that is free", [&] { at_sched_mutex_lock(&mutex); }, "tried to wait"},
      {"try_lock", [&] { at_sched_mutex_try_lock(&mutex); }, "tried to wait"},
      {"unlock", [&] { at_sched_mutex_unlock(&mutex); }, "tried to wait"},
      {"exit", [&] { at_sched_thread_exit(&sched_, nullptr); }, "tried to wait"},
      {"fini", [&] { at_sched_fini(&sched_); }, "tried to wait"},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_DEATH((At(10, c.handler), Sleep(100)), c.reason) << "in idle";
    EXPECT_DEATH(
        {
          At(0, c.handler);
          for (int i = 0; i < 2 * AT_SCHED_ROUND_MIN; ++i) Yield();
        },
        c.reason)
        << "in poll";
  }
  EXPECT_EQ(at_sched_thread_join(thread, nullptr), AT_OK);
}

TEST_F(ScheduleDeathTest, TimerCallbackThatGivesWay_Panics) {
  struct Alarm {
    at_sched_timer timer;
    at_sched *sched;
  } alarm{{}, &sched_};
  at_sched_timer_start(at_sched_timers(&sched_), &alarm.timer, 50,
                       [](at_sched_timer *timer) { at_sched_thread_yield(reinterpret_cast<Alarm *>(timer)->sched); });
  EXPECT_DEATH(Sleep(100), "tried to wait");
  at_sched_timer_stop(at_sched_timers(&sched_), &alarm.timer);
}

TEST_F(ScheduleDeathTest, RunQueueThatWasOverwritten_IsNotWalked) {
  at_sched_thread *thread = Spawn("overwritten", [] { return nullptr; });
  at_list_node *behind = thread->link.prev;
  thread->link.prev = nullptr;
  EXPECT_DEATH(at_sched_thread_yield(&sched_), "sched\\.c");
  EXPECT_DEATH(Sleep(10), "list\\.c");
  thread->link.prev = behind;
  EXPECT_EQ(at_sched_thread_join(thread, nullptr), AT_OK);
}

TEST_F(ScheduleDeathTest, IdleThatFails_Panics) {
  platform_.idle_status = AT_IO;
  EXPECT_DEATH(Sleep(100), "idle\\(\\) failed");
}

// The report goes to the console, the panic after it to where the platform puts panics: both into one stream here.
TEST_F(ScheduleDeathTest, Deadlock_IsReportedWithEveryThreadAndWhatItWaitsFor) {
  at_sched_wait_queue queue;
  at_sched_mutex mutex;
  at_sched_semaphore semaphore;
  at_sched_condition condition;
  at_sched_wait_queue_init(&queue, &sched_, "packets");
  at_sched_mutex_init(&mutex, &sched_, "log");
  at_sched_semaphore_init(&semaphore, &sched_, "slots", 0);
  at_sched_condition_init(&condition, &sched_, "filled");
  const std::string long_name(500, 'x');
  EXPECT_DEATH(
      {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        at_sched_thread *owner = Go("owner", [&] {
          at_sched_mutex_lock(&mutex);
          at_sched_semaphore_wait(&semaphore, AT_NEVER);
        });
        Go("reader", [&] { at_sched_wait(&queue, AT_NEVER); });
        Go("writer", [&] { at_sched_mutex_lock(&mutex); });
        Go("late", [&] {
          at_sched_mutex own;
          at_sched_mutex_init(&own, &sched_, "own");
          at_sched_mutex_lock(&own);
          at_sched_condition_wait(&condition, &own, AT_NEVER);
        });
        Go("dreamer", [&] { Sleep(AT_NEVER); });
        Go("done", [] {});
        Go(long_name.c_str(), [&] { Sleep(AT_NEVER); });
        Sleep(1000);
        at_sched_thread_join(owner, nullptr);
      },
      "sched: deadlock: no thread is ready, no timer pending, no event to come\n"
      "  thread \"main\" waits for the end of thread \"owner\"\n"
      "  thread \"owner\" waits for semaphore \"slots\"\n"
      "  thread \"reader\" waits for queue \"packets\"\n"
      "  thread \"writer\" waits for mutex \"log\" of thread \"owner\"\n"
      "  thread \"late\" waits for condition \"filled\"\n"
      "  thread \"dreamer\" sleeps for ever\n"
      "  thread \"done\" has ended\n"
      "  thread \"x{149}\n"
      "(.|\n)*sched: deadlock");
}

// Nobody unlocks what such a thread has locked, and its name went with its stack.
TEST_F(ScheduleDeathTest, DeadlockOwnerEndedAndJoined_IsReported) {
  at_sched_mutex mutex;
  at_sched_mutex_init(&mutex, &sched_, "log");
  EXPECT_DEATH(
      {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        at_sched_thread_join(Spawn("owner",
                                   [&] {
                                     at_sched_mutex_lock(&mutex);
                                     return nullptr;
                                   }),
                             nullptr);
        at_sched_mutex_lock(&mutex);
      },
      "  thread \"main\" waits for mutex \"log\" of a thread that has ended\n");
}

TEST_F(ScheduleDeathTest, DeadlockOnADetachedThreadsStack_IsReportedToo) {
  EXPECT_DEATH(
      {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        at_sched_thread_detach(Spawn("last", [] { return nullptr; }));
        Sleep(AT_NEVER);
      },
      "  thread \"main\" sleeps for ever\n");
}

TEST_F(ScheduleTest, AnEventToCome_IsNoDeadlock) {
  at_sched_wait_queue queue;
  at_sched_wait_queue_init(&queue, &sched_, "q");
  At(1000, [&] { at_sched_wake_one(&queue); });
  EXPECT_EQ(at_sched_wait(&queue, AT_NEVER), AT_OK);
  EXPECT_EQ(platform_.now_ns, 1000u);
  EXPECT_EQ(platform_.idle_deadline_ns, AT_NEVER);
  EXPECT_EQ(platform_.idle_calls, 1u);
}

}  // namespace
