// SPDX-License-Identifier: ISC
#ifndef ATMAN_XEN_TESTS_GUEST_FIXTURE_H
#define ATMAN_XEN_TESTS_GUEST_FIXTURE_H

// A guest on a fake Xen of its own, and a teardown that proves that it left nothing behind.

#include <functional>
#include <vector>

#include <atman/testing/fake_xen.h>

#include "gtest/gtest.h"

class GuestTest : public ::testing::Test {
 protected:
  static constexpr at_xen_domid kGuest = 5;
  static constexpr at_xen_domid kPeer = 7;
  static constexpr uint64_t kMs = 1000000;
  static constexpr uint64_t kForever = UINT64_MAX;

  explicit GuestTest(at_fake_xen_config config = {}) : xen_(at_fake_xen_create(&config)) {
    at_fake_xen_add_domain(xen_, kGuest);
    at_fake_xen_add_domain(xen_, kPeer);
    at_fake_xen_enter(xen_, kGuest);
    shared_ = at_fake_xen_shared(xen_, kGuest);
  }

  ~GuestTest() override { at_fake_xen_destroy(xen_); }

  void TearDown() override {
    EXPECT_EQ(at_fake_xen_ports_in_use(xen_, kGuest), 0u) << "a test left a port open";
    EXPECT_EQ(at_fake_xen_grants_in_use(xen_, kGuest), 0u) << "a test left a grant";
    EXPECT_EQ(at_fake_xen_maps_in_use(xen_, kGuest), 0u) << "a test left a mapping";
    EXPECT_EQ(at_fake_xen_pages_in_use(xen_, kGuest), 0u) << "a test left a page";
  }

  uint64_t Now() const { return at_fake_xen_now(xen_); }
  uint32_t Calls(unsigned long number) const { return at_fake_xen_calls(xen_, kGuest, number); }

  bool IsPending(at_xen_port port) const { return (shared_->evtchn_pending[port / 64] >> (port % 64)) & 1; }
  void SetPending(at_xen_port port) { shared_->evtchn_pending[port / 64] |= uint64_t{1} << (port % 64); }

  at_fake_xen *xen_;
  shared_info_t *shared_;
};

// A peer made of a lambda, for as long as it lives: uint64_t(uint64_t now_ns).
class Peer {
 public:
  Peer(at_fake_xen *xen, at_xen_domid domid, std::function<uint64_t(uint64_t)> step)
      : xen_(xen), step_(std::move(step)) {
    at_fake_xen_add_step(xen_, domid, Run, this);
  }
  ~Peer() { at_fake_xen_remove_step(xen_, Run, this); }
  Peer(const Peer &) = delete;
  Peer &operator=(const Peer &) = delete;

 private:
  static uint64_t Run(void *ctx, uint64_t now_ns) { return static_cast<Peer *>(ctx)->step_(now_ns); }

  at_fake_xen *xen_;
  std::function<uint64_t(uint64_t)> step_;
};

#endif  // ATMAN_XEN_TESTS_GUEST_FIXTURE_H
