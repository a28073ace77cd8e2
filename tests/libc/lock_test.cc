// SPDX-License-Identifier: ISC
// What musl's threads wait for each other with, on the kit's futex and scheduler.

#include <errno.h>

#include <functional>
#include <vector>

#include "gtest/gtest.h"
#include "guest_threads.h"

namespace {

constexpr int kMutexRecursive = 1, kMutexErrorCheck = 2;  // musl's

TEST_F(Threads, Mutex_ExcludesAcrossSwitches) {
  Object mutex;
  guest_pthread_mutex_init(&mutex, nullptr);
  int inside = 0, passed = 0;
  std::function<void()> function = [&] {
    for (int i = 0; i < 50; i++) {
      ASSERT_EQ(guest_pthread_mutex_lock(&mutex), 0);
      EXPECT_EQ(inside++, 0);
      Sleep(1);
      inside--;
      passed++;
      ASSERT_EQ(guest_pthread_mutex_unlock(&mutex), 0);
    }
  };
  std::vector<Thread> threads;
  for (int i = 0; i < 8; i++) threads.push_back(Start(&function));
  for (Thread thread : threads) Join(thread);
  EXPECT_EQ(passed, 400);
}

TEST_F(Threads, MutexTypes_AnswerAsPosixSays) {
  const struct {
    int type, again, foreign_unlock;
  } cases[] = {{kMutexRecursive, 0, EPERM}, {kMutexErrorCheck, EDEADLK, EPERM}};
  for (const auto &c : cases) {
    SCOPED_TRACE(c.type);
    Object attr, mutex;
    guest_pthread_mutexattr_init(&attr);
    guest_pthread_mutexattr_settype(&attr, c.type);
    guest_pthread_mutex_init(&mutex, &attr);
    EXPECT_EQ(guest_pthread_mutex_lock(&mutex), 0);
    EXPECT_EQ(guest_pthread_mutex_lock(&mutex), c.again);
    std::function<void()> other = [&] {
      EXPECT_EQ(guest_pthread_mutex_trylock(&mutex), EBUSY);
      EXPECT_EQ(guest_pthread_mutex_unlock(&mutex), c.foreign_unlock);
    };
    Join(Start(&other));
    EXPECT_EQ(guest_pthread_mutex_unlock(&mutex), 0);
    EXPECT_EQ(guest_pthread_mutex_unlock(&mutex), c.again == 0 ? 0 : EPERM);
  }
}

TEST_F(Threads, TimedLock_GivesUpInTime) {
  Object mutex;
  guest_pthread_mutex_init(&mutex, nullptr);
  guest_pthread_mutex_lock(&mutex);
  std::function<void()> other = [&] {
    const timespec soon = In(7000);
    uint64_t before = GuestNow();
    EXPECT_EQ(guest_pthread_mutex_timedlock(&mutex, &soon), ETIMEDOUT);
    EXPECT_EQ(GuestNow() - before, 7000u);
  };
  Join(Start(&other));
  guest_pthread_mutex_unlock(&mutex);
}

TEST_F(Threads, Condition_WakesOneOrAll) {
  Object mutex, condition;
  guest_pthread_mutex_init(&mutex, nullptr);
  guest_pthread_cond_init(&condition, nullptr);
  int allowed = 0, through = 0;
  std::function<void()> function = [&] {
    guest_pthread_mutex_lock(&mutex);
    while (allowed == 0) guest_pthread_cond_wait(&condition, &mutex);
    allowed--;
    through++;
    guest_pthread_mutex_unlock(&mutex);
  };
  std::vector<Thread> threads;
  for (int i = 0; i < 5; i++) threads.push_back(Start(&function));
  Sleep(1000);
  allowed = 1;
  guest_pthread_cond_signal(&condition);
  Sleep(1000);
  EXPECT_EQ(through, 1);
  guest_pthread_mutex_lock(&mutex);  // broadcast while it is held: the waiters are moved to it one by one
  allowed = 4;
  guest_pthread_cond_broadcast(&condition);
  Sleep(1000);
  EXPECT_EQ(through, 1);
  guest_pthread_mutex_unlock(&mutex);
  for (Thread thread : threads) Join(thread);
  EXPECT_EQ(through, 5);
}

TEST_F(Threads, ConditionTimedWait_HoldsTheMutexAfterwards) {
  Object attr, mutex, condition;
  guest_pthread_mutexattr_init(&attr);
  guest_pthread_mutexattr_settype(&attr, kMutexErrorCheck);
  guest_pthread_mutex_init(&mutex, &attr);
  guest_pthread_cond_init(&condition, nullptr);
  guest_pthread_mutex_lock(&mutex);
  const timespec soon = In(3000);
  EXPECT_EQ(guest_pthread_cond_timedwait(&condition, &mutex, &soon), ETIMEDOUT);
  EXPECT_EQ(guest_pthread_mutex_unlock(&mutex), 0);
}

TEST_F(Threads, RwLock_ReadersTogetherWriterAlone) {
  Object lock;
  guest_pthread_rwlock_init(&lock, nullptr);
  int readers = 0, most = 0, writers = 0;
  std::function<void()> read = [&] {
    guest_pthread_rwlock_rdlock(&lock);
    most = std::max(most, ++readers);
    EXPECT_EQ(writers, 0);
    Sleep(100);
    readers--;
    guest_pthread_rwlock_unlock(&lock);
  };
  std::function<void()> write = [&] {
    guest_pthread_rwlock_wrlock(&lock);
    EXPECT_EQ(readers, 0);
    EXPECT_EQ(writers++, 0);
    Sleep(100);
    writers--;
    guest_pthread_rwlock_unlock(&lock);
  };
  std::vector<Thread> threads;
  for (int i = 0; i < 6; i++) threads.push_back(Start(i % 3 == 2 ? &write : &read));
  for (Thread thread : threads) Join(thread);
  EXPECT_GE(most, 2);
}

TEST_F(Threads, Barrier_OneOfThemIsSerial) {
  Object barrier;
  guest_pthread_barrier_init(&barrier, nullptr, 4);
  int serial = 0, passed = 0;
  std::function<void()> function = [&] {
    for (int i = 0; i < 3; i++) {
      serial += guest_pthread_barrier_wait(&barrier) == -1;
      passed++;
    }
  };
  std::vector<Thread> threads;
  for (int i = 0; i < 4; i++) threads.push_back(Start(&function));
  for (Thread thread : threads) Join(thread);
  EXPECT_EQ(serial, 3);
  EXPECT_EQ(passed, 12);
}

TEST_F(Threads, Semaphore_CountsAndTimesOut) {
  Object semaphore;
  guest_sem_init(&semaphore, 0, 1);
  EXPECT_EQ(guest_sem_wait(&semaphore), 0);
  const timespec soon = In(10);
  EXPECT_EQ(guest_sem_timedwait(&semaphore, &soon), -1);
  EXPECT_EQ(GuestErrno(), ETIMEDOUT);
  std::function<void()> post = [&] {
    Sleep(500);
    guest_sem_post(&semaphore);
  };
  Thread thread = Start(&post);
  EXPECT_EQ(guest_sem_wait(&semaphore), 0);
  Join(thread);
}

TEST_F(Threads, Spin_LetsTheOwnerRun) {
  static int lock;
  lock = 0;
  int order = 0;
  guest_pthread_spin_lock(&lock);
  std::function<void()> other = [&] {
    guest_pthread_spin_lock(&lock);
    EXPECT_EQ(order, 1);
    guest_pthread_spin_unlock(&lock);
  };
  Thread thread = Start(&other);
  guest_sched_yield();
  guest_sched_yield();
  order = 1;
  guest_pthread_spin_unlock(&lock);
  Join(thread);
}

int once_calls;

TEST_F(Threads, Once_RunsOnce) {
  static int control;
  std::function<void()> function = [&] {
    guest_pthread_once(&control, [] {
      Sleep(100);
      once_calls++;
    });
    EXPECT_EQ(once_calls, 1);
  };
  Thread one = Start(&function), two = Start(&function);
  Join(one);
  Join(two);
  EXPECT_EQ(once_calls, 1);
}

// What musl never asks, and a program that makes the call itself may.
TEST_F(Threads, Futex_AnswersAsLinuxDoes) {
  volatile int word = 5;
  const timespec wrong = {0, 1000000000}, soon = {0, 1000};
  const auto call = [&word](int operation, int value, const timespec *timeout) {
    return guest_at_libc_sys_futex(&word, operation, value, reinterpret_cast<long>(timeout), nullptr);
  };
  EXPECT_EQ(call(0, 4, nullptr), -EAGAIN) << "another value: whoever was to wake it has been there";
  EXPECT_EQ(call(0, 5, &wrong), -EINVAL);
  EXPECT_EQ(call(0, 5, &soon), -ETIMEDOUT);
  EXPECT_EQ(call(9, 5, nullptr), -ENOSYS) << "FUTEX_WAIT_BITSET";
  volatile int other = 0;
  EXPECT_EQ(guest_at_libc_sys_futex(&word, 3, 0, INT64_C(1) << 40, &other), 0)
      << "more than an int has, and nobody waits";
}

}  // namespace
