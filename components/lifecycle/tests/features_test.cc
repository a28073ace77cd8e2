// SPDX-License-Identifier: ISC
// The contract of <atman/lifecycle/features.h>, as the toolstack reads it in the fake xenstored.

#include <atman/lifecycle/features.h>

#include <cstdint>
#include <string>

#include <xen/io/xs_wire.h>

#include <atman/testing/fake_xenstored.h>
#include <atman/xenstore/xenstore.h>

#include "gtest/gtest.h"

namespace {

constexpr uint16_t kGuest = 5;

class FeaturesTest : public ::testing::Test {
 protected:
  FeaturesTest() {
    clock_.server = server_ = at_fake_xenstored_new(nullptr);
    clock_.on_event = [](void *xs) { at_xenstore_on_event(static_cast<at_xenstore *>(xs)); };
    clock_.event_ctx = &xs_;
    at_fake_xenstored_connect(server_, kGuest, &ring_, nullptr, nullptr);
    at_xenstore_config config{};
    config.ring = &ring_;
    config.notify = [](void *) {};
    config.wait = at_fake_xenstored_wait(&clock_);
    at_xenstore_init(&xs_, &config);
    for (const char *name : {"poweroff", "reboot", "suspend"}) {  // as xl makes them
      at_fake_xenstored_write(server_, Path(name).c_str(), "");
      at_fake_xenstored_permit(server_, Path(name).c_str(), "n5");
    }
  }
  ~FeaturesTest() override { at_fake_xenstored_free(server_); }

  at_status Advertise(unsigned can) { return at_lifecycle_advertise(&xs_, can, clock_.now_ns + 1000000000); }
  static std::string Path(const std::string &name) { return "/local/domain/5/control/feature-" + name; }
  std::string Node(const std::string &name) {
    std::string value = at_fake_xenstored_value(server_, Path(name).c_str());
    return value.empty() ? "-" : value;
  }
  std::string All() { return Node("poweroff") + Node("reboot") + Node("suspend"); }

  xenstore_domain_interface ring_{};
  at_fake_xenstored *server_ = nullptr;
  at_fake_xenstored_clock clock_{};
  at_xenstore xs_{};
};

TEST_F(FeaturesTest, EachBit_IsItsNode_InOneRoundTrip) {
  EXPECT_EQ(Advertise(AT_LIFECYCLE_CAN_POWEROFF | AT_LIFECYCLE_CAN_REBOOT), AT_OK);
  EXPECT_EQ(All(), "110");
  EXPECT_EQ(Advertise(AT_LIFECYCLE_CAN_SUSPEND), AT_OK);
  EXPECT_EQ(All(), "001") << "what was said before is taken back";
  struct at_xenstore_stats stats;
  at_xenstore_stats(&xs_, &stats);
  EXPECT_EQ(stats.round_trips, 2u);
}

TEST_F(FeaturesTest, RefusalOfOne_IsTold_AndTheOthersAreWritten) {
  at_fake_xenstored_fail(server_, 1, "EACCES");
  EXPECT_EQ(Advertise(7), AT_DENIED);
  EXPECT_EQ(All(), "1-1");
}

TEST_F(FeaturesTest, ToolstackWithoutSuchNodes_IsTold) {
  at_fake_xenstored_remove(server_, Path("reboot").c_str());
  EXPECT_EQ(Advertise(7), AT_DENIED);
  EXPECT_EQ(Node("suspend"), "1");
}

TEST_F(FeaturesTest, ConnectionThatEnded_IsTold) {
  at_xenstore_close(&xs_);
  EXPECT_EQ(Advertise(7), AT_CLOSED);
}

}  // namespace
