// SPDX-License-Identifier: ISC
// The thread seam of a program that makes no threads: whoever sleeps lets time pass until the deadline, or happen what
// the test has prepared.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <utility>

#include <atman/base/clock.h>
#include <atman/libc/thread.h>

#include "guest_seams.h"

namespace {

uint64_t now;
std::function<void()> meanwhile;

}  // namespace

uint64_t GuestNow() { return now; }

void AdvanceGuest(uint64_t ns) { now += ns; }

void WhileItSleeps(std::function<void()> happens) { meanwhile = std::move(happens); }

extern "C" {

uint64_t guest_at_clock_now_ns() { return now; }

void guest_at_libc_thread_sleep(void **place, uint64_t deadline_ns, const char *what) {
  *place = nullptr;
  if (meanwhile) {
    std::exchange(meanwhile, nullptr)();
    return;
  }
  if (deadline_ns == AT_NEVER) {
    fprintf(stderr, "guest deadlock: %s\n", what);
    abort();
  }
  now = deadline_ns > now ? deadline_ns : now;
}

void guest_at_libc_thread_wake(void *) {}

void guest_at_libc_thread_yield() {}

at_status guest_at_libc_thread_start(struct at_libc_start *, void *, struct at_span) { return AT_NO_MEMORY; }

[[noreturn]] void guest_at_libc_thread_end() { abort(); }

at_status guest_at_libc_stack_alloc(struct at_span *, size_t) { return AT_NO_MEMORY; }

void guest_at_libc_stack_free(struct at_span) { abort(); }

}  // extern "C"
