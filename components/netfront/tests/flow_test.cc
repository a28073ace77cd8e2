// SPDX-License-Identifier: ISC
// Which queue a frame is sent in: one for each flow, so that its order is kept, and all of them for many flows.

#include <map>
#include <set>

#include "components/netfront/tests/wide.h"

namespace {

const std::string kFrame(60, 'f');

TEST(NetfrontFlow, Flows_AreSpread_AndEachKeepsItsQueueAndItsOrder) {
  Wide g(8, 8);
  g.ConnectQueues(4, false);
  std::map<uint16_t, std::set<uint16_t>> queues_of;
  std::map<uint16_t, char> last;
  std::set<uint16_t> used;
  for (char n = 'a'; n < 'a' + 20; ++n) {
    for (uint16_t port = 1000; port < 1016; ++port) ASSERT_EQ(g.Send(Udp(port, n)), AT_OK);
    at_fake_netback_frame about{};
    for (std::string frame = g.Taken(&about); !frame.empty(); frame = g.Taken(&about)) {
      auto port = static_cast<uint16_t>(static_cast<uint8_t>(frame[34]) << 8 | static_cast<uint8_t>(frame[35]));
      EXPECT_EQ(frame.back(), last.count(port) != 0 ? last[port] + 1 : 'a') << "of the flow from port " << port;
      last[port] = frame.back();
      queues_of[port].insert(about.queue);
      used.insert(about.queue);
    }
  }
  EXPECT_EQ(queues_of.size(), 16u);
  for (const auto &flow : queues_of) EXPECT_EQ(flow.second.size(), 1u) << "queues of the flow from port " << flow.first;
  EXPECT_EQ(used.size(), 4u) << "16 flows use all queues";
}

// What the queue is that a frame goes to.
uint16_t QueueOf(Wide *g, const std::string &frame) {
  at_fake_netback_frame about{};
  EXPECT_EQ(g->Send(frame), AT_OK);
  EXPECT_EQ(g->Taken(&about), frame);
  return about.queue;
}

TEST(NetfrontFlow, Flow_IsAddressesAndPorts_WhateverElseTheFrameSays) {
  Wide g;
  g.ConnectQueues(4, false);
  int other_ports = 0, other_addresses = 0;
  for (uint16_t port = 1; port < 40; ++port) {
    const std::string plain = Udp(port, 'x');
    uint16_t queue = QueueOf(&g, plain);
    EXPECT_EQ(QueueOf(&g, Udp(port, 'y')), queue) << "another payload";
    EXPECT_EQ(QueueOf(&g, Udp(port, 'y', true)), queue) << "a VLAN's tag";
    std::string options = plain;
    options[14] = 0x46;
    options.insert(34, 4, '\1');
    EXPECT_EQ(QueueOf(&g, options), queue) << "an option before the ports";
    other_ports += QueueOf(&g, Udp(static_cast<uint16_t>(port + 1), 'x')) != queue;
    std::string address = plain;
    address[33] = static_cast<char>(port);
    other_addresses += QueueOf(&g, address) != queue;
  }
  EXPECT_GT(other_ports, 15);
  EXPECT_GT(other_addresses, 15);
}

TEST(NetfrontFlow, Fragments_StayTogether_ThoughOnlyTheFirstHasPorts) {
  Wide g;
  g.ConnectQueues(4, false);
  for (uint16_t port = 1; port < 20; ++port) {
    std::string first = Udp(port, 'x'), later = Udp(static_cast<uint16_t>(port * 7), 'x');
    first[20] = 0x20;  // more fragments
    later[21] = 0x10;  // an offset
    EXPECT_EQ(QueueOf(&g, first), QueueOf(&g, later));
  }
}

TEST(NetfrontFlow, OverIpv6_FlowsAreSpreadToo) {
  Wide g;
  g.ConnectQueues(4, false);
  std::set<uint16_t> used;
  for (char port = 1; port < 20; ++port) {
    std::string frame(12, 'm');
    frame += std::string("\x86\xdd\x60\x00\x00\x00\x00\x14\x06\x40", 10) + std::string(32, 'a');
    frame += {0, port, 0, 80};
    frame += std::string(16, 0);
    uint16_t queue = QueueOf(&g, frame);
    EXPECT_EQ(QueueOf(&g, frame), queue);
    used.insert(queue);
  }
  EXPECT_EQ(used.size(), 4u);
}

TEST(NetfrontFlow, WhatIsNoIp_AndWhatIsCutOff_GoesSomewhere) {
  Wide g;
  g.ConnectQueues(4, false);
  EXPECT_EQ(QueueOf(&g, kFrame), 0);
  const std::string whole = Udp(7, 'x');
  for (size_t size = 14; size < whole.size(); ++size) {
    EXPECT_EQ(g.Send(whole.substr(0, size)), AT_OK);
    EXPECT_EQ(g.Taken(), whole.substr(0, size));
  }
}

}  // namespace
