// SPDX-License-Identifier: ISC
// The guest's pthreads for tests on the host. Types of <pthread.h> differ between the host and the guest, so that
// objects are of a size that holds either's.
#ifndef ATMAN_TESTS_LIBC_GUEST_THREADS_H
#define ATMAN_TESTS_LIBC_GUEST_THREADS_H

#include <poll.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include <cstdint>
#include <functional>

#include "gtest/gtest.h"
#include "guest_sched.h"

struct alignas(8) Object {
  char bytes[64];
};

using Thread = void *;

extern "C" {
int guest_pthread_create(Thread *, const Object *, void *(*)(void *), void *);
int guest_pthread_join(Thread, void **);
int guest_pthread_timedjoin_np(Thread, void **, const timespec *);
int guest_pthread_detach(Thread);
Thread guest_pthread_self();
int guest_pthread_cancel(Thread);
int guest_pthread_setcancelstate(int, int *);
int guest_pthread_setcanceltype(int, int *);
void guest_pthread_testcancel();
[[noreturn]] void guest_pthread_exit(void *);
int guest_pthread_attr_init(Object *);
int guest_pthread_attr_setdetachstate(Object *, int);
int guest_pthread_attr_setstacksize(Object *, size_t);
int guest_pthread_attr_setguardsize(Object *, size_t);
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
ssize_t guest_writev(int, const iovec *, int);
int guest_poll(pollfd *, nfds_t, int);
void *guest_fdopen(int, const char *);
int guest_fclose(void *);
int guest_ferror(void *);
char *guest_fgets(char *, int, void *);
long guest_at_libc_sys_futex(volatile int *, int, int, long, volatile int *);
void guest___do_cleanup_push(void *);
}

inline void *Call(void *function) {
  (*static_cast<std::function<void()> *>(function))();
  return function;
}

inline Thread Start(std::function<void()> *function, const Object *attr = nullptr) {
  Thread thread = nullptr;
  EXPECT_EQ(guest_pthread_create(&thread, attr, Call, function), 0);
  return thread;
}

inline void *Join(Thread thread) {
  void *result = nullptr;
  EXPECT_EQ(guest_pthread_join(thread, &result), 0);
  return result;
}

inline void Sleep(uint64_t ns) {
  const timespec time = {static_cast<time_t>(ns / 1000000000), static_cast<long>(ns % 1000000000)};
  EXPECT_EQ(guest_nanosleep(&time, nullptr), 0);
}

// The wall clock in `ns` from now.
inline timespec In(uint64_t ns) {
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

#endif  // ATMAN_TESTS_LIBC_GUEST_THREADS_H
