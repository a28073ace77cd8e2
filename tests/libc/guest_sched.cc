// SPDX-License-Identifier: ISC
#include "guest_sched.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include <cstring>

#include <atman/libc/thread.h>
#include <atman/sched/thread.h>

extern "C" {
decltype(at_sched_init) guest_at_sched_init;
decltype(at_libc_thread_main) guest_at_libc_thread_main;
decltype(at_libc_thread_follow) guest_at_libc_thread_follow;

uint64_t guest_at_clock_now_ns() { return GuestPlatform().now_ns; }

// Memory that was somebody else's before, as on Xen.
at_status AllocateDirtyStack(void *ctx, struct at_span *stack, size_t size) {
  at_status status = GuestPlatform().config.ops->stack_alloc(ctx, stack, size);
  if (status != AT_OK) return status;
#ifdef __SANITIZE_ADDRESS__
  // The guest's scheduler is not built to tell: what frames on an earlier stack had marked there means nothing now.
  ASAN_UNPOISON_MEMORY_REGION(stack->data, stack->size);
#endif
  memset(stack->data, 0xaa, stack->size);
  return status;
}

// As the platform makes it.
struct at_sched *guest_at_guest_sched() {
  static struct at_sched sched;
  static at_sched_ops ops;
  static bool ready;
  if (!ready) {
    at_sched_config config = GuestPlatform().config;
    ops = *config.ops;
    ops.stack_alloc = AllocateDirtyStack;
    config.ops = &ops;
    config.local = guest_at_libc_thread_main();
    guest_at_sched_init(&sched, &config);
    guest_at_libc_thread_follow(at_sched_current_local(&sched));
    ready = true;
  }
  return &sched;
}
}

at_fake_sched_platform &GuestPlatform() {
  static at_fake_sched_platform platform;
  static bool ready;
  if (!ready) {
    at_fake_sched_platform_init(&platform);
    ready = true;
  }
  return platform;
}

size_t ReadyThreads() { return guest_at_guest_sched()->ready - 1; }

uint64_t GuestNow() { return GuestPlatform().now_ns; }

void AdvanceGuest(uint64_t ns) { at_fake_sched_advance(&GuestPlatform(), ns); }
