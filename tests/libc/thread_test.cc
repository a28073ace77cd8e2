// SPDX-License-Identifier: ISC
// musl's pthreads on the kit's futex and scheduler. Types of <pthread.h> differ between the host and the guest, so that
// objects are of a size that holds either's.

#include <errno.h>
#include <limits.h>
#include <semaphore.h>
#include <time.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "gtest/gtest.h"
#include "guest_sched.h"

namespace {

struct alignas(8) Object {
  char bytes[64];
};

using Thread = void *;

}  // namespace

extern "C" {
int guest_pthread_create(Thread *, const Object *, void *(*)(void *), void *);
int guest_pthread_join(Thread, void **);
int guest_pthread_timedjoin_np(Thread, void **, const timespec *);
int guest_pthread_detach(Thread);
Thread guest_pthread_self();
int guest_pthread_cancel(Thread);
int guest_pthread_setcancelstate(int, int *);
void guest_pthread_testcancel();
[[noreturn]] void guest_pthread_exit(void *);
int guest_pthread_attr_init(Object *);
int guest_pthread_attr_setdetachstate(Object *, int);
int guest_pthread_attr_setstacksize(Object *, size_t);
int guest_pthread_mutex_init(Object *, const Object *);
int guest_pthread_mutex_lock(Object *);
int guest_pthread_mutex_trylock(Object *);
int guest_pthread_mutex_timedlock(Object *, const timespec *);
int guest_pthread_mutex_unlock(Object *);
int guest_pthread_mutexattr_init(Object *);
int guest_pthread_mutexattr_settype(Object *, int);
int guest_pthread_cond_init(Object *, const Object *);
int guest_pthread_cond_wait(Object *, Object *);
int guest_pthread_cond_timedwait(Object *, Object *, const timespec *);
int guest_pthread_cond_signal(Object *);
int guest_pthread_cond_broadcast(Object *);
int guest_pthread_rwlock_init(Object *, const Object *);
int guest_pthread_rwlock_rdlock(Object *);
int guest_pthread_rwlock_wrlock(Object *);
int guest_pthread_rwlock_unlock(Object *);
int guest_pthread_barrier_init(Object *, const Object *, unsigned);
int guest_pthread_barrier_wait(Object *);
int guest_pthread_once(int *, void (*)());
int guest_pthread_key_create(unsigned *, void (*)(void *));
int guest_pthread_setspecific(unsigned, const void *);
void *guest_pthread_getspecific(unsigned);
int guest_pthread_spin_lock(int *);
int guest_pthread_spin_unlock(int *);
int guest_sem_init(Object *, int, unsigned);
int guest_sem_wait(Object *);
int guest_sem_timedwait(Object *, const timespec *);
int guest_sem_post(Object *);
int guest_sched_yield();
int guest_nanosleep(const timespec *, timespec *);
int guest_clock_gettime(int, timespec *);
int guest_printf(const char *, ...);
int guest_pipe(int *);
int guest_close(int);
ssize_t guest_read(int, void *, size_t);
ssize_t guest_write(int, const void *, size_t);
void guest___do_cleanup_push(void *);
}

namespace {

constexpr int kMutexNormal = 0, kMutexRecursive = 1, kMutexErrorCheck = 2;  // musl's
constexpr int kDisable = 1, kEnable = 0;
void *const kCanceled = reinterpret_cast<void *>(-1);

void *Call(void *function) {
  (*static_cast<std::function<void()> *>(function))();
  return function;
}

Thread Start(std::function<void()> *function, const Object *attr = nullptr) {
  Thread thread = nullptr;
  EXPECT_EQ(guest_pthread_create(&thread, attr, Call, function), 0);
  return thread;
}

void *Join(Thread thread) {
  void *result = nullptr;
  EXPECT_EQ(guest_pthread_join(thread, &result), 0);
  return result;
}

void Sleep(uint64_t ns) {
  const timespec time = {static_cast<time_t>(ns / 1000000000), static_cast<long>(ns % 1000000000)};
  EXPECT_EQ(guest_nanosleep(&time, nullptr), 0);
}

// The wall clock in `ns` from now.
timespec In(uint64_t ns) {
  timespec now;
  EXPECT_EQ(guest_clock_gettime(0, &now), 0);
  uint64_t at = static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec) + ns;
  return {static_cast<time_t>(at / 1000000000), static_cast<long>(at % 1000000000)};
}

class Threads : public testing::Test {
 protected:
  // A detached thread's stack is kept until the next thread is made or ends: make one that is joined.
  void TearDown() override {
    std::function<void()> nothing = [] {};
    Join(Start(&nothing));
    EXPECT_EQ(GuestPlatform().stacks, 0u) << "a stack is left";
    EXPECT_EQ(LiveObjects(), 0u) << "an object of the heap is left";
  }
};

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
  std::function<void()> function = [] { guest_pthread_exit(&once_calls); };
  EXPECT_EQ(Join(Start(&function)), &once_calls);
}

TEST_F(Threads, Cancel_EndsEveryKindOfWait) {
  Object semaphore, mutex, condition;
  int pipe[2];
  guest_sem_init(&semaphore, 0, 0);
  guest_pthread_mutex_init(&mutex, nullptr);
  guest_pthread_cond_init(&condition, nullptr);
  ASSERT_EQ(guest_pipe(pipe), 0);
  char byte;
  std::function<void()> waits[] = {
      [&] { guest_sem_wait(&semaphore); },
      [&] { Sleep(UINT64_C(1) << 60); },
      [&] { guest_read(pipe[0], &byte, 1); },
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
    if (&wait == &waits[3]) {
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
