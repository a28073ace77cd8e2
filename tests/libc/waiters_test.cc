// SPDX-License-Identifier: ISC
// Threads that wait for one file: who is woken.

#include <poll.h>

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "guest_sched.h"

extern "C" {
int guest_pthread_create(void **, const void *, void *(*)(void *), void *);
int guest_pthread_join(void *, void **);
int guest_sched_yield();
int guest_pipe(int *);
int guest_close(int);
ssize_t guest_read(int, void *, size_t);
ssize_t guest_write(int, const void *, size_t);
int guest_poll(pollfd *, nfds_t, int);
}

namespace {

constexpr size_t kReaders = 8;

// Threads that read bytes of one pipe, until its end.
class Waiters : public testing::Test {
 protected:
  struct Reader {
    Waiters *test;
    char name;
    void *thread;
  };

  void SetUp() override {
    ASSERT_EQ(guest_pipe(pipe_), 0);
    for (size_t i = 0; i < kReaders; i++) {
      readers_[i] = {this, static_cast<char>('0' + i), nullptr};
      ASSERT_EQ(guest_pthread_create(&readers_[i].thread, nullptr, Read, &readers_[i]), 0);
    }
    guest_sched_yield();
  }

  void TearDown() override {
    for (const Reader &reader : readers_) EXPECT_EQ(guest_pthread_join(reader.thread, nullptr), 0);
    EXPECT_EQ(guest_close(pipe_[0]), 0);
  }

  static void *Read(void *argument) {
    Reader *reader = static_cast<Reader *>(argument);
    char byte;
    while (guest_read(reader->test->pipe_[0], &byte, 1) == 1) {
      reader->test->took_ += reader->name;
      if (reader->test->in_turns_) guest_sched_yield();
    }
    return nullptr;
  }

  int pipe_[2];
  Reader readers_[kReaders];
  std::string took_;
  bool in_turns_ = false;
};

// All of them ran for each byte.
TEST_F(Waiters, AChange_WakesWhoHasWaitedLongest) {
  for (const char *took : {"0", "01"}) {
    EXPECT_EQ(guest_write(pipe_[1], "a", 1), 1);
    EXPECT_EQ(ReadyThreads(), 1u);
    guest_sched_yield();
    EXPECT_EQ(took_, took);
  }
  EXPECT_EQ(guest_write(pipe_[1], "a", 1), 1);
  EXPECT_EQ(guest_write(pipe_[1], "b", 1), 1);
  EXPECT_EQ(ReadyThreads(), 2u) << "a change each";
  EXPECT_EQ(guest_close(pipe_[1]), 0);
}

// Whoever was woken and leaves something wakes the next, down to the last.
TEST_F(Waiters, WhatOneLeaves_WakesTheNext) {
  in_turns_ = true;
  const std::string bytes(64, 'x');
  EXPECT_EQ(guest_write(pipe_[1], bytes.data(), bytes.size()), 64);
  EXPECT_EQ(ReadyThreads(), 1u);
  for (int i = 0; i < 64; i++) guest_sched_yield();
  EXPECT_EQ(took_.size(), 64u);
  for (const Reader &reader : readers_) EXPECT_NE(took_.find(reader.name), std::string::npos) << reader.name;
  EXPECT_EQ(guest_close(pipe_[1]), 0);
}

TEST_F(Waiters, TheEnd_IsForAllOfThem) {
  EXPECT_EQ(guest_close(pipe_[1]), 0);
  EXPECT_EQ(ReadyThreads(), kReaders);
}

// Threads in poll() are told of what they asked about, and only of that.
TEST(Pollers, AreWokenByTheirOwnFiles) {
  struct Pipes {
    int watched[2], other[2];
    int result = -1;
    pollfd fds[3];
  } pipes;
  ASSERT_EQ(guest_pipe(pipes.watched), 0);
  ASSERT_EQ(guest_pipe(pipes.other), 0);
  pipes.fds[0] = {-1, POLLIN, 0};
  pipes.fds[1] = {pipes.watched[0], POLLIN, 0};
  pipes.fds[2] = {pipes.other[0], 0, 0};
  const auto poll_all = [](void *argument) -> void * {
    Pipes *all = static_cast<Pipes *>(argument);
    all->result = guest_poll(all->fds, 3, -1);
    return nullptr;
  };
  void *thread;
  ASSERT_EQ(guest_pthread_create(&thread, nullptr, poll_all, &pipes), 0);
  guest_sched_yield();
  EXPECT_EQ(guest_write(pipes.other[1], "a", 1), 1);
  EXPECT_EQ(ReadyThreads(), 0u) << "of this one it asked for errors only";
  EXPECT_EQ(guest_write(pipes.watched[1], "a", 1), 1);
  EXPECT_EQ(ReadyThreads(), 1u);
  EXPECT_EQ(guest_write(pipes.watched[1], "b", 1), 1) << "and once more, before it has run";
  EXPECT_EQ(guest_pthread_join(thread, nullptr), 0);
  EXPECT_EQ(pipes.result, 1);
  EXPECT_EQ(pipes.fds[0].revents, 0);
  EXPECT_EQ(pipes.fds[1].revents, POLLIN);
  EXPECT_EQ(pipes.fds[2].revents, 0);
  for (int fd : {pipes.watched[0], pipes.watched[1], pipes.other[0], pipes.other[1]}) EXPECT_EQ(guest_close(fd), 0);
}

}  // namespace
