// SPDX-License-Identifier: ISC
// examples/net as a whole, on a fake Xen with a fake netback: what it prints, byte for byte, and how it ends.

#include <atman/guest.h>
#include <setjmp.h>

#include <functional>
#include <map>
#include <string>

#include "components/netfront/tests/guest.h"

extern "C" int net_main(void);

namespace {

Guest *current;

// Whoever reboots does not come back to where it was.
jmp_buf rebooted;
const int kRebooted = -1;

}  // namespace

// What a platform gives to its application.
at_xenstore *at_guest_xenstore(void) { return &current->store; }
at_xen_events *at_guest_events(void) { return &current->events; }
at_xen_grants *at_guest_grants(void) { return &current->grants; }
at_mm_pages at_guest_pages(void) { return current->config.pages; }
at_wait at_guest_wait(void) { return current->config.wait; }
void at_guest_reboot(void) { longjmp(rebooted, 1); }

namespace {

const uint8_t kPing[60] = {0x00, 0x16, 0x3e, 0x4d, 0x4e, 0x04, 0x08, 0x00, 0x27, 0xa2, 0x0c, 0x15, 0x08, 0x00};

class NetTest : public ::testing::Test {
 protected:
  NetTest() {
    current = &guest_;
    at_fake_xen_add_step(guest_.xen, 0, Play, this);
  }

  ~NetTest() override { at_fake_xen_remove_step(guest_.xen, Play, this); }

  // Something that happens so many milliseconds after the start, in domain 0.
  void At(uint64_t ms, std::function<void()> what) { script_.emplace(guest_.Now() + ms * 1000000, std::move(what)); }

  void ShutDownAt(uint64_t ms, const char *how = "poweroff") {
    At(ms, [this, how] {
      asked_ns_ = guest_.Now();
      at_fake_xenstored_write(guest_.server, "/local/domain/5/control/shutdown", how);
    });
  }

  int Run() {
    testing::internal::CaptureStdout();
    int status = setjmp(rebooted) == 0 ? net_main() : kRebooted;
    output_ = testing::internal::GetCapturedStdout();
    guest_.ExpectNothingLeft();
    return status;
  }

  static uint64_t Play(void *ctx, uint64_t now) {
    auto &script = static_cast<NetTest *>(ctx)->script_;
    while (!script.empty() && script.begin()->first <= now) {
      auto what = script.begin()->second;
      script.erase(script.begin());
      what();
      return now;  // the others react before anything else happens
    }
    return script.empty() ? UINT64_MAX : script.begin()->first;
  }

  Guest guest_;
  std::multimap<uint64_t, std::function<void()>> script_;
  std::string output_;
  uint64_t asked_ns_ = 0;
};

TEST_F(NetTest, DeviceWithoutAddress_IsIntroduced_AndItsFramesAreTold) {
  guest_.MakeBackend();
  At(100, [this] { at_fake_netback_inject(guest_.back, kPing, sizeof kPing); });
  ShutDownAt(200);
  EXPECT_EQ(Run(), 0);
  EXPECT_EQ(output_,
            "Network device initialized:\n"
            "  Mac address: 00:16:3e:4d:4e:04\n"
            "  IP address:  ENOENT\n"
            "rx: packet from=\"08:00:27:a2:0c:15\" to=\"00:16:3e:4d:4e:04\" type=0x0800 (IPV4)\n");
  EXPECT_LT(guest_.Now() - asked_ns_, kSecond);
}

TEST_F(NetTest, Reboot_IsOne) {
  guest_.MakeBackend();
  ShutDownAt(100, "reboot");
  EXPECT_EQ(Run(), kRebooted);
  EXPECT_LT(guest_.Now() - asked_ns_, kSecond);
}

TEST_F(NetTest, AddressAmongTheBackendsKeys_IsShown) {
  guest_.back_config.ip = "192.168.0.7";
  guest_.MakeBackend();
  ShutDownAt(100);
  EXPECT_EQ(Run(), 0);
  EXPECT_NE(output_.find("\n  IP address:  192.168.0.7\n"), std::string::npos) << output_;
}

TEST_F(NetTest, AddressAmongTheDevicesKeys_ComesFirst) {
  guest_.back_config.ip = "192.168.0.7";
  guest_.MakeBackend();
  at_fake_xenstored_write(guest_.server, "/local/domain/5/device/vif/0/ip", "10.0.0.7");
  at_fake_xenstored_permit(guest_.server, "/local/domain/5/device/vif/0/ip", "n5 r0");
  ShutDownAt(100);
  EXPECT_EQ(Run(), 0);
  EXPECT_NE(output_.find("\n  IP address:  10.0.0.7\n"), std::string::npos) << output_;
}

TEST_F(NetTest, AddressThatMayNotBeRead_IsTheStoresError) {
  guest_.MakeBackend();
  at_fake_xenstored_write(guest_.server, "/local/domain/5/device/vif/0/ip", "10.0.0.7");
  at_fake_xenstored_permit(guest_.server, "/local/domain/5/device/vif/0/ip", "n0");
  ShutDownAt(100);
  EXPECT_EQ(Run(), 0);
  EXPECT_NE(output_.find("\n  IP address:  EACCES\n"), std::string::npos) << output_;
}

TEST_F(NetTest, NoDevice_IsOneLineAndAFailure) {
  EXPECT_EQ(Run(), 1);
  EXPECT_EQ(output_, "No network device: this guest's configuration has no vif.\n");
}

TEST_F(NetTest, DeviceThatNeverConnects_IsOneLineAndAFailure) {
  guest_.MakeBackend(AT_FAKE_NETBACK_SILENT);
  uint64_t start = guest_.Now();
  EXPECT_EQ(Run(), 1);
  EXPECT_EQ(output_, "Network device never connected: its back-end did not answer in 10 seconds.\n");
  EXPECT_LT(guest_.Now() - start, 11 * kSecond);
}

TEST_F(NetTest, BackendThatRefuses_IsOneLineAndAFailure) {
  guest_.MakeBackend(AT_FAKE_NETBACK_NO_RX_COPY);
  EXPECT_EQ(Run(), 1);
  EXPECT_EQ(output_, "Network device cannot be opened: AT_UNSUPPORTED\n");
}

TEST_F(NetTest, DeviceThatLeaves_EndsTheProgramWithAFailure) {
  guest_.MakeBackend();
  At(100, [this] { at_fake_netback_close(guest_.back); });
  EXPECT_EQ(Run(), 1);
  EXPECT_NE(output_.find("\nNetwork device ended: AT_CLOSED\n"), std::string::npos) << output_;
}

TEST_F(NetTest, Flood_DoesNotKeepItFromShuttingDown) {
  guest_.MakeBackend();
  for (uint64_t i = 0; i < 200; ++i) {
    At(10 + i / 20, [this] { at_fake_netback_inject(guest_.back, kPing, 14); });
  }
  ShutDownAt(15);
  EXPECT_EQ(Run(), 0);
  EXPECT_LT(guest_.Now() - asked_ns_, kSecond);
}

TEST_F(NetTest, RequestMadeBeforeItRuns_IsSeen) {
  guest_.MakeBackend();
  at_fake_xenstored_write(guest_.server, "/local/domain/5/control/shutdown", "poweroff");
  EXPECT_EQ(Run(), 0);
}

}  // namespace
