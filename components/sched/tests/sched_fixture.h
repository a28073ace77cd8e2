// SPDX-License-Identifier: ISC
#ifndef ATMAN_SCHED_TESTS_SCHED_FIXTURE_H
#define ATMAN_SCHED_TESTS_SCHED_FIXTURE_H

// A scheduler on the fake platform, threads out of lambdas, and a teardown that finds what was left.

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <atman/sched/thread.h>
#include <atman/testing/fake_sched_platform.h>

#include "gtest/gtest.h"

class SchedTest : public ::testing::Test {
 protected:
  SchedTest() {
    at_fake_sched_platform_init(&platform_);
    at_sched_init(&sched_, &platform_.config);
  }

  void TearDown() override {
    EXPECT_EQ(at_sched_fini(&sched_), AT_OK) << "a test left a thread or a timer";
    EXPECT_EQ(platform_.stacks, 0u) << "a test left a stack";
    EXPECT_EQ(platform_.stack_bytes, 0u);
  }

  using Body = std::function<void *()>;

  // Creates a thread that runs `body`; the test has to join it.
  at_sched_thread *Spawn(const char *name, Body body) {
    bodies_.push_back(std::move(body));
    at_sched_thread *thread = nullptr;
    EXPECT_EQ(at_sched_thread_create(
                  &sched_, &thread, name, [](void *b) { return (*static_cast<Body *>(b))(); }, &bodies_.back(), 0),
              AT_OK);
    return thread;
  }

  // A thread that is to be joined by JoinAll().
  at_sched_thread *Go(const char *name, std::function<void()> body) {
    going_.push_back(Spawn(name, [body] {
      body();
      return nullptr;
    }));
    return going_.back();
  }

  void JoinAll() {
    for (at_sched_thread *thread : going_) EXPECT_EQ(at_sched_thread_join(thread, nullptr), AT_OK);
    going_.clear();
  }

  // Calls `handler` from an event at `at_ns`.
  void At(uint64_t at_ns, std::function<void()> handler) {
    handlers_.emplace_back();
    handlers_.back().second = std::move(handler);
    at_fake_sched_event_at(
        &platform_, &handlers_.back().first, at_ns, [](void *f) { (*static_cast<std::function<void()> *>(f))(); },
        &handlers_.back().second);
  }

  void Yield() { at_sched_thread_yield(&sched_); }
  void Sleep(uint64_t deadline_ns) { at_sched_thread_sleep(&sched_, deadline_ns); }
  void Log(const std::string &what) { log_ += (log_.empty() ? "" : " ") + what; }

  at_fake_sched_platform platform_;
  at_sched sched_;
  std::string log_;

 private:
  std::deque<Body> bodies_;
  std::deque<std::pair<at_fake_sched_event, std::function<void()>>> handlers_;
  std::vector<at_sched_thread *> going_;
};

#endif  // ATMAN_SCHED_TESTS_SCHED_FIXTURE_H
