/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_TESTS_LOOPS_H
#define ATMAN_IP_TESTS_LOOPS_H

/* Our stack alone, with up to two devices, and what happens while it sleeps. */
#include "stacks.h"

/* A waiting place where a test says what happens while the stack sleeps. */
struct Sleeper {
  at_wait wait() {
    static const at_wait_ops ops = {
        [](void *ctx) { return static_cast<Sleeper *>(ctx)->now_ns; },
        [](void *ctx, uint64_t deadline_ns) -> at_status { return static_cast<Sleeper *>(ctx)->Sleep(deadline_ns); },
        [](void *ctx) { static_cast<Sleeper *>(ctx)->wakes++; },
    };

    return {&ops, this};
  }

  at_status Sleep(uint64_t deadline_ns) {
    sleeps++;
    if (meanwhile) meanwhile();
    if (deadline_ns == AT_NEVER) return AT_DEADLOCK;
    if (deadline_ns > now_ns) now_ns = deadline_ns;
    return AT_TIMED_OUT;
  }

  uint64_t now_ns = 1000000000;
  unsigned sleeps = 0, wakes = 0;
  std::function<void()> meanwhile;
};

class LoopTest : public ::testing::Test {
 protected:
  LoopTest() : memory_(kPages) {
    at_mm_frames_config frames = memory_.Config();
    at_ip_config config = {};

    at_mm_frames_init(&frames_, &frames);
    at_mm_heap_init(&heap_, &frames_, 1);
    config.wait = sleeper_.wait();
    config.heap = &heap_;
    EXPECT_EQ(AT_OK, at_ip_init(&ip_, &config));
  }

  ~LoopTest() override { EXPECT_EQ(AT_OK, at_ip_fini(ip_)); }

  void Add(Device &device, uint8_t number) {
    at_ip_settings settings = {};
    at_ip_interface *interface;

    settings.address = at_ip_address_v4(10, 0, number, 1);
    settings.prefix = 24;
    ASSERT_EQ(AT_OK, at_ip_interface_add(ip_, &interface, device.netdev(), &settings));
  }

  at_status Run(uint64_t for_ns) { return at_ip_run(ip_, for_ns == AT_NEVER ? AT_NEVER : sleeper_.now_ns + for_ns); }

  Sleeper sleeper_;
  AtFakeMemory memory_;
  at_mm_frames frames_;
  at_mm_heap heap_;
  at_ip *ip_ = nullptr;
  Device first_{1}, second_{2};
};

#endif /* ATMAN_IP_TESTS_LOOPS_H */
