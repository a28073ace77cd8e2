/* SPDX-License-Identifier: ISC */
/* A device that filters is told of every group that the stack needs, its own and its users', and of no other. */
#include "stacks.h"

namespace {

class GroupsTest : public StacksTest {
 protected:
  static at_ip_address Parse(const char *text) {
    at_ip_address address = {};

    EXPECT_EQ(AT_OK, at_ip_address_parse(&address, text));
    return address;
  }

  bool Has(const char *text) {
    at_ip_address wanted = Parse(text), own;

    return at_ip_interface_address(us.interface, &own, at_ip_family(wanted.family)) == AT_OK &&
           memcmp(own.bytes, wanted.bytes, sizeof(own.bytes)) == 0;
  }

  static at_ip_settings Settings(const char *address, const char *address6) {
    at_ip_settings settings = {};

    settings.address = Parse(address);
    settings.prefix = 24;
    settings.ipv6 = true;
    settings.address6 = Parse(address6);
    return settings;
  }

  /* Both hear only what they asked for. */
  void StartFiltering() {
    at_ip_settings ours = Settings("10.0.0.1", "2001:db8::1:2233"), peers = Settings("10.0.0.2", "2001:db8::2");

    us.device.Filter(64);
    peer.device.Filter(64);
    ASSERT_EQ(AT_OK, us.Start(&ours));
    ASSERT_EQ(AT_OK, peer.Start(&peers));
    ASSERT_TRUE(Run([&] { return Has("2001:db8::1:2233"); }));
  }
};

TEST_F(GroupsTest, WhatTheStackNeeds_IsJoined_AndLeftWhenItEnds) {
  StartFiltering();
  const struct {
    const char *what;
    Bytes mac;
  } needed[] = {
      {"all systems", {0x01, 0x00, 0x5e, 0, 0, 1}},
      {"all nodes", {0x33, 0x33, 0, 0, 0, 1}},
      {"who has 2001:db8::1:2233", {0x33, 0x33, 0xff, 0x01, 0x22, 0x33}},
      {"who has the link-local address", {0x33, 0x33, 0xff, 0, 0, 1}},
  };
  for (const auto &group : needed) EXPECT_TRUE(us.device.IsMember(group.mac)) << group.what;
  EXPECT_EQ(4u, us.device.groups.size()) << "and no other";
  us.Stop();
  EXPECT_TRUE(us.device.groups.empty());
}

/* The question and the answer of neighbour discovery, and of the check that an address is nobody else's. */
TEST_F(GroupsTest, NeighboursFindEachOther_WhoHearOnlyWhatTheyJoined) {
  at_ip_address any = {}, to = Parse("2001:db8::2");
  at_ip_udp *sender = nullptr, *receiver = nullptr;
  size_t received = 0;

  StartFiltering();
  ASSERT_EQ(AT_OK, kOurs.at_ip_udp_open(us.ip, &sender, &any, 0, nullptr, nullptr));
  ASSERT_EQ(AT_OK, kPeers.at_ip_udp_open(
                       peer.ip, &receiver, &any, 7,
                       [](at_ip_udp *, void *user, at_ip_data *data, const at_ip_address *, uint16_t) {
                         kPeers.at_ip_data_free(data);
                         ++*static_cast<size_t *>(user);
                       },
                       &received));
  EXPECT_TRUE(Run([&] {
    EXPECT_EQ(AT_OK, kOurs.at_ip_udp_send(sender, &to, 7, "x", 1));
    return received > 0;
  }));
  kOurs.at_ip_udp_close(sender);
  kPeers.at_ip_udp_close(receiver);
}

TEST_F(GroupsTest, UsersGroups_AreTheDevices_UnderTheirEthernetAddress) {
  const struct {
    const char *group;
    Bytes mac;
  } cases[] = {
      {"224.0.0.251", {0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb}}, /* mDNS */
      {"ff02::fb", {0x33, 0x33, 0x00, 0x00, 0x00, 0xfb}},
      {"239.255.129.7", {0x01, 0x00, 0x5e, 0x7f, 0x81, 0x07}}, /* 23 bits of it */
      {"ff15::1:2:3:4", {0x33, 0x33, 0x00, 0x03, 0x00, 0x04}},
  };

  StartFiltering();
  for (const auto &c : cases) {
    SCOPED_TRACE(c.group);
    at_ip_address group = Parse(c.group);

    EXPECT_FALSE(us.device.IsMember(c.mac));
    EXPECT_EQ(AT_OK, at_ip_interface_join(us.interface, &group));
    EXPECT_EQ(AT_OK, at_ip_interface_join(us.interface, &group));
    EXPECT_EQ(1u, us.device.groups.count(c.mac));
    EXPECT_EQ(AT_OK, at_ip_interface_leave(us.interface, &group));
    EXPECT_TRUE(us.device.IsMember(c.mac)) << "a member once more";
    EXPECT_EQ(AT_OK, at_ip_interface_leave(us.interface, &group));
    EXPECT_FALSE(us.device.IsMember(c.mac));
  }
}

/* 224.1.2.3 and 225.1.2.3 are one Ethernet address: who leaves one of them goes on hearing the other. */
TEST_F(GroupsTest, GroupsWithOneEthernetAddress_AreCounted) {
  const Bytes mac = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
  at_ip_address one = Parse("224.1.2.3"), other = Parse("225.1.2.3");

  StartFiltering();
  EXPECT_EQ(AT_OK, at_ip_interface_join(us.interface, &one));
  EXPECT_EQ(AT_OK, at_ip_interface_join(us.interface, &other));
  EXPECT_EQ(AT_OK, at_ip_interface_leave(us.interface, &one));
  EXPECT_TRUE(us.device.IsMember(mac));
  EXPECT_EQ(AT_OK, at_ip_interface_leave(us.interface, &other));
  EXPECT_FALSE(us.device.IsMember(mac));
}

TEST_F(GroupsTest, GroupThatTheDeviceHasNoRoomFor_IsNotJoined) {
  at_ip_address group = Parse("224.0.0.251"), group6 = Parse("ff02::fb");

  StartFiltering();
  us.device.most_groups = us.device.groups.size();
  EXPECT_EQ(AT_NO_SPACE, at_ip_interface_join(us.interface, &group));
  EXPECT_EQ(AT_NO_SPACE, at_ip_interface_join(us.interface, &group6));
  EXPECT_EQ(AT_NOT_FOUND, at_ip_interface_leave(us.interface, &group)) << "it is no member";
  us.device.most_groups++;
  EXPECT_EQ(AT_OK, at_ip_interface_join(us.interface, &group));
}

}  // namespace
