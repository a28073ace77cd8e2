// SPDX-License-Identifier: ISC
// Several queues of one device: they open and close as one, share the work, keep the order of each flow, and none of
// them can be used against the others.

#include "components/netfront/tests/wide.h"

#include <atman/testing/contract_gtest.h>
#include <atman/testing/netdev_contract.h>

#include <xen/errno.h>

#include <set>

namespace {

const std::string kDir = "/local/domain/5/device/vif/0/";
const std::string kFrame(60, 'f');
constexpr uint16_t kAll = AT_NETFRONT_SG | AT_NETFRONT_CSUM | AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6;

struct ContractEnv {
  ContractEnv(uint16_t rx, uint16_t tx, uint16_t count, bool split) : guest(rx, tx) {
    guest.back_config.echo = true;
    guest.Want(kAll);
    guest.Share();
    guest.ConnectQueues(count, split);
    env.dev = env.arrival = guest.dev;
    env.memory = guest.memory;
    env.deadline_ns = [](void *ctx) { return static_cast<Wide *>(ctx)->Now() + kSecond; };
    env.ctx = &guest;
  }
  at_netdev_contract_env env{};  // first: the cases get a pointer to it
  Wide guest;
};

void Drop(void *env) { delete static_cast<ContractEnv *>(env); }

template <uint16_t rx, uint16_t tx, uint16_t count, bool split>
bool Register(const char *suite) {
  return AtRegisterContract(
      suite, at_netdev_contract, at_netdev_contract_count, [] { return new ContractEnv(rx, tx, count, split); }, Drop);
}

const bool one = Register<19, 19, 1, true>("NetfrontContractSplit");
const bool two = Register<19, 19, 2, false>("NetfrontContractTwoQueues");
const bool four = Register<64, 64, 4, true>("NetfrontContractFourQueuesSplit");

TEST(NetfrontQueues, Count_IsTheLeastOfWhatBothSidesHave) {
  const struct {
    const char *offered;
    uint16_t wanted;
    uint32_t used;
  } cases[] = {{"4", 1, 1}, {"4", 2, 2}, {"4", 4, 4}, {"3", 4, 3}, {"1", 4, 1}, {"0", 4, 1}, {"4294967295", 4, 4}};
  for (const auto &c : cases) {
    SCOPED_TRACE(std::string(c.offered) + " offered");
    Wide g;
    g.back_config.max_queues = c.offered;
    g.front_may_be_wrong = c.offered[0] == '0';  // the back-end has no queue at all
    g.MakeBackend();
    at_netfront_queues_config config = g.QueuesConfig(c.wanted, false);
    at_status status = at_netfront_queues_open(&g.device, &config);
    EXPECT_EQ(status, c.offered[0] == '0' ? AT_TIMED_OUT : AT_OK);
    EXPECT_EQ(at_netfront_queues_count(&g.device), c.used);
    EXPECT_EQ(g.Node(kDir + "multi-queue-num-queues"), status == AT_OK ? std::to_string(c.used) : "(none)");
  }
}

TEST(NetfrontQueues, Keys_AreWhereNetifWantsThem_AndGoneAfterwards) {
  for (bool split : {false, true}) {
    Wide g;
    g.ConnectQueues(2, split);
    for (int i = 0; i < 2; ++i) {
      std::string dir = kDir + "queue-" + std::to_string(i) + "/";
      EXPECT_EQ(g.Node(dir + "tx-ring-ref"), std::to_string(g.queues[i].front.ring_pages[1].grant));
      EXPECT_EQ(g.Node(dir + "rx-ring-ref"), std::to_string(g.queues[i].front.ring_pages[0].grant));
      EXPECT_EQ(g.Node(dir + (split ? "event-channel-tx" : "event-channel")), std::to_string(g.queues[i].front.port));
      EXPECT_EQ(g.Node(dir + "event-channel-rx"), split ? std::to_string(g.queues[i].rx_port) : "(none)");
    }
    EXPECT_EQ(g.Node(kDir + "queue-2/tx-ring-ref"), "(none)");
    for (const char *key : {"tx-ring-ref", "rx-ring-ref", "event-channel", "event-channel-tx"}) {
      EXPECT_EQ(g.Node(kDir + key), "(none)") << key;
    }
    ASSERT_EQ(at_netfront_queues_close(&g.device, g.Now() + kSecond), AT_OK);
    g.ExpectNothingLeft();
    for (const char *key : {"multi-queue-num-queues", "queue-0", "queue-1", "queue-1/tx-ring-ref"}) {
      EXPECT_EQ(g.Node(kDir + key), "(none)") << key;
    }
  }
}

TEST(NetfrontQueues, ClosedDevice_OpensAgain_WithOtherQueues) {
  Wide g;
  g.MakeBackend();
  for (uint16_t count : {4, 1, 3, 2, 4}) {
    SCOPED_TRACE(count);
    at_netfront_queues_config config = g.QueuesConfig(count, count % 2 == 0);
    ASSERT_EQ(at_netfront_queues_open(&g.device, &config), AT_OK);
    g.dev = at_netfront_queues_netdev(&g.device);
    EXPECT_EQ(at_netfront_queues_count(&g.device), count);
    g.Inject(kFrame);
    EXPECT_EQ(g.Receive(), kFrame);
    ASSERT_EQ(at_netfront_queues_close(&g.device, g.Now() + kSecond), AT_OK);
    g.ExpectNothingLeft();
  }
}

TEST(NetfrontQueues, EveryQueue_IsReceivedFrom_AndGivenItsBuffersBack) {
  Wide g(4, 4);
  g.ConnectQueues(4, true);
  for (int round = 0; round < 10; ++round) {
    std::multiset<std::string> expected, got;
    for (uint16_t queue = 0; queue < 4; ++queue) {
      for (int i = 0; i < 3; ++i) {
        at_fake_netback_frame about{};
        about.queue = queue;
        std::string frame(60, static_cast<char>('a' + queue));
        g.Inject(about, frame);
        expected.insert(frame);
      }
    }
    for (int i = 0; i < 12; ++i) got.insert(g.Receive());
    EXPECT_EQ(got, expected);
  }
}

TEST(NetfrontQueues, QueueWhoseBuffersTheUserHolds_DoesNotHoldUpTheOthers) {
  Wide g(4, 4);
  g.ConnectQueues(2, false);
  std::vector<at_netdev_part> held;
  at_fake_netback_frame first{}, second{};
  second.queue = 1;
  for (int i = 0; i < 4; ++i) {
    g.Inject(first, kFrame);
    std::vector<at_netdev_part> parts = g.ReceiveParts();
    held.insert(held.end(), parts.begin(), parts.end());
  }
  ASSERT_EQ(held.size(), 4u);
  g.Inject(first, "waits for a buffer");
  for (int i = 0; i < 20; ++i) {
    g.Inject(second, "the other queue's");
    EXPECT_EQ(g.Receive(), "the other queue's");
  }
  at_netdev_release(g.dev, held.data(), held.size());
  at_netdev_flush(g.dev);
  EXPECT_EQ(g.Receive(), "waits for a buffer");
}

TEST(NetfrontQueues, FullQueue_IsWaitedFor_ThoughOthersHaveRoom) {
  Wide g(4, 2);
  g.ConnectQueues(4, false);
  at_fake_netback_freeze(g.back, true);
  const std::string frame = Udp(9, 'x');
  at_netdev_piece piece{reinterpret_cast<const uint8_t *>(frame.data()), static_cast<uint32_t>(frame.size())};
  at_netdev_frame one{&piece, 1, 0, 0, nullptr};
  EXPECT_EQ(at_netdev_send(g.dev, &one), AT_OK);
  EXPECT_EQ(at_netdev_send(g.dev, &one), AT_OK);
  EXPECT_EQ(at_netdev_send(g.dev, &one), AT_AGAIN);
  EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_TX), AT_AGAIN) << "nothing that it would be woken for";
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_TX, g.Now() + kSecond), AT_TIMED_OUT);
  at_fake_netback_freeze(g.back, false);
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_TX, g.Now() + kSecond), AT_OK);
  EXPECT_EQ(at_netdev_send(g.dev, &one), AT_OK);
}

TEST(NetfrontQueues, CookiesOfAllQueues_ComeBack_FromSharedMemoryThatIsGrantedOnce) {
  Wide g(32, 32);
  g.Want(kAll);
  g.Share();
  g.ConnectQueues(4, false);
  EXPECT_EQ(at_fake_xen_grants_in_use(g.xen, kGuest), 4u * (32 + 32 + 2) + kMemoryPages);
  std::set<void *> sent, back;
  std::set<uint16_t> used;
  for (uint16_t i = 0; i < 16; ++i) {
    const std::string frame = Udp(static_cast<uint16_t>(100 + i), 'x');
    memcpy(g.memory + 4096 * i, frame.data(), frame.size());
    at_netdev_piece piece{g.memory + 4096 * i, static_cast<uint32_t>(frame.size())};
    ASSERT_EQ(g.SendPieces({piece}, g.memory + 4096 * i), AT_OK);
    sent.insert(g.memory + 4096 * i);
    at_fake_netback_frame about{};
    EXPECT_EQ(g.Taken(&about), frame);
    used.insert(about.queue);
  }
  EXPECT_EQ(used.size(), 4u);
  EXPECT_EQ(g.DevStats().tx_copied_bytes, 0u);
  EXPECT_EQ(g.DevStats().tx_frames, 16u);
  for (;;) {
    void *cookies[3];
    size_t count;
    ASSERT_EQ(at_netdev_tx_done(g.dev, cookies, 3, &count), AT_OK);
    if (count == 0) break;
    back.insert(cookies, cookies + count);
  }
  EXPECT_EQ(back, sent);
}

TEST(NetfrontQueues, LieInAnyQueue_EndsTheWholeDevice) {
  for (uint16_t queue = 0; queue < 3; ++queue) {
    SCOPED_TRACE(queue);
    Wide g;
    g.ConnectQueues(3, queue % 2 == 0);
    at_fake_netback_lie(g.back, AT_FAKE_NETBACK_RX_ID, 999);
    at_fake_netback_frame about{};
    about.queue = queue;
    g.Inject(about, kFrame);
    at_status status;
    g.Receive(&status);
    EXPECT_EQ(status, AT_PROTOCOL);
    at_netdev_part parts[AT_NETDEV_PARTS_MAX];
    void *cookie;
    size_t count = 7;
    EXPECT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_PROTOCOL);
    EXPECT_EQ(count, 0u);
    EXPECT_EQ(at_netdev_tx_done(g.dev, &cookie, 1, &count), AT_PROTOCOL);
    for (uint16_t port = 0; port < 16; ++port) EXPECT_EQ(g.Send(Udp(port, 'x')), AT_PROTOCOL);
    EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX), AT_PROTOCOL);
    EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, AT_NEVER), AT_PROTOCOL);
    struct at_netfront_stats stats;
    at_netfront_queues_stats(&g.device, &stats);
    EXPECT_EQ(stats.protocol_errors, 1u);
  }
}

TEST(NetfrontQueues, BackendThatCloses_EndsIt_WhichCanBeClosed) {
  Wide g;
  g.ConnectQueues(2, true);
  at_fake_netback_close(g.back);
  at_status status;
  g.Receive(&status);
  EXPECT_EQ(status, AT_CLOSED);
  EXPECT_EQ(g.Send(Udp(1, 'x')), AT_CLOSED);
  EXPECT_EQ(g.Send(Udp(2, 'x')), AT_CLOSED);
}

TEST(NetfrontQueues, BackendThatKeepsItsMaps_QuarantinesEachQueuesRings) {
  Wide g;
  g.ConnectQueues(3, true, AT_FAKE_NETBACK_KEEPS_MAPS);
  EXPECT_EQ(at_netfront_queues_close(&g.device, g.Now() + kSecond), AT_BUSY);
  struct at_netfront_stats stats;
  at_netfront_queues_stats(&g.device, &stats);
  EXPECT_EQ(stats.quarantined_pages, 6u);
  EXPECT_EQ(at_netfront_queues_open(&g.device, &g.device.config), AT_INVALID);
  at_fake_netback_let_go(g.back);
  EXPECT_EQ(at_netfront_queues_close(&g.device, g.Now() + kSecond), AT_OK);
}

TEST(NetfrontQueues, SharedPageThatTheBackendHolds_IsQuarantinedOnce) {
  Wide g;
  g.Share();
  g.ConnectQueues(3, false, AT_FAKE_NETBACK_KEEPS_MAPS);
  at_fake_netback_hold(g.back);
  int cookie;
  memset(g.memory, 'm', 60);
  ASSERT_EQ(g.SendPieces({{g.memory, 60}}, &cookie), AT_OK);
  EXPECT_EQ(g.Taken(), std::string(60, 'm'));
  EXPECT_EQ(at_netfront_queues_close(&g.device, g.Now() + kSecond), AT_BUSY);
  struct at_netfront_stats stats;
  at_netfront_queues_stats(&g.device, &stats);
  EXPECT_EQ(stats.quarantined_pages, 7u) << "six rings and that page";
  at_fake_netback_let_go(g.back);
}

TEST(NetfrontQueues, BadConfig_IsInvalid) {
  Wide g;
  g.MakeBackend();
  at_netfront_queues_config good = g.QueuesConfig(2, true);
  using Config = at_netfront_queues_config;
  const struct {
    const char *what;
    void (*spoil)(Config *);
  } cases[] = {
      {"no queues", [](Config *c) { c->queues = nullptr; }},
      {"0 queues", [](Config *c) { c->count = 0; }},
      {"too many queues", [](Config *c) { c->count = AT_NETFRONT_QUEUES_MAX + 1; }},
      {"no buffers", [](Config *c) { c->front.buffers = nullptr; }},
      {"no slots", [](Config *c) { c->front.slots = nullptr; }},
      {"no rx", [](Config *c) { c->front.rx_buffers = 0; }},
      {"features without offloads", [](Config *c) { c->front.features = AT_NETFRONT_SG; }},
      {"an unknown feature",
       [](Config *c) {
         c->front.offload = at_netfront_offload();
         c->front.features = 16;
       }},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    Config config = good;
    c.spoil(&config);
    EXPECT_EQ(at_netfront_queues_open(&g.device, &config), AT_INVALID);
    EXPECT_EQ(g.RoundTrips(), 0u);
  }
  EXPECT_EQ(at_netfront_queues_reconnect(&g.device), AT_INVALID);
  EXPECT_EQ(at_netfront_queues_close(&g.device, 0), AT_OK);
}

TEST(NetfrontQueues, AnyPageMissing_IsNoMemory) {
  int failures = 0;
  for (uint32_t nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    Wide g(3, 2);
    g.MakeBackend();
    at_netfront_queues_config config = g.QueuesConfig(3, true);
    g.fail_page = nth;
    at_status status = at_netfront_queues_open(&g.device, &config);
    if (status == AT_OK) break;
    EXPECT_EQ(status, AT_NO_MEMORY);
    EXPECT_EQ(at_netfront_phase(&g.queues[0].front), AT_NETFRONT_MEMORY);
    g.ExpectNothingLeft();
    ++failures;
  }
  EXPECT_EQ(failures, 3 * (3 + 2 + 2)) << "buffers and two rings of each";
}

TEST(NetfrontQueues, AnyGrantMissing_IsNoSpace) {
  constexpr uint32_t kNeeded = 2 * (3 + 2 + 2) + kMemoryPages;
  for (uint32_t available = 0; available <= kNeeded; ++available) {
    SCOPED_TRACE(available);
    Wide g(3, 2);
    g.Share();
    g.MakeBackend();
    at_netfront_queues_config config = g.QueuesConfig(2, false);
    uint32_t aside = at_xen_grants_available(&g.grants) - available;
    ASSERT_EQ(at_xen_grants_reserve(&g.grants, aside), AT_OK);
    EXPECT_EQ(at_netfront_queues_open(&g.device, &config), available == kNeeded ? AT_OK : AT_NO_SPACE);
    if (available < kNeeded) g.ExpectNothingLeft();
    EXPECT_EQ(at_xen_grants_unreserve(&g.grants, aside), AT_OK);
  }
}

TEST(NetfrontQueues, AnyStoreRequestFailing_LeavesNothingBehind) {
  int failures = 0;
  for (uint32_t nth = 0;; ++nth) {
    SCOPED_TRACE(nth);
    Wide g;
    g.MakeBackend();
    g.front_may_be_wrong = true;  // keys that the store refuses look forgotten to the back-end
    at_netfront_queues_config config = g.QueuesConfig(2, true);
    at_fake_xenstored_fail(g.server, nth, "EIO");
    at_status status = at_netfront_queues_open(&g.device, &config);
    at_fake_xenstored_fail(g.server, UINT32_MAX, "EIO");  // nothing else fails
    if (status == AT_OK) break;
    EXPECT_NE(at_netfront_phase(&g.queues[0].front), AT_NETFRONT_DONE);
    g.ExpectNothingLeft();
    ++failures;
  }
  EXPECT_GE(failures, 4 + 5 + 7 + 1 + 8) << "own keys; the back-end's; those of every device; of the queues";
}

}  // namespace
