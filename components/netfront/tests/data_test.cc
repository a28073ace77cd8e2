// SPDX-License-Identifier: ISC
// Frames both ways with an honest back-end: the netdev contract, what a packet costs, and that it goes on for ever.

#include "components/netfront/tests/guest.h"

#include <atman/testing/contract_gtest.h>
#include <atman/testing/netdev_contract.h>

#include <xen/io/netif.h>

namespace {

struct ContractEnv {
  ContractEnv(uint16_t rx, uint16_t tx, uint16_t features) : guest(rx, tx) {
    guest.back_config.echo = true;
    if (features != 0) guest.Want(features);
    if (features != 0) guest.Share();
    guest.Connect();
    env.dev = env.arrival = guest.dev;
    env.memory = guest.memory;
    env.deadline_ns = [](void *ctx) { return static_cast<Guest *>(ctx)->Now() + kSecond; };
    env.ctx = &guest;
  }
  at_netdev_contract_env env{};  // first: the cases get a pointer to it
  Guest guest;
};

void Drop(void *env) { delete static_cast<ContractEnv *>(env); }

template <uint16_t rx, uint16_t tx, uint16_t features>
bool Register(const char *suite) {
  return AtRegisterContract(
      suite, at_netdev_contract, at_netdev_contract_count, [] { return new ContractEnv(rx, tx, features); }, Drop);
}

constexpr uint16_t kAll = AT_NETFRONT_SG | AT_NETFRONT_CSUM | AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6;
const bool one = Register<1, 1, 0>("NetfrontContractOneBuffer");
const bool few = Register<4, 2, 0>("NetfrontContractFewBuffers");
const bool all = Register<256, 256, 0>("NetfrontContractAllBuffers");
const bool least = Register<19, 19, kAll>("NetfrontContractOffloadsFewBuffers");
const bool full = Register<256, 256, kAll>("NetfrontContractOffloadsAllBuffers");

TEST(NetfrontData, InjectedFrames_ArriveAsTheyAre_RuntsToo) {
  Guest g;
  g.Connect();
  for (uint32_t size : {1u, 13u, 14u, 60u, 1514u, 1518u, 4095u, 4096u}) {
    SCOPED_TRACE(size);
    std::string frame(size, static_cast<char>('a' + size % 26));
    g.Inject(frame);
    EXPECT_EQ(g.Receive(), frame);
  }
}

TEST(NetfrontData, SentFrames_ReachTheBackendAsTheyAre) {
  Guest g;
  g.Connect();
  for (uint32_t size : {14u, 60u, 1514u, 1518u}) {
    SCOPED_TRACE(size);
    std::string frame(size, static_cast<char>('A' + size % 26));
    EXPECT_EQ(g.Send(frame), AT_OK);
    EXPECT_EQ(g.Taken(), frame);
  }
}

TEST(NetfrontData, ABatch_TellsTheBackendOnce_AndAWorkingOneNotAtAll) {
  Guest g(32, 16);
  g.Connect();
  g.RunPeers();
  std::string bytes(60, 'b');
  at_netdev_piece piece{reinterpret_cast<const uint8_t *>(bytes.data()), 60};
  at_netdev_frame frame{&piece, 1, 0, 0, nullptr};
  uint64_t before = g.FrontStats().notifies;
  at_fake_xen_reset_calls(g.xen);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(at_netdev_send(g.dev, &frame), AT_OK);
  EXPECT_EQ(at_fake_xen_calls(g.xen, kGuest, AT_FAKE_XEN_ANY), 0u) << "nothing is told before it is asked to";
  at_netdev_flush(g.dev);
  EXPECT_EQ(g.FrontStats().notifies - before, 1u);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(at_netdev_send(g.dev, &frame), AT_OK);
  at_netdev_flush(g.dev);
  EXPECT_EQ(g.FrontStats().notifies - before, 1u) << "it was told and has not slept since";
  at_netdev_flush(g.dev);
  EXPECT_EQ(at_fake_xen_calls(g.xen, kGuest, AT_FAKE_XEN_ANY), 1u) << "the notification is all that 8 frames cost";
}

TEST(NetfrontData, Receiving_CostsNoHypercall_WhileFramesAreThere) {
  for (bool offloads : {false, true}) {
    Guest g(64, 1, 19);
    if (offloads) g.Want(kAll);
    g.Connect();
    for (int i = 0; i < 48; ++i) g.Inject(std::string(60, 'r'));
    ASSERT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
    at_fake_xen_reset_calls(g.xen);
    at_netdev_part parts[AT_NETDEV_PARTS_MAX];
    size_t count = 0, total = 0;
    while (at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count) == AT_OK && count > 0) {
      at_netdev_release(g.dev, parts, count);
      total += count;
      if (total == 48) break;
      EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
    }
    EXPECT_EQ(total, 48u);
    EXPECT_EQ(at_fake_xen_calls(g.xen, kGuest, AT_FAKE_XEN_ANY), 0u);
  }
}

TEST(NetfrontData, BackendOutOfBuffers_IsToldWhenThereAreSome) {
  Guest g(4, 1);
  g.Connect();
  for (int i = 0; i < 12; ++i) g.Inject(std::string(60, static_cast<char>('a' + i)));
  for (int i = 0; i < 12; ++i) EXPECT_EQ(g.Receive(), std::string(60, static_cast<char>('a' + i)));
}

// Has three of four buffers with the user and the fourth given back: what the back-end may use has to be shown to it.
struct Starving {
  Starving() {
    g.Connect();
    for (int i = 0; i < 4; ++i) g.Inject("the first four");
    EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
    EXPECT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
    EXPECT_EQ(count, 4u);
    at_netdev_release(g.dev, &parts[3], 1);
    g.Inject("the fifth");
  }
  ~Starving() { at_netdev_release(g.dev, parts, 3); }
  Guest g{4, 1};
  at_netdev_part parts[AT_NETDEV_PARTS_MAX], more[AT_NETDEV_PARTS_MAX];
  size_t count = 0;
};

TEST(NetfrontData, OneBufferGivenBack_IsUsed_ByAUserWhoWaits) {
  Starving s;
  EXPECT_EQ(at_netdev_wait(s.g.dev, AT_NETDEV_RX, s.g.Now() + kSecond), AT_OK);
  EXPECT_EQ(at_netdev_recv(s.g.dev, s.more, AT_NETDEV_PARTS_MAX, &s.count), AT_OK);
  EXPECT_EQ(s.count, 1u);
}

TEST(NetfrontData, OneBufferGivenBack_IsUsed_ByAUserWhoPolls) {
  Starving s;
  s.count = 0;
  for (int i = 0; i < 4 && s.count == 0; ++i) {
    EXPECT_EQ(at_netdev_recv(s.g.dev, s.more, AT_NETDEV_PARTS_MAX, &s.count), AT_OK);
    s.g.RunPeers();
  }
  EXPECT_EQ(s.count, 1u);
}

TEST(NetfrontData, BuffersGivenBackOneByOne_AreShownInBatches) {
  Guest g(8, 1);
  g.Connect();
  for (int i = 0; i < 8; ++i) g.Inject("a frame");
  at_netdev_part parts[AT_NETDEV_PARTS_MAX];
  size_t count = 0;
  ASSERT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
  ASSERT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
  ASSERT_EQ(count, 8u);
  auto *ring = reinterpret_cast<netif_rx_sring *>(g.front.ring_pages[0].page);
  const RING_IDX shown[] = {8, 8, 8, 8, 13, 13, 13, 13};
  for (int i = 0; i < 8; ++i) {
    at_netdev_release(g.dev, &parts[i], 1);
    EXPECT_EQ(ring->req_prod, shown[i]) << i;
  }
  at_netdev_flush(g.dev);
  EXPECT_EQ(ring->req_prod, 16u);
}

TEST(NetfrontData, WaitForRoom_DoesNotSpinWhileFramesAreThere) {
  Guest g(4, 1);
  g.Connect();
  g.Inject("not what is waited for");
  ASSERT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
  at_fake_netback_freeze(g.back, true);
  ASSERT_EQ(g.Send(std::string(60, 's')), AT_OK);
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_TX, g.Now() + 1000), AT_TIMED_OUT);
  at_fake_netback_freeze(g.back, false);
}

TEST(NetfrontData, FullRing_WakesWhoWaitsForABuffer) {
  Guest g(4, 2);
  g.back_config.latency_ns = 1000000;
  g.Connect();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(g.Send(std::string(60, static_cast<char>('a' + i))), AT_OK) << i;
  g.RunPeers();
  at_fake_xen_advance(g.xen, kSecond);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(g.Taken(), std::string(60, static_cast<char>('a' + i)));
}

TEST(NetfrontData, NoBufferAndNoAnswer_TimesOut_ThenGoesOn) {
  Guest g(4, 2);
  g.Connect();
  at_fake_netback_freeze(g.back, true);
  EXPECT_EQ(g.Send(std::string(60, '1')), AT_OK);
  EXPECT_EQ(g.Send(std::string(60, '2')), AT_OK);
  EXPECT_EQ(g.Send(std::string(60, '3')), AT_TIMED_OUT);
  at_fake_netback_freeze(g.back, false);
  EXPECT_EQ(g.Send(std::string(60, '4')), AT_OK);
  EXPECT_EQ(g.Taken(), std::string(60, '1'));
  EXPECT_EQ(g.Taken(), std::string(60, '2'));
  EXPECT_EQ(g.Taken(), std::string(60, '4'));
}

TEST(NetfrontData, WaitForBoth_IsWokenByEither) {
  Guest g(4, 1);
  g.Connect();
  at_fake_netback_freeze(g.back, true);
  ASSERT_EQ(g.Send(std::string(60, 's')), AT_OK);
  EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX | AT_NETDEV_TX), AT_AGAIN);
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX | AT_NETDEV_TX, 0), AT_TIMED_OUT);
  at_fake_netback_freeze(g.back, false);
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX | AT_NETDEV_TX, g.Now() + kSecond), AT_OK);
  EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_TX), AT_OK);
  EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX), AT_AGAIN);
  g.Inject("x");
  g.RunPeers();
  EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX), AT_OK);
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX | AT_NETDEV_TX, g.Now() + kSecond), AT_OK);
  EXPECT_EQ(g.Receive(), "x");
}

TEST(NetfrontData, ArmedUser_IsWokenWhereItSleeps) {
  Guest g(4, 1);
  g.Connect();
  ASSERT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX), AT_AGAIN);
  g.Inject("x");
  EXPECT_EQ(at_wait_sleep(g.config.wait, g.Now() + kSecond), AT_OK);
  EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX), AT_OK);
  EXPECT_EQ(g.Receive(), "x");
}

TEST(NetfrontData, DeviceThatOnlyReceives_TakesNoFrame) {
  Guest g(4, 0);
  g.config.tx = nullptr;
  g.config.slots = nullptr;
  g.config.tx_slots = 0;
  g.Connect();
  EXPECT_EQ(g.Send(std::string(60, 's')), AT_TOO_BIG);
  EXPECT_EQ(at_netdev_info(g.dev)->max_frame, 0u);
  EXPECT_EQ(at_netdev_info(g.dev)->tx_slots, 0);
  void *cookie;
  size_t count = 1;
  EXPECT_EQ(at_netdev_tx_done(g.dev, &cookie, 1, &count), AT_OK);
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX | AT_NETDEV_TX), AT_AGAIN);
  g.Inject("received");
  EXPECT_EQ(g.Receive(), "received");
}

TEST(NetfrontData, HundredThousandPackets_LeakNothing_AndCrossTheEndOfTheIndices) {
  Guest g(16, 8);
  g.back_config.echo = true;
  g.config.ring_start = UINT32_MAX - 1000;
  g.Connect();
  uint32_t pages = at_fake_xen_pages_in_use(g.xen, kGuest), grants = at_fake_xen_grants_in_use(g.xen, kGuest);
  std::string sent(60, 'x');
  for (uint32_t i = 0; i < 100000; ++i) {
    memcpy(&sent[20], &i, sizeof i);
    ASSERT_EQ(g.Send(sent), AT_OK) << i;
    ASSERT_EQ(g.Receive(), sent) << i;
  }
  EXPECT_EQ(at_fake_xen_pages_in_use(g.xen, kGuest), pages);
  EXPECT_EQ(at_fake_xen_grants_in_use(g.xen, kGuest), grants);
  auto *rx = reinterpret_cast<netif_rx_sring *>(g.front.ring_pages[0].page);
  auto *tx = reinterpret_cast<netif_tx_sring *>(g.front.ring_pages[1].page);
  EXPECT_EQ(rx->rsp_prod, UINT32_MAX - 1000 + 100000) << "began near the end, went past it";
  EXPECT_EQ(tx->rsp_prod, UINT32_MAX - 1000 + 100000);
  EXPECT_EQ(g.DevStats().rx_frames, 100000u);
  EXPECT_EQ(g.DevStats().tx_bytes, 6000000u);
}

TEST(NetfrontData, EventStorm_OnlyWakes) {
  Guest g;
  g.Connect();
  at_fake_netback_storm(g.back, 1000);
  for (int i = 0; i < 1000; ++i) {
    at_status status = at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + 1000);
    ASSERT_TRUE(status == AT_OK || status == AT_TIMED_OUT) << at_status_name(status);
  }
  g.Inject("after the storm");
  EXPECT_EQ(g.Receive(), "after the storm");
}

}  // namespace
