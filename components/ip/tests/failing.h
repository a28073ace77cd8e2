/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_TESTS_FAILING_H
#define ATMAN_IP_TESTS_FAILING_H

/* Allocations of our stack's that fail. For one source of a test that is linked with --wrap=at_mm_heap_alloc (BUILD).
 */
#include "stacks.h"

namespace {

/* What at_mm_heap_alloc() does for our stack; the peer's takes from its own heap. */
struct Failure {
  const at_mm_heap *spared = nullptr;
  bool is_on = false;
  bool goes_on = false;
  size_t nth = 0;
  size_t count = 0; /* of allocations since it is on */

  bool Strikes() { return is_on && (++count == nth || (goes_on && count > nth)); }
};

Failure failure;

}  // namespace

/* The linker's --wrap (BUILD) leads the component's calls here. */
extern "C" void *__real_at_mm_heap_alloc(at_mm_heap *heap, size_t size);
extern "C" void *__wrap_at_mm_heap_alloc(at_mm_heap *heap, size_t size) {
  return heap != failure.spared && failure.Strikes() ? nullptr : __real_at_mm_heap_alloc(heap, size);
}

namespace {

template <class Base>
class Failing : public Base {
 protected:
  void SetUp() override {
    failure = Failure();
    failure.spared = &this->peer.heap;
    Base::SetUp();
  }

  /* Calls `act`, which returns whether an allocation failed in it, for every N until none did. */
  void ForEveryN(const std::function<void()> &act) {
    for (bool goes_on : {false, true}) {
      for (size_t n = 1; n < 2000; n++) {
        SCOPED_TRACE((goes_on ? "from allocation " : "allocation ") + std::to_string(n));
        failure.nth = n;
        failure.goes_on = goes_on;
        struck_ = false;
        act();
        if (::testing::Test::HasFatalFailure()) return;
        ASSERT_TRUE(struck_ || n > 1) << "it allocates nothing";
        if (!struck_) break;
      }
    }
  }

  void Fails() {
    failure.is_on = true;
    failure.count = 0;
  }

  void FailsNoMore() {
    failure.is_on = false;
    struck_ = failure.count >= failure.nth;
  }

  bool struck_ = false; /* an allocation failed between the last Fails() and FailsNoMore() */
};

class MemoryTest : public Failing<StacksTest> {
 protected:
  void SetUp() override {
    Failing::SetUp();
    peer.shares = false;
    ASSERT_EQ(AT_OK, peer.Start());
  }

  /* Where nothing fails yet; `then` is called as soon as the stack is there. */
  void StartUs(const std::function<void()> &then = [] {}) {
    at_ip_settings settings = {};

    settings.address = us.Address();
    settings.prefix = 24;
    settings.ipv6 = true;
    settings.dns[0] = at_ip_address_v4(10, 0, 0, 77); /* nobody */
    ASSERT_EQ(AT_OK, us.Start(&settings));
    then();
    Run([] { return false; }, 2000000000);
  }

  size_t Live() {
    struct at_mm_heap_stats stats;

    at_mm_heap_stats(&us.heap, &stats);
    return stats.live;
  }
};

}  // namespace

#endif /* ATMAN_IP_TESTS_FAILING_H */
