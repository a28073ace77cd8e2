// SPDX-License-Identifier: ISC
// Opening: what is negotiated, what it costs, and every way in which it can fail, each with its own answer and with
// nothing left behind.

#include "components/netfront/tests/guest.h"

#include <xen/errno.h>

namespace {

TEST(NetfrontOpen, WaitingBackend_ConnectsInThreeRoundTrips) {
  Guest g;
  g.MakeBackend();
  uint32_t before = g.RoundTrips();
  ASSERT_EQ(at_netfront_open(&g.front, &g.config), AT_OK);
  EXPECT_EQ(g.RoundTrips() - before, 3u);
  EXPECT_EQ(at_netfront_phase(&g.front), AT_NETFRONT_DONE);
  EXPECT_TRUE(at_fake_netback_is_connected(g.back));
}

TEST(NetfrontOpen, Info_IsWhatTheToolstackWrote) {
  Guest g(32, 16);
  g.Connect();
  const struct at_netdev_info *info = at_netdev_info(g.dev);
  const uint8_t mac[] = {0x00, 0x16, 0x3e, 0x4d, 0x4e, 0x04};
  EXPECT_EQ(memcmp(info->mac, mac, sizeof mac), 0);
  EXPECT_EQ(info->mtu, 1500);
  EXPECT_EQ(info->max_frame, 1518u);
  EXPECT_EQ(info->features, AT_NETDEV_SHARED);
  EXPECT_EQ(info->rx_buffers, 32);
  EXPECT_EQ(info->tx_slots, 16);
}

TEST(NetfrontOpen, Published_IsWhatNetifAsksFor_AndNothingThatWouldBringOffloads) {
  Guest g;
  g.Connect();
  const std::string dir = "/local/domain/5/device/vif/0/";
  EXPECT_EQ(g.Node(dir + "request-rx-copy"), "1");
  EXPECT_EQ(g.Node(dir + "feature-rx-notify"), "1");
  EXPECT_EQ(g.Node(dir + "feature-no-csum-offload"), "1");
  for (const char *key : {"feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload"}) {
    EXPECT_EQ(g.Node(dir + key), "0") << key;
  }
  for (const char *key : {"multi-queue-num-queues", "event-channel-tx"}) EXPECT_EQ(g.Node(dir + key), "(none)") << key;
  EXPECT_EQ(g.Node(dir + "state"), "4");
}

TEST(NetfrontOpen, Mtu_IsTakenWhereItMakesSense) {
  const struct {
    const char *text;
    uint16_t mtu;
  } cases[] = {{nullptr, 1500}, {"1500", 1500}, {"68", 68},  {"67", 1500},        {"4078", 4078},
               {"4079", 1500},  {"9000", 1500}, {"0", 1500}, {"4294967295", 1500}};
  for (const auto &c : cases) {
    SCOPED_TRACE(c.text != nullptr ? c.text : "none");
    Guest g;
    g.back_config.mtu = c.text;
    g.Connect();
    EXPECT_EQ(at_netdev_info(g.dev)->mtu, c.mtu);
    EXPECT_EQ(at_netdev_info(g.dev)->max_frame, c.mtu + 18u);
  }
}

TEST(NetfrontOpen, MalformedMac_IsRefused) {
  for (const char *mac : {"", "00", "00:16:3e:4d:4e", "00:16:3e:4d:4e:", "00:16:3e:4d:4e:0", "00:16:3e:4d:4e:0g",
                          "00:16:3e:4d:4e:04:", "00:16:3e:4d:4e:04:05", "0:16:3e:4d:4e:041", "00-16-3e-4d-4e-04",
                          " 0:16:3e:4d:4e:04", "01:16:3e:4d:4e:04", "ff:ff:ff:ff:ff:ff", "::::::::::::::::::"}) {
    SCOPED_TRACE(mac);
    Guest g;
    g.back_config.mac = mac;
    g.MakeBackend();
    at_status status = at_netfront_open(&g.front, &g.config);
    EXPECT_TRUE(status == AT_PROTOCOL || status == AT_TOO_BIG) << at_status_name(status);
    EXPECT_EQ(at_netfront_phase(&g.front), AT_NETFRONT_DEVICE);
    g.ExpectNothingLeft();
  }
}

TEST(NetfrontOpen, UpperCaseMac_IsUnderstood) {
  Guest g;
  g.back_config.mac = "00:16:3E:AB:CD:EF";
  g.Connect();
  EXPECT_EQ(at_netdev_info(g.dev)->mac[3], 0xab);
  EXPECT_EQ(at_netdev_info(g.dev)->mac[5], 0xef);
}

TEST(NetfrontOpen, Failures_AreToldApart) {
  const struct {
    const char *what;
    unsigned behaviour;
    at_status status;
    enum at_netfront_phase phase;
  } cases[] = {
      {"the back-end does not exist", AT_FAKE_NETBACK_ABSENT, AT_TIMED_OUT, AT_NETFRONT_CONNECT},
      {"the back-end never answers", AT_FAKE_NETBACK_SILENT, AT_TIMED_OUT, AT_NETFRONT_CONNECT},
      {"the back-end closes instead", AT_FAKE_NETBACK_CLOSES, AT_CLOSED, AT_NETFRONT_CONNECT},
      {"the back-end does not copy", AT_FAKE_NETBACK_NO_RX_COPY, AT_UNSUPPORTED, AT_NETFRONT_FEATURES},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    Guest g;
    g.MakeBackend(c.behaviour);
    uint64_t start = g.Now();
    at_status status = at_netfront_open(&g.front, &g.config);
    EXPECT_EQ(status, c.status) << at_status_name(status);
    EXPECT_EQ(at_netfront_phase(&g.front), c.phase);
    EXPECT_LE(g.Now() - start, g.config.timeout_ns + AT_XENBUS_GRACE_NS);
    g.ExpectNothingLeft();
    EXPECT_EQ(g.FrontStats().quarantined_pages, 0u);
  }
}

TEST(NetfrontOpen, NoSuchDevice_IsNotFound_AtOnce) {
  Guest g;
  uint64_t start = g.Now();
  EXPECT_EQ(at_netfront_open(&g.front, &g.config), AT_NOT_FOUND);
  EXPECT_EQ(at_netfront_phase(&g.front), AT_NETFRONT_DEVICE);
  EXPECT_LT(g.Now() - start, kSecond);
}

TEST(NetfrontOpen, SecondDevice_IsFoundByItsIndex) {
  Guest g;
  g.back_config.index = 65535;
  g.config.index = 65535;
  g.Connect();
  EXPECT_EQ(g.Node("/local/domain/5/device/vif/65535/state"), "4");
}

TEST(NetfrontOpen, Backend_IsTheDirectoryThatTheToolstackNamed) {
  Guest g;
  EXPECT_STREQ(at_netfront_backend(&g.front), "");
  g.Connect();
  EXPECT_STREQ(at_netfront_backend(&g.front), "/local/domain/0/backend/vif/5/0");
}

TEST(NetfrontOpen, BackendLeftByAnotherFrontend_IsConnected) {
  Guest g;
  g.Connect(AT_FAKE_NETBACK_WAS_IN_USE);
  EXPECT_TRUE(at_fake_netback_is_connected(g.back));
}

alignas(4096) uint8_t kPlace[4096];
uint32_t kGrant;

void Offload(at_netfront_config *config, uint16_t features) {
  config->rx_buffers = config->tx_slots = 32;
  config->offload = at_netfront_offload();
  config->features = features;
}

TEST(NetfrontOpen, BadConfig_IsInvalid_AndChangesNothing) {
  using Config = at_netfront_config;
  const struct {
    const char *what;
    void (*spoil)(Config *);
  } cases[] = {
      {"no store", [](Config *c) { c->store = nullptr; }},
      {"no events", [](Config *c) { c->events = nullptr; }},
      {"no grants", [](Config *c) { c->grants = nullptr; }},
      {"no pages", [](Config *c) { c->pages.ops = nullptr; }},
      {"no wait", [](Config *c) { c->wait.ops = nullptr; }},
      {"no buffers", [](Config *c) { c->buffers = nullptr; }},
      {"no rx", [](Config *c) { c->rx_buffers = 0; }},
      {"too many rx", [](Config *c) { c->rx_buffers = 257; }},
      {"no tx", [](Config *c) { c->tx_buffers = 0; }},
      {"too many tx", [](Config *c) { c->tx_buffers = 257; }},
      {"no slots", [](Config *c) { c->slots = nullptr; }},
      {"0 slots", [](Config *c) { c->tx_slots = 0; }},
      {"too many slots", [](Config *c) { c->tx_slots = 257; }},
      {"buffers to send without a transmit side", [](Config *c) { c->tx = nullptr; }},
      {"features without offloads", [](Config *c) { c->features = AT_NETFRONT_SG; }},
      {"an unknown feature", [](Config *c) { Offload(c, 16); }},
      {"large frames that are whole", [](Config *c) { Offload(c, AT_NETFRONT_GSO4 | AT_NETFRONT_CSUM); }},
      {"large frames with checksums", [](Config *c) { Offload(c, AT_NETFRONT_GSO6 | AT_NETFRONT_SG); }},
      {"too few rx for parts", [](Config *c) { Offload(c, AT_NETFRONT_SG), c->rx_buffers = 18; }},
      {"too few slots for parts", [](Config *c) { Offload(c, AT_NETFRONT_SG), c->tx_slots = 18; }},
      {"shared memory without grants",
       [](Config *c) {
         c->shared = {kPlace, 1, nullptr};
       }},
      {"shared memory without a base",
       [](Config *c) {
         c->shared = {nullptr, 1, &kGrant};
       }},
      {"shared memory within a page",
       [](Config *c) {
         c->shared = {kPlace + 1, 1, &kGrant};
       }},
  };
  Guest g;
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    Config config = g.config;
    c.spoil(&config);
    EXPECT_EQ(at_netfront_open(&g.front, &config), AT_INVALID);
    EXPECT_EQ(g.RoundTrips(), 0u);
  }
}

TEST(NetfrontOpen, OpenDevice_CannotBeOpenedAgain_AndWorksOn) {
  Guest g;
  g.Connect();
  EXPECT_EQ(at_netfront_open(&g.front, &g.config), AT_INVALID);
  g.Inject("still a frame");
  EXPECT_EQ(g.Receive(), "still a frame");
}

TEST(NetfrontOpen, ClosedDevice_OpensAgain) {
  Guest g;
  g.Connect();
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
    g.ExpectNothingLeft();
    ASSERT_EQ(at_netfront_open(&g.front, &g.config), AT_OK);
    g.Inject("a frame");
    EXPECT_EQ(g.Receive(), "a frame");
  }
}

TEST(NetfrontOpen, AnyPageMissing_IsNoMemory) {
  int failures = 0;
  for (uint32_t nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    Guest g(3, 2);
    g.MakeBackend();
    g.fail_page = nth;
    at_status status = at_netfront_open(&g.front, &g.config);
    if (status == AT_OK) break;
    EXPECT_EQ(status, AT_NO_MEMORY);
    EXPECT_EQ(at_netfront_phase(&g.front), AT_NETFRONT_MEMORY);
    g.ExpectNothingLeft();
    ++failures;
  }
  EXPECT_EQ(failures, 3 + 2 + 2) << "buffers and two rings";
}

TEST(NetfrontOpen, AnyGrantMissing_IsNoSpace) {
  constexpr uint32_t kNeeded = 3 + 2 + 2 + kMemoryPages;
  for (uint32_t available = 0; available <= kNeeded; ++available) {
    SCOPED_TRACE(available);
    Guest g(3, 2);
    g.Share();
    g.MakeBackend();
    uint32_t aside = at_xen_grants_available(&g.grants) - available;
    ASSERT_EQ(at_xen_grants_reserve(&g.grants, aside), AT_OK);
    at_status status = at_netfront_open(&g.front, &g.config);
    EXPECT_EQ(status, available == kNeeded ? AT_OK : AT_NO_SPACE);
    if (status != AT_OK) {
      EXPECT_EQ(at_netfront_phase(&g.front), AT_NETFRONT_MEMORY);
      g.ExpectNothingLeft();
    }
    EXPECT_EQ(at_xen_grants_unreserve(&g.grants, aside), AT_OK);
  }
}

TEST(NetfrontOpen, AnyEventChannelCallFailing_IsReportedOrHarmless) {
  Guest g;
  g.MakeBackend();
  // Most of them are notifications of XenStore, and a lost one only delays. One makes the port, one may close it.
  bool saw_no_port = false;
  for (uint32_t nth = 1; nth <= 20; ++nth) {
    SCOPED_TRACE(nth);
    at_fake_xen_fail(g.xen, __HYPERVISOR_event_channel_op, nth, false, XEN_ENOSPC);
    at_status status = at_netfront_open(&g.front, &g.config);
    if (status == AT_NO_SPACE) {
      EXPECT_EQ(at_netfront_phase(&g.front), AT_NETFRONT_MEMORY);
      saw_no_port = true;
    }
    at_fake_xen_fail(g.xen, 0, 0, false, 0);
    EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
    g.ExpectNothingLeft();
  }
  EXPECT_TRUE(saw_no_port);
}

TEST(NetfrontOpen, AnyStoreRequestFailing_LeavesNothingBehind) {
  int failures = 0;
  for (uint32_t nth = 0;; ++nth) {
    SCOPED_TRACE(nth);
    Guest g;
    g.MakeBackend();
    g.front_may_be_wrong = true;  // keys that the store refuses look forgotten to the back-end
    at_fake_xenstored_fail(g.server, nth, "EIO");
    at_status status = at_netfront_open(&g.front, &g.config);
    at_fake_xenstored_fail(g.server, UINT32_MAX, "EIO");  // nothing else fails
    if (status == AT_OK) break;
    EXPECT_NE(at_netfront_phase(&g.front), AT_NETFRONT_DONE);
    g.ExpectNothingLeft();
    ++failures;
  }
  EXPECT_GE(failures, 4 + 3 + 7) << "own keys; watch, state and key of the back-end; published keys and state";
}

// Nor can the back-end be told then to let go: what it has mapped is kept for close(), until it has gone.
TEST(NetfrontOpen, EveryStoreRequestFailingFromOneOn_LeavesNothingToABackendThatGoes) {
  for (uint32_t nth = 0;; ++nth) {
    SCOPED_TRACE(nth);
    Guest g;
    g.MakeBackend();
    g.front_may_be_wrong = true;
    at_fake_xenstored_fail_from(g.server, nth, "EIO");
    at_status status = at_netfront_open(&g.front, &g.config);
    at_fake_xenstored_fail(g.server, 0, "");
    if (status == AT_OK) break;
    EXPECT_NE(at_netfront_phase(&g.front), AT_NETFRONT_DONE);
    at_fake_netback_free(g.back);
    g.back = nullptr;
    EXPECT_EQ(at_netfront_close(&g.front, g.Now() + kSecond), AT_OK);
    g.ExpectNothingLeft();
    ASSERT_LT(nth, 100u);
  }
}

TEST(NetfrontOpen, SilentStore_TimesOut) {
  Guest g;
  g.MakeBackend();
  at_fake_xenstored_misbehave(g.server, AT_FAKE_XENSTORED_SILENT, 0);
  uint64_t start = g.Now();
  EXPECT_EQ(at_netfront_open(&g.front, &g.config), AT_TIMED_OUT);
  EXPECT_EQ(at_netfront_phase(&g.front), AT_NETFRONT_DEVICE);
  EXPECT_LE(g.Now() - start, g.config.timeout_ns + AT_XENBUS_GRACE_NS);
}

}  // namespace
