// SPDX-License-Identifier: ISC
// The life of musl's threads on the kit's scheduler: from their start to their end, and what they share.

#include <errno.h>
#include <limits.h>

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "guest_threads.h"

namespace {

constexpr int kDisable = 1, kEnable = 0, kMasked = 2, kAsynchronous = 1;  // musl's
void *const kCanceled = reinterpret_cast<void *>(-1);

TEST_F(Threads, Join_WaitsForTheResult) {
  bool done = false;
  std::function<void()> function = [&] {
    Sleep(1000);
    done = true;
  };
  Thread thread = Start(&function);
  EXPECT_FALSE(done) << "create does not switch";
  EXPECT_EQ(Join(thread), &function);
  EXPECT_TRUE(done);
}

TEST_F(Threads, Self_DiffersAndErrnoToo) {
  Thread inside = nullptr, main = guest_pthread_self();
  int seen = -1;
  GuestErrno() = ENOENT;
  std::function<void()> function = [&] {
    inside = guest_pthread_self();
    seen = GuestErrno();
    GuestErrno() = EDOM;
    guest_sched_yield();
    EXPECT_EQ(GuestErrno(), EDOM);
  };
  Thread thread = Start(&function);
  guest_sched_yield();
  EXPECT_EQ(GuestErrno(), ENOENT);
  Join(thread);
  EXPECT_EQ(inside, thread);
  EXPECT_NE(inside, main);
  EXPECT_EQ(seen, 0) << "a new thread begins without an error";
  EXPECT_EQ(GuestErrno(), ENOENT);
}

TEST_F(Threads, Detached_GiveTheirStacksBack) {
  Object attr;
  guest_pthread_attr_init(&attr);
  guest_pthread_attr_setdetachstate(&attr, 1);
  int ran = 0;
  std::function<void()> function = [&] { ran++; };
  for (int i = 0; i < 100; i++) {
    Start(&function, &attr);
    guest_sched_yield();
    EXPECT_LE(GuestPlatform().stacks, 2u);
  }
  Thread later = Start(&function);
  EXPECT_EQ(guest_pthread_detach(later), 0);
  guest_sched_yield();
  EXPECT_EQ(ran, 101);
}

TEST_F(Threads, NoStack_IsEagain) {
  at_fake_sched_platform &platform = GuestPlatform();
  std::function<void()> function = [] {};
  Thread thread;
  platform.fail_stack_call = platform.stack_calls + 1;
  EXPECT_EQ(guest_pthread_create(&thread, nullptr, Call, &function), EAGAIN);
  platform.fail_stack_call = 0;
  Join(Start(&function));
}

TEST_F(Threads, TimedJoin_GivesUp) {
  std::function<void()> function = [] { Sleep(5000000); };
  Thread thread = Start(&function);
  const timespec soon = In(1000000);
  uint64_t before = GuestNow();
  EXPECT_EQ(guest_pthread_timedjoin_np(thread, nullptr, &soon), ETIMEDOUT);
  EXPECT_EQ(GuestNow() - before, 1000000u);
  Join(thread);
}

std::vector<void *> destroyed;

TEST_F(Threads, Keys_AreOfEachThreadAndDestroyed) {
  static unsigned key;
  ASSERT_EQ(guest_pthread_key_create(&key, [](void *value) { destroyed.push_back(value); }), 0);
  int values[2];
  guest_pthread_setspecific(key, &values[0]);
  std::function<void()> function = [&] {
    EXPECT_EQ(guest_pthread_getspecific(key), nullptr);
    guest_pthread_setspecific(key, &values[1]);
    guest_sched_yield();
    EXPECT_EQ(guest_pthread_getspecific(key), &values[1]);
  };
  Join(Start(&function));
  EXPECT_EQ(guest_pthread_getspecific(key), &values[0]);
  EXPECT_EQ(destroyed, std::vector<void *>{&values[1]});
  guest_pthread_setspecific(key, nullptr);
}

TEST_F(Threads, Exit_FromWithin) {
  static char result;
  std::function<void()> function = [] { guest_pthread_exit(&result); };
  EXPECT_EQ(Join(Start(&function)), &result);
}

TEST_F(Threads, Cancel_EndsEveryKindOfWait) {
  Object semaphore, mutex, condition;
  int pipe[2];
  guest_sem_init(&semaphore, 0, 0);
  guest_pthread_mutex_init(&mutex, nullptr);
  guest_pthread_cond_init(&condition, nullptr);
  ASSERT_EQ(guest_pipe(pipe), 0);
  char byte;
  pollfd input = {pipe[0], POLLIN, 0};
  std::function<void()> waits[] = {
      [&] { guest_sem_wait(&semaphore); },
      [&] { Sleep(UINT64_C(1) << 60); },
      [&] { guest_read(pipe[0], &byte, 1); },
      [&] { guest_poll(&input, 1, -1); },
      [&] {
        guest_pthread_mutex_lock(&mutex);
        guest_pthread_cond_wait(&condition, &mutex);
      },
  };
  for (auto &wait : waits) {
    SCOPED_TRACE(&wait - waits);
    Thread thread = Start(&wait);
    guest_sched_yield();
    EXPECT_EQ(guest_pthread_cancel(thread), 0);
    EXPECT_EQ(Join(thread), kCanceled);
    thread = Start(&wait);
    EXPECT_EQ(guest_pthread_cancel(thread), 0) << "before it waits";
    if (&wait == &waits[4]) {
      // The first one ended as a waiter does that is cancelled: with the mutex.
      EXPECT_EQ(guest_pthread_mutex_trylock(&mutex), EBUSY);
      guest_pthread_mutex_unlock(&mutex);
    }
    EXPECT_EQ(Join(thread), kCanceled);
  }
  guest_close(pipe[0]);
  guest_close(pipe[1]);
}

TEST_F(Threads, CancelledWaiter_TakesNoWakeUp) {
  Object semaphore;
  guest_sem_init(&semaphore, 0, 0);
  std::function<void()> wait = [&] { EXPECT_EQ(guest_sem_wait(&semaphore), 0); };
  Thread first = Start(&wait), second = Start(&wait);
  guest_sched_yield();
  guest_pthread_cancel(first);  // it has not run since when the unit comes, which is then the second one's
  guest_sem_post(&semaphore);
  EXPECT_EQ(Join(first), kCanceled);
  EXPECT_EQ(Join(second), &wait);
}

// The end comes between a wake-up and the thread's next turn, in which there is nothing left of what it was woken for.
TEST_F(Threads, CancelAfterWakeUp_ThatAnotherTook_Ends) {
  int pipe[2];
  ASSERT_EQ(guest_pipe(pipe), 0);
  char byte;
  pollfd input = {pipe[0], POLLIN, 0};
  std::function<void()> waits[] = {
      [&] { guest_read(pipe[0], &byte, 1); },
      [&] { guest_poll(&input, 1, -1); },
  };
  for (auto &wait : waits) {
    SCOPED_TRACE(&wait - waits);
    Thread thread = Start(&wait);
    guest_sched_yield();
    ASSERT_EQ(guest_write(pipe[1], "x", 1), 1);
    guest_pthread_cancel(thread);
    ASSERT_EQ(guest_read(pipe[0], &byte, 1), 1);
    void *result = nullptr;
    const timespec soon = In(1000000);
    EXPECT_EQ(guest_pthread_timedjoin_np(thread, &result, &soon), 0);
    EXPECT_EQ(result, kCanceled);
  }
  guest_close(pipe[0]);
  guest_close(pipe[1]);
}

TEST_F(Threads, CloseAfterWakeUp_IsEBADF) {
  int pipe[2];
  ASSERT_EQ(guest_pipe(pipe), 0);
  char byte;
  std::function<void()> function = [&] {
    char own;
    EXPECT_EQ(guest_read(pipe[0], &own, 1), -1);
    EXPECT_EQ(GuestErrno(), EBADF);
  };
  Thread thread = Start(&function);
  guest_sched_yield();
  ASSERT_EQ(guest_write(pipe[1], "x", 1), 1);
  ASSERT_EQ(guest_read(pipe[0], &byte, 1), 1);
  guest_close(pipe[0]);
  const timespec soon = In(1000000);
  EXPECT_EQ(guest_pthread_timedjoin_np(thread, nullptr, &soon), 0);
  guest_close(pipe[1]);
}

// pthread_cancel() is a signal with SA_RESTART elsewhere: a call that is no cancellation point does not notice.
TEST_F(Threads, CancelInFgets_LeavesNoError) {
  int pipe[2];
  ASSERT_EQ(guest_pipe(pipe), 0);
  void *input = guest_fdopen(pipe[0], "r");
  ASSERT_NE(input, nullptr);
  bool reached = false;
  std::function<void()> function = [&] {
    char line[8] = "";
    EXPECT_EQ(guest_fgets(line, sizeof line, input), line);
    EXPECT_STREQ(line, "ab\n");
    EXPECT_EQ(guest_ferror(input), 0);
    reached = true;
    guest_pthread_testcancel();
    ADD_FAILURE() << "it goes on";
  };
  Thread thread = Start(&function);
  guest_sched_yield();
  guest_pthread_cancel(thread);
  guest_sched_yield();
  ASSERT_EQ(guest_write(pipe[1], "ab\n", 3), 3);
  EXPECT_EQ(Join(thread), kCanceled);
  EXPECT_TRUE(reached);
  guest_fclose(input);
  guest_close(pipe[1]);
}

TEST_F(Threads, CancelDisabled_WaitsOn) {
  Object semaphore;
  guest_sem_init(&semaphore, 0, 0);
  bool reached = false;
  std::function<void()> function = [&] {
    int before;
    guest_pthread_setcancelstate(kDisable, &before);
    EXPECT_EQ(before, kEnable);
    EXPECT_EQ(guest_sem_wait(&semaphore), 0);
    Sleep(1000);
    reached = true;
    guest_pthread_setcancelstate(kEnable, nullptr);
    guest_pthread_testcancel();
    reached = false;
  };
  Thread thread = Start(&function);
  guest_sched_yield();
  guest_pthread_cancel(thread);
  guest_sched_yield();
  guest_sem_post(&semaphore);
  EXPECT_EQ(Join(thread), kCanceled);
  EXPECT_TRUE(reached);
}

// PTHREAD_CANCEL_MASKED, which is musl's own: the call fails instead of the thread ending.
TEST_F(Threads, CancelMasked_EndsTheWaitOnly) {
  bool reached = false;
  std::function<void()> function = [&] {
    guest_pthread_setcancelstate(kMasked, nullptr);
    const timespec long_time = {5, 0};
    timespec rest = {};
    EXPECT_EQ(guest_nanosleep(&long_time, &rest), -1);
    EXPECT_EQ(GuestErrno(), ECANCELED);
    EXPECT_EQ(rest.tv_sec, 4) << "what was left of it";
    EXPECT_EQ(rest.tv_nsec, 999999000);
    reached = true;
  };
  Thread thread = Start(&function);
  Sleep(1000);
  guest_pthread_cancel(thread);
  EXPECT_EQ(Join(thread), &function);
  EXPECT_TRUE(reached);
}

TEST_F(Threads, CancellingItself_EndsAtThePointThatItsTypeSays) {
  for (int type : {0, kAsynchronous}) {
    SCOPED_TRACE(type);
    bool later = false;
    std::function<void()> function = [&] {
      guest_pthread_setcanceltype(type, nullptr);
      guest_pthread_testcancel();  // nothing to do yet
      guest_pthread_cancel(guest_pthread_self());
      later = true;
      guest_pthread_testcancel();
      ADD_FAILURE() << "it goes on";
    };
    EXPECT_EQ(Join(Start(&function)), kCanceled);
    EXPECT_EQ(later, type == 0);
  }
  bool ended = false;
  std::function<void()> disabled = [&] {
    guest_pthread_setcanceltype(kAsynchronous, nullptr);
    guest_pthread_setcancelstate(kDisable, nullptr);
    guest_pthread_cancel(guest_pthread_self());
    ended = true;
  };
  EXPECT_EQ(Join(Start(&disabled)), &disabled);
  EXPECT_TRUE(ended);
}

// The page below a stack is absent or there is no stack: a frame that is too large shall not be somebody's data.
TEST_F(Threads, WithoutGuard_AreNotMade) {
  Object attr;
  guest_pthread_attr_init(&attr);
  guest_pthread_attr_setguardsize(&attr, 0);
  std::function<void()> function = [] {};
  Thread thread;
  EXPECT_EQ(guest_pthread_create(&thread, &attr, Call, &function), EAGAIN);
}

// More buffers than a call looks at at once.
TEST_F(Threads, BlockingWrite_OfManyBuffersIsWhole) {
  int pipe[2];
  ASSERT_EQ(guest_pipe(pipe), 0);
  std::string sent(40 * 1000, '.'), received;
  for (size_t i = 0; i < sent.size(); i++) sent[i] = static_cast<char>('a' + i % 23);
  std::vector<iovec> parts;
  for (size_t at = 0; at < sent.size(); at += 1000) parts.push_back({sent.data() + at, 1000});
  std::function<void()> function = [&] {
    EXPECT_EQ(guest_writev(pipe[1], parts.data(), static_cast<int>(parts.size())), static_cast<ssize_t>(sent.size()));
    guest_close(pipe[1]);
  };
  Thread thread = Start(&function);
  char buffer[777];
  for (ssize_t got; (got = guest_read(pipe[0], buffer, sizeof buffer)) > 0;) {
    received.append(buffer, static_cast<size_t>(got));
  }
  Join(thread);
  EXPECT_EQ(received, sent);
  guest_close(pipe[0]);
}

TEST_F(Threads, Pipe_CarriesAMegabyte) {
  int pipe[2];
  ASSERT_EQ(guest_pipe(pipe), 0);
  constexpr size_t kSize = 1 << 20;
  std::vector<uint8_t> sent(kSize), received;
  for (size_t i = 0; i < kSize; i++) sent[i] = static_cast<uint8_t>(i * 7 + i / 251);
  std::function<void()> function = [&] {
    EXPECT_EQ(guest_write(pipe[1], sent.data(), kSize), static_cast<ssize_t>(kSize)) << "a blocking write is whole";
    guest_close(pipe[1]);
  };
  Thread thread = Start(&function);
  uint8_t buffer[1000];
  for (ssize_t got; (got = guest_read(pipe[0], buffer, sizeof buffer)) > 0;) {
    received.insert(received.end(), buffer, buffer + got);
  }
  Join(thread);
  EXPECT_EQ(received, sent);
  guest_close(pipe[0]);
}

TEST_F(Threads, CloseWhileReading_EndsTheRead) {
  int pipe[2];
  ASSERT_EQ(guest_pipe(pipe), 0);
  std::function<void()> function = [&] {
    char byte;
    EXPECT_EQ(guest_read(pipe[0], &byte, 1), -1);
    EXPECT_EQ(GuestErrno(), EBADF);
  };
  Thread thread = Start(&function);
  guest_sched_yield();
  guest_close(pipe[0]);
  Join(thread);
  guest_close(pipe[1]);
}

TEST_F(Threads, Printing_FromSeveralKeepsLines) {
  std::function<void()> function = [] {
    for (int i = 0; i < 3; i++) {
      guest_printf("a line of %d\n", i);
      guest_sched_yield();
    }
  };
  Thread one = Start(&function), two = Start(&function);
  Join(one);
  Join(two);
  EXPECT_EQ(TakeConsole(), (std::vector<std::string>{"a line of 0\n", "a line of 0\n", "a line of 1\n", "a line of 1\n",
                                                     "a line of 2\n", "a line of 2\n"}));
}

}  // namespace
