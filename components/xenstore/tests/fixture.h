// SPDX-License-Identifier: ISC
#ifndef ATMAN_XENSTORE_TESTS_FIXTURE_H
#define ATMAN_XENSTORE_TESTS_FIXTURE_H

// Guest 5 on a ring of its own with the fake xenstored at the other end, in virtual time. What a test leaves behind,
// here or at the server, fails it.

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>

#include <xen/io/xs_wire.h>

#include <atman/testing/fake_xenstored.h>
#include <atman/xenstore/request.h>
#include <atman/xenstore/xenstore.h>

#include "gtest/gtest.h"

class XenStoreTest : public ::testing::Test {
 public:
  static constexpr uint16_t kGuest = 5;
  static constexpr uint64_t kSecond = 1000000000;

  explicit XenStoreTest(uint32_t first_index = 0, const at_fake_xenstored_quota *quota = nullptr) {
    server_ = at_fake_xenstored_new(quota);
    ring_.req_cons = ring_.req_prod = first_index;
    ring_.rsp_cons = ring_.rsp_prod = first_index + 7;
    std::memset(ring_.req, 0xa5, sizeof(ring_.req));
    std::memset(ring_.rsp, 0x5a, sizeof(ring_.rsp));
    at_fake_xenstored_connect(server_, kGuest, &ring_, nullptr, nullptr);
    clock_.server = server_;
    clock_.on_event = [](void *xs) { at_xenstore_on_event(static_cast<at_xenstore *>(xs)); };
    clock_.event_ctx = &xs_;
    clock_.on_sleep = [](void *self) { return static_cast<XenStoreTest *>(self)->Meanwhile(); };
    clock_.sleep_ctx = this;
    Connect();
  }

  ~XenStoreTest() override { at_fake_xenstored_free(server_); }

  void Connect() {
    at_xenstore_config config{};
    config.ring = &ring_;
    config.notify = [](void *n) { ++*static_cast<uint32_t *>(n); };
    config.notify_ctx = &notified_;
    config.wait = at_fake_xenstored_wait(&clock_);
    at_xenstore_init(&xs_, &config);
  }

  void TearDown() override {
    at_fake_xenstored_dribble(server_, 0);
    Settle();
    const struct at_xenstore_stats stats = Stats();
    EXPECT_EQ(stats.outstanding, 0u) << "a test left a request";
    EXPECT_EQ(stats.watches, 0u) << "a test left a watch";
    EXPECT_EQ(stats.transactions, 0u) << "a test left a transaction";
    if (at_xenstore_status(&xs_) != AT_OK) return;  // what the server holds then is its own affair
    const struct at_fake_xenstored_held held = Held();
    EXPECT_EQ(held.watches, 0u) << "a test left a watch at the server";
    EXPECT_EQ(held.transactions, 0u) << "a test left a transaction at the server";
    EXPECT_EQ(ring_.req_cons, ring_.req_prod);
    EXPECT_EQ(ring_.rsp_cons, ring_.rsp_prod);
  }

  // Lets what is under way come to an end.
  void Settle() {
    do {
      at_xenstore_on_event(&xs_);
    } while (at_fake_xenstored_step(server_) != 0);
    at_xenstore_on_event(&xs_);
  }

  struct at_xenstore_stats Stats() {
    struct at_xenstore_stats stats;
    at_xenstore_stats(&xs_, &stats);
    return stats;
  }

  struct at_fake_xenstored_held Held() {
    struct at_fake_xenstored_held held;
    at_fake_xenstored_held(server_, kGuest, &held);
    return held;
  }

  // What happens while somebody sleeps: the next of the things that the test has planned.
  bool Meanwhile() {
    if (!meanwhile_) return false;
    std::function<void()> now;
    now.swap(meanwhile_);
    now();
    return true;
  }

  uint64_t Deadline() { return clock_.now_ns + kSecond; }

  at_status Write(const std::string &path, const std::string &value) {
    return at_xenstore_write(&xs_, 0, path.c_str(), value.data(), value.size(), Deadline());
  }

  at_status Read(std::string *value, const std::string &path, size_t capacity = 4097) {
    std::string room(capacity, '#');
    size_t size = 0;
    at_status status = at_xenstore_read(&xs_, &room[0], capacity, &size, 0, path.c_str(), Deadline());
    if (status == AT_OK) *value = room.substr(0, size);
    return status;
  }

  std::string Dom0Reads(const std::string &path) {
    const char *value = at_fake_xenstored_value(server_, path.c_str());
    return value ? value : "(none)";
  }

  xenstore_domain_interface ring_{};
  at_fake_xenstored *server_;
  at_fake_xenstored_clock clock_{};
  at_xenstore xs_;
  uint32_t notified_ = 0;
  std::function<void()> meanwhile_;
};

#define HOME "/local/domain/5"

#endif /* ATMAN_XENSTORE_TESTS_FIXTURE_H */
