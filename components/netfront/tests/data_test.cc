// SPDX-License-Identifier: ISC
// Frames both ways with an honest back-end: the netdev contract, what a packet costs, and that it goes on for ever.

#include "components/netfront/tests/guest.h"

#include <atman/testing/contract_gtest.h>
#include <atman/testing/netdev_contract.h>

#include <xen/io/netif.h>

namespace {

struct ContractEnv {
  ContractEnv(uint16_t rx, uint16_t tx) : guest(rx, tx) {
    guest.back_config.echo = true;
    guest.Connect();
    env.dev = guest.dev;
    env.echoes = true;
    env.deadline_ns = [](void *ctx) { return static_cast<Guest *>(ctx)->Now() + kSecond; };
    env.ctx = &guest;
  }
  at_netdev_contract_env env{};  // first: the cases get a pointer to it
  Guest guest;
};

void Drop(void *env) { delete static_cast<ContractEnv *>(env); }

template <uint16_t rx, uint16_t tx>
bool Register(const char *suite) {
  return AtRegisterContract(
      suite, at_netdev_contract, at_netdev_contract_count, [] { return new ContractEnv(rx, tx); }, Drop);
}

const bool one = Register<1, 1>("NetfrontContractOneBuffer");
const bool few = Register<4, 2>("NetfrontContractFewBuffers");
const bool all = Register<256, 256>("NetfrontContractAllBuffers");

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
  at_netdev_frame frames[8];
  size_t count = 0;
  ASSERT_EQ(at_netdev_tx_take(g.dev, frames, 8, &count), AT_OK);
  ASSERT_EQ(count, 8u);
  for (auto &frame : frames) frame.size = 60;
  uint64_t before = g.FrontStats().notifies;
  at_fake_xen_reset_calls(g.xen);
  ASSERT_EQ(at_netdev_send(g.dev, frames, 4), AT_OK);
  EXPECT_EQ(g.FrontStats().notifies - before, 1u);
  ASSERT_EQ(at_netdev_send(g.dev, frames + 4, 4), AT_OK);
  EXPECT_EQ(g.FrontStats().notifies - before, 1u) << "it was told and has not slept since";
  EXPECT_EQ(at_fake_xen_calls(g.xen, kGuest, AT_FAKE_XEN_ANY), 1u) << "the notification is all that 8 frames cost";
}

TEST(NetfrontData, Receiving_CostsNoHypercall_WhileFramesAreThere) {
  Guest g(64, 1);
  g.Connect();
  for (int i = 0; i < 48; ++i) g.Inject(std::string(60, 'r'));
  ASSERT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
  at_fake_xen_reset_calls(g.xen);
  at_netdev_frame frames[16];
  size_t count = 0, total = 0;
  while (at_netdev_recv(g.dev, frames, 16, &count) == AT_OK && count > 0) {
    at_netdev_release(g.dev, frames, count);
    total += count;
    if (total == 48) break;
    EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
  }
  EXPECT_EQ(total, 48u);
  EXPECT_EQ(at_fake_xen_calls(g.xen, kGuest, AT_FAKE_XEN_ANY), 0u);
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
    EXPECT_EQ(at_netdev_recv(g.dev, frames, 4, &count), AT_OK);
    EXPECT_EQ(count, 4u);
    at_netdev_release(g.dev, &frames[3], 1);
    g.Inject("the fifth");
  }
  ~Starving() { at_netdev_release(g.dev, frames, 4); }
  Guest g{4, 1};
  at_netdev_frame frames[4];
  size_t count = 0;
};

TEST(NetfrontData, OneBufferGivenBack_IsUsed_ByAUserWhoWaits) {
  Starving s;
  EXPECT_EQ(at_netdev_wait(s.g.dev, AT_NETDEV_RX, s.g.Now() + kSecond), AT_OK);
  EXPECT_EQ(at_netdev_recv(s.g.dev, &s.frames[3], 1, &s.count), AT_OK);
  EXPECT_EQ(s.count, 1u);
}

TEST(NetfrontData, OneBufferGivenBack_IsUsed_ByAUserWhoPolls) {
  Starving s;
  s.count = 0;
  for (int i = 0; i < 4 && s.count == 0; ++i) {
    EXPECT_EQ(at_netdev_recv(s.g.dev, &s.frames[3], 1, &s.count), AT_OK);
    s.g.RunPeers();
  }
  EXPECT_EQ(s.count, 1u);
}

TEST(NetfrontData, BuffersGivenBackOneByOne_AreShownInBatches) {
  Guest g(8, 1);
  g.Connect();
  for (int i = 0; i < 8; ++i) g.Inject("a frame");
  at_netdev_frame frames[8];
  size_t count = 0;
  ASSERT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
  ASSERT_EQ(at_netdev_recv(g.dev, frames, 8, &count), AT_OK);
  ASSERT_EQ(count, 8u);
  auto *ring = reinterpret_cast<netif_rx_sring *>(g.front.ring_pages[0].page);
  const RING_IDX shown[] = {8, 8, 8, 8, 13, 13, 13, 13};
  for (int i = 0; i < 8; ++i) {
    at_netdev_release(g.dev, &frames[i], 1);
    EXPECT_EQ(ring->req_prod, shown[i]) << i;
  }
}

TEST(NetfrontData, WaitForABuffer_DoesNotSpinWhileFramesAreThere) {
  Guest g(4, 1);
  g.Connect();
  g.Inject("not what is waited for");
  at_netdev_frame frame;
  size_t count;
  ASSERT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond), AT_OK);
  ASSERT_EQ(at_netdev_tx_take(g.dev, &frame, 1, &count), AT_OK);
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_TX, g.Now() + 1000), AT_TIMED_OUT);
  at_netdev_tx_return(g.dev, &frame, 1);
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
  at_netdev_frame frame;
  size_t count;
  ASSERT_EQ(at_netdev_tx_take(g.dev, &frame, 1, &count), AT_OK);
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX | AT_NETDEV_TX, 0), AT_TIMED_OUT);
  g.Inject("x");
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX | AT_NETDEV_TX, g.Now() + kSecond), AT_OK);
  EXPECT_EQ(g.Receive(), "x");
  at_netdev_tx_return(g.dev, &frame, 1);
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_RX | AT_NETDEV_TX, 0), AT_OK);
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
