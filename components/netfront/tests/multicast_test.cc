// SPDX-License-Identifier: ISC
// Groups: the back-end delivers those that were joined and no others, is told of each once, and again after a restore.

#include "components/netfront/tests/wide.h"

#include <atman/testing/contract_gtest.h>
#include <atman/testing/netdev_contract.h>

#include <vector>

namespace {

const std::string kDir = "/local/domain/5/device/vif/0/";

struct Mac {
  explicit Mac(uint32_t n) : bytes{0x33, 0x33, 0, 0, static_cast<uint8_t>(n >> 8), static_cast<uint8_t>(n)} {}
  std::string Frame(char fill = 'g') const {
    return std::string(reinterpret_cast<const char *>(bytes), sizeof bytes) + std::string(54, fill);
  }
  uint8_t bytes[AT_NETDEV_MAC_SIZE];
};

const Mac kOne(1), kOther(2);

struct Filtering : Wide {
  explicit Filtering(uint16_t rx = 8, uint16_t tx = 4) : Wide(rx, tx) { group_count = AT_NETFRONT_GROUPS_MAX; }

  at_status Join(const Mac &mac) {
    at_status status = at_netdev_group_join(dev, mac.bytes);
    at_netdev_flush(dev);
    RunPeers();
    return status;
  }
  at_status Leave(const Mac &mac) {
    at_status status = at_netdev_group_leave(dev, mac.bytes);
    at_netdev_flush(dev);
    RunPeers();
    return status;
  }
  bool Knows(const Mac &mac) const { return at_fake_netback_has_group(back, mac.bytes); }
};

TEST(NetfrontMulticast, Filter_PassesWhatIsForUsForAllAndForGroupsThatWereJoined) {
  Filtering g;
  g.ConnectQueues(1, false);
  EXPECT_TRUE(at_netfront_queues_filters(&g.device));
  EXPECT_EQ(g.Node(kDir + "request-multicast-control"), "1");
  for (const std::string &passes : {std::string(60, '\xff'), std::string(60, '\0')}) {
    g.Inject(passes);
    EXPECT_EQ(g.Receive(), passes);
  }
  g.Inject(kOne.Frame());
  g.Inject(kOther.Frame());
  EXPECT_EQ(g.Receive(), "");
  EXPECT_EQ(g.Join(kOne), AT_OK);
  g.Inject(kOther.Frame());
  g.Inject(kOne.Frame());
  EXPECT_EQ(g.Receive(), kOne.Frame());
  EXPECT_EQ(g.Leave(kOne), AT_OK);
  g.Inject(kOne.Frame());
  EXPECT_EQ(g.Receive(), "");
  EXPECT_EQ(g.BackStats().filtered, 4u);
  EXPECT_EQ(g.DevStats().dropped[AT_NETDEV_DROP_TX_ERROR], 0u);
}

TEST(NetfrontMulticast, GroupJoinedTwice_IsToldOnce_AndLeftWithTheLastMember) {
  Filtering g;
  g.ConnectQueues(1, false);
  EXPECT_EQ(g.Join(kOne), AT_OK);
  EXPECT_EQ(g.Join(kOne), AT_OK);
  EXPECT_EQ(g.Leave(kOne), AT_OK);
  EXPECT_TRUE(g.Knows(kOne));
  EXPECT_EQ(g.Leave(kOne), AT_OK);
  EXPECT_FALSE(g.Knows(kOne));
  EXPECT_EQ(g.Leave(kOne), AT_NOT_FOUND);
  EXPECT_EQ(g.Leave(kOther), AT_NOT_FOUND);
  EXPECT_EQ(g.Join(kOne), AT_OK);
  EXPECT_TRUE(g.Knows(kOne));
  const uint8_t own[AT_NETDEV_MAC_SIZE] = {0x02};
  EXPECT_EQ(at_netdev_group_join(g.dev, own), AT_INVALID);
  EXPECT_EQ(at_netdev_group_leave(g.dev, own), AT_INVALID);
}

TEST(NetfrontMulticast, AsManyGroupsAsThereIsMemoryFor_AndNoMore) {
  Filtering g;
  g.ConnectQueues(1, false);
  for (uint32_t n = 0; n < AT_NETFRONT_GROUPS_MAX; ++n) EXPECT_EQ(g.Join(Mac(100 + n)), AT_OK);
  EXPECT_EQ(at_fake_netback_groups(g.back), AT_NETFRONT_GROUPS_MAX);
  EXPECT_EQ(g.Join(kOne), AT_NO_SPACE);
  EXPECT_EQ(g.Leave(Mac(130)), AT_OK);
  EXPECT_EQ(g.Join(kOne), AT_OK);
  EXPECT_TRUE(g.Knows(kOne));
}

TEST(NetfrontMulticast, MembersWithoutEnd_AreRefused_BeforeTheyAreNone) {
  Filtering g;
  g.ConnectQueues(1, false);
  for (uint32_t i = 0; i < UINT16_MAX; ++i) ASSERT_EQ(at_netdev_group_join(g.dev, kOne.bytes), AT_OK);
  EXPECT_EQ(at_netdev_group_join(g.dev, kOne.bytes), AT_NO_SPACE);
}

// What changes while the back-end cannot be told is told when it can: how it is then, not all that it was.
TEST(NetfrontMulticast, WithoutRoomInTheRing_GroupsAreToldLater) {
  Filtering g(8, 2);
  g.ConnectQueues(1, false);
  EXPECT_EQ(g.Join(kOther), AT_OK);
  at_fake_netback_freeze(g.back, true);
  const std::string bytes(60, 's');
  EXPECT_EQ(g.Send(bytes), AT_OK);
  EXPECT_EQ(g.Send(bytes), AT_OK);
  for (uint32_t n = 10; n < 20; ++n) EXPECT_EQ(g.Join(Mac(n)), AT_OK);
  EXPECT_EQ(g.Leave(Mac(15)), AT_OK);
  EXPECT_EQ(g.Leave(kOther), AT_OK);
  EXPECT_EQ(g.Join(kOther), AT_OK);
  EXPECT_EQ(g.Leave(Mac(16)), AT_OK);
  EXPECT_EQ(g.Join(Mac(16)), AT_OK);
  EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX), AT_AGAIN);
  at_fake_netback_freeze(g.back, false);
  // A user who only receives: answers to what was sent are not what it waits for, and wake it all the same.
  uint64_t start = g.Now();
  for (int i = 0; i < 20 && at_fake_netback_groups(g.back) < 10; ++i) {
    at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond);
  }
  EXPECT_LT(g.Now() - start, 2 * kSecond) << "only behind the last one does it sleep for long";
  EXPECT_EQ(at_fake_netback_groups(g.back), 10u);
  for (uint32_t n = 10; n < 20; ++n) EXPECT_EQ(g.Knows(Mac(n)), n != 15) << n;
  EXPECT_TRUE(g.Knows(kOther));
}

TEST(NetfrontMulticast, BackendThatRefuses_IsCounted_AndTheDeviceGoesOn) {
  Filtering g;
  g.ConnectQueues(1, false, AT_FAKE_NETBACK_FORGETS);
  EXPECT_EQ(g.Join(kOne), AT_OK);
  EXPECT_FALSE(g.Knows(kOne));
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_TX, g.Now() + kSecond), AT_OK);
  EXPECT_EQ(g.DevStats().dropped[AT_NETDEV_DROP_TX_ERROR], 1u);
  EXPECT_EQ(g.Send(std::string(60, 's')), AT_OK);
  EXPECT_EQ(g.Taken(), std::string(60, 's'));
}

TEST(NetfrontMulticast, BackendWithoutAFilter_DeliversEverything) {
  Filtering g;
  g.ConnectQueues(1, false, AT_FAKE_NETBACK_NO_FILTER);
  EXPECT_FALSE(at_netfront_queues_filters(&g.device));
  EXPECT_EQ(g.Join(kOne), AT_UNSUPPORTED);
  g.Inject(kOne.Frame());
  EXPECT_EQ(g.Receive(), kOne.Frame());
}

TEST(NetfrontMulticast, NotAskedFor_EverythingIsDelivered_AlsoAfterADeviceThatFiltered) {
  Filtering g;
  g.ConnectQueues(1, false);
  ASSERT_EQ(at_netfront_queues_close(&g.device, g.Now() + kSecond), AT_OK);
  EXPECT_EQ(g.Node(kDir + "request-multicast-control"), "(none)");
  g.group_count = 0;
  at_netfront_queues_config config = g.QueuesConfig(1, false);
  ASSERT_EQ(at_netfront_queues_open(&g.device, &config), AT_OK);
  g.dev = at_netfront_queues_netdev(&g.device);
  EXPECT_EQ(g.Join(kOne), AT_UNSUPPORTED);
  g.Inject(kOne.Frame());
  EXPECT_EQ(g.Receive(), kOne.Frame());
}

TEST(NetfrontMulticast, BetweenFrames_OfSeveralQueues_GroupsComeAndGo) {
  Filtering g(8, 4);
  g.ConnectQueues(4, true);
  for (uint16_t i = 0; i < 100; ++i) {
    EXPECT_EQ(g.Join(Mac(i % 7)), AT_OK);
    EXPECT_EQ(g.Send(Udp(i, 'x')), AT_OK);
    EXPECT_EQ(g.Taken(), Udp(i, 'x'));
    at_fake_netback_frame about{};
    about.queue = i;
    g.Inject(about, Mac(i % 7).Frame());
    EXPECT_EQ(g.Receive(), Mac(i % 7).Frame());
    EXPECT_EQ(g.Leave(Mac(i % 7)), AT_OK);
  }
  EXPECT_EQ(at_fake_netback_groups(g.back), 0u);
}

TEST(NetfrontMulticast, LiesAboutGroups_EndTheDevice) {
  const struct {
    enum at_fake_netback_lie lie;
    uint32_t argument;
  } cases[] = {{AT_FAKE_NETBACK_TX_ID, 99},
               {AT_FAKE_NETBACK_TX_TWICE, 0},
               {AT_FAKE_NETBACK_TX_STATUS, 7},
               {AT_FAKE_NETBACK_TX_STATUS, 1}};
  for (const auto &c : cases) {
    SCOPED_TRACE(c.lie);
    Filtering g;
    g.ConnectQueues(1, false);
    at_fake_netback_lie(g.back, c.lie, c.argument);
    EXPECT_EQ(g.Join(kOne), AT_OK);
    EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_TX, g.Now() + kSecond), AT_PROTOCOL);
    EXPECT_EQ(g.Join(kOther), AT_PROTOCOL);
    EXPECT_EQ(g.Leave(kOne), AT_PROTOCOL);
  }
}

TEST(NetfrontMulticast, BadConfig_IsInvalid) {
  Filtering g;
  g.MakeBackend();
  using Config = at_netfront_queues_config;
  const struct {
    const char *what;
    void (*spoil)(Config *);
  } cases[] = {
      {"no groups", [](Config *c) { c->groups = nullptr; }},
      {"0 groups", [](Config *c) { c->group_count = 0; }},
      {"too many groups", [](Config *c) { c->group_count = AT_NETFRONT_GROUPS_MAX + 1; }},
      {"groups without a filter", [](Config *c) { c->multicast = nullptr; }},
      {"no transmit side",
       [](Config *c) {
         c->front.tx = nullptr;
         c->front.tx_buffers = c->front.tx_slots = 0;
       }},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    Config config = g.QueuesConfig(1, false);
    c.spoil(&config);
    EXPECT_EQ(at_netfront_queues_open(&g.device, &config), AT_INVALID);
  }
}

struct ContractEnv {
  ContractEnv() : guest(19, 19) {
    guest.back_config.echo = true;
    guest.ConnectQueues(2, true);
    env.dev = env.arrival = guest.dev;
    env.memory = guest.memory;
    env.deadline_ns = [](void *ctx) { return static_cast<Wide *>(ctx)->Now() + kSecond; };
    env.ctx = static_cast<Wide *>(&guest);
  }
  at_netdev_contract_env env{};  // first: the cases get a pointer to it
  Filtering guest;
};

const bool contract = AtRegisterContract(
    "NetfrontContractFiltering", at_netdev_contract, at_netdev_contract_count, [] { return new ContractEnv; },
    [](void *env) { delete static_cast<ContractEnv *>(env); });

}  // namespace
