/* SPDX-License-Identifier: ISC */
/* What an interface is told, and which addresses and groups it has. */
#include "stacks.h"

#include <algorithm>

#include <atman/ip/dns.h>

namespace {

class InterfaceTest : public StacksTest {
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
};

TEST_F(InterfaceTest, SettingsThatContradictThemselves_AreInvalid) {
  at_ip_address v4 = Parse("10.0.0.1"), v6 = Parse("2001:db8::1"), none = {};
  const struct {
    const char *what;
    at_ip_address address, gateway, address6;
    uint8_t prefix;
    bool dhcp;
  } cases[] = {
      {"an IPv6 address as IPv4's", v6, none, none, 24, false},
      {"a gateway without an address", none, v4, none, 24, false},
      {"a gateway of IPv6", v4, v6, none, 24, false},
      {"a prefix of 33 bits", v4, v4, none, 33, false},
      {"an address and DHCP", v4, none, none, 24, true},
      {"an IPv4 address as IPv6's", v4, none, v4, 24, false},
  };

  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    at_ip_settings settings = {};

    settings.address = c.address;
    settings.gateway = c.gateway;
    settings.address6 = c.address6;
    settings.prefix = c.prefix;
    settings.dhcp = c.dhcp;
    EXPECT_EQ(AT_INVALID, us.Start(&settings));
  }
}

TEST_F(InterfaceTest, FixedAddresses_AreThere_AlsoWithoutAPrefix) {
  at_ip_settings settings = {};
  at_ip_address found;

  settings.address = Parse("10.0.0.1");
  settings.address6 = Parse("2001:db8::1");
  ASSERT_EQ(AT_OK, us.Start(&settings));
  EXPECT_TRUE(Has("10.0.0.1"));
  EXPECT_TRUE(Run([&] { return Has("2001:db8::1"); })) << "once nobody else has it";
  EXPECT_EQ(AT_NOT_FOUND, at_ip_interface_address(us.interface, &found, AT_IP_ANY));
}

TEST_F(InterfaceTest, Interfaces_AreListedOldestFirst_WithNumbersOfTheirOwn) {
  Device device(7);
  at_ip_settings settings = {};
  at_ip_interface *second;

  ASSERT_EQ(AT_OK, us.Start());
  settings.address = Parse("10.0.1.1");
  settings.prefix = 24;
  ASSERT_EQ(AT_OK, at_ip_interface_add(us.ip, &second, device.netdev(), &settings));
  EXPECT_EQ(us.interface, at_ip_interface_first(us.ip));
  EXPECT_EQ(second, at_ip_interface_next(us.interface));
  EXPECT_EQ(nullptr, at_ip_interface_next(second));
  EXPECT_NE(at_ip_interface_number(us.interface), at_ip_interface_number(second));
  us.Stop();
}

/* A group's member hears it, on this interface, and says so to routers. */
TEST_F(InterfaceTest, Groups_AreJoinedAndLeft) {
  ASSERT_EQ(AT_OK, us.Start());
  Run([] { return false; }, 3000000000);
  for (const char *text : {"224.0.0.99", "ff05::99"}) {
    SCOPED_TRACE(text);
    at_ip_address group = Parse(text);
    size_t reports = 0;

    carries = [&](Bytes &frame, bool) {
      reports += (frame[0] & 1) != 0;
      return false;
    };
    EXPECT_EQ(AT_NOT_FOUND, at_ip_interface_leave(us.interface, &group)) << "it is no member";
    EXPECT_EQ(AT_OK, at_ip_interface_join(us.interface, &group));
    Run([] { return false; }, 20000000000);
    EXPECT_GE(reports, 2u);
    EXPECT_EQ(AT_OK, at_ip_interface_leave(us.interface, &group));
    EXPECT_EQ(AT_NOT_FOUND, at_ip_interface_leave(us.interface, &group));
    carries = nullptr;
  }
  for (const char *text : {"10.0.0.9", "2001:db8::9"}) {
    at_ip_address address = Parse(text);

    EXPECT_EQ(AT_INVALID, at_ip_interface_join(us.interface, &address)) << text;
    EXPECT_EQ(AT_INVALID, at_ip_interface_leave(us.interface, &address)) << text;
  }
  for (uint8_t family : {0, 77}) {
    at_ip_address strange = {};

    strange.family = family;
    EXPECT_EQ(AT_INVALID, at_ip_interface_join(us.interface, &strange));
    EXPECT_EQ(AT_INVALID, at_ip_interface_leave(us.interface, &strange));
  }
}

TEST_F(InterfaceTest, AddressThatIsNone_IsAStar) {
  at_ip_address strange = {}, loopback = Parse("127.0.0.1");
  char text[AT_IP_ADDRESS_TEXT];

  EXPECT_STREQ("*", at_ip_address_format(text, &strange));
  strange.family = 77;
  EXPECT_STREQ("*", at_ip_address_format(text, &strange));
  EXPECT_STREQ("127.0.0.1", at_ip_address_format(text, &loopback));
}

TEST_F(InterfaceTest, DnsServers_AreThoseThatWereGiven) {
  at_ip_settings settings = {};
  at_ip_address found[AT_IP_DNS_SERVERS_MAX];
  size_t count;

  for (auto &server : settings.dns) server = at_ip_address_v4(10, 0, 0, uint8_t(&server - settings.dns + 1));
  settings.dns[1].family = 77;
  ASSERT_EQ(AT_OK, us.Start(&settings));
  at_ip_dns_servers(us.ip, found, &count);
  EXPECT_EQ(AT_IP_DNS_SERVERS_MAX - 1u, count) << "all but the one that is no address";
  EXPECT_EQ(AT_IP_DNS_SERVERS_MAX, int(found[count - 1].bytes[3]));
}

TEST_F(InterfaceTest, DnsServersOfAStackThatEnded_AreNotTheNextOnes) {
  at_ip_settings settings = {};
  at_ip_address found[AT_IP_DNS_SERVERS_MAX];
  size_t count = 0;

  for (auto &server : settings.dns) server = at_ip_address_v4(10, 0, 0, 9);
  ASSERT_EQ(AT_OK, us.Start(&settings));
  us.Stop();
  ASSERT_EQ(AT_OK, us.Start());
  at_ip_dns_servers(us.ip, found, &count);
  EXPECT_EQ(0u, count);
}

TEST_F(InterfaceTest, WaitForAnAddress_EndsWhenItIsThere) {
  ASSERT_EQ(AT_OK, us.Start());
  clock.passes = true;
  EXPECT_EQ(AT_OK, at_ip_interface_wait(us.interface, AT_IP_V4, clock.now_ns));
  EXPECT_EQ(AT_TIMED_OUT, at_ip_interface_wait(us.interface, AT_IP_V6, clock.now_ns));
  EXPECT_EQ(AT_OK, at_ip_interface_wait(us.interface, AT_IP_V6, clock.now_ns + 10000000000));
  clock.passes = false;
}

/* RFC 4862, 5.5.3, and RFC 8415: a router's word that there is more to be had brings stateless DHCPv6. */
TEST_F(InterfaceTest, RouterThatSaysSo_IsFollowedByQuestionsForDhcpV6) {
  Bytes router = {0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 16, 58, 255};
  const Bytes relays = {0x33, 0x33, 0, 1, 0, 2};
  size_t questions = 0;
  uint16_t sum;

  router.insert(router.end(), {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9});
  router.insert(router.end(), {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  router.insert(router.end(), {134, 0, 0, 0, 64, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  sum = InternetChecksum(router.data() + 22, 48, 58 + 16);
  router[56] = uint8_t(sum >> 8);
  router[57] = uint8_t(sum);
  ASSERT_EQ(AT_OK, us.Start());
  carries = [&](Bytes &frame, bool) {
    questions += std::equal(relays.begin(), relays.end(), frame.begin());
    return false;
  };
  Run([] { return false; }, 5000000000);
  EXPECT_EQ(0u, questions);
  us.device.Arrive(router);
  Run([] { return false; }, 10000000000);
  EXPECT_GE(questions, 2u) << "it is asked again";
}

/* A device that fills in the sums of one family only is given none that are blank (wire.cc looks). */
TEST_F(InterfaceTest, DeviceThatSumsOneFamilyOnly_SumsNone) {
  us.device.info.features |= AT_NETDEV_TX_CSUM4;
  ASSERT_EQ(AT_OK, us.Start());
  Connection connection(kOurs);
  at_ip_address own;
  size_t syns = 0;

  ASSERT_TRUE(Run([&] { return at_ip_interface_address(us.interface, &own, AT_IP_V6) == AT_OK; }));
  carries = [&](Bytes &frame, bool) {
    syns += frame[20] == 6;
    return true;
  };
  ASSERT_EQ(AT_OK, peer.Start());
  ASSERT_TRUE(Run([&] { return peer.f.at_ip_interface_address(peer.interface, &own, AT_IP_V6) == AT_OK; }));
  own.zone = at_ip_interface_number(us.interface);
  ASSERT_EQ(AT_OK, connection.Connect(us, own, 81));
  EXPECT_TRUE(Run([&] { return connection.closed; }));
  EXPECT_EQ(AT_DENIED, connection.why);
  EXPECT_GT(syns, 0u);
}

/* They stayed in the heap. */
TEST_F(InterfaceTest, PacketsToOneself_AreGoneWithTheStack) {
  at_ip_address any = {}, loopback = Parse("127.0.0.1"), own = us.Address();
  at_ip_udp *udp;

  us.shares = false; /* all in the heap that Stop() looks at */
  ASSERT_EQ(AT_OK, us.Start());
  ASSERT_EQ(AT_OK, at_ip_udp_open(us.ip, &udp, &any, 7, nullptr, nullptr));
  for (const at_ip_address *to : {&loopback, &own, &loopback, &own}) {
    EXPECT_EQ(AT_OK, at_ip_udp_send(udp, to, 7, "x", 1));
  }
  at_ip_udp_close(udp);
  us.Stop();
}

TEST_F(InterfaceTest, DatagramsToNowhere_AreRefusedByName) {
  at_ip_address any = {}, strange = {}, far = Parse("192.0.2.1");
  at_ip_udp *udp;

  ASSERT_EQ(AT_OK, us.Start());
  strange.family = 77;
  EXPECT_EQ(AT_INVALID, at_ip_udp_open(us.ip, &udp, &strange, 7, nullptr, nullptr));
  ASSERT_EQ(AT_OK, at_ip_udp_open(us.ip, &udp, &any, 7, nullptr, nullptr));
  EXPECT_EQ(AT_INVALID, at_ip_udp_send(udp, &far, 0, "x", 1));
  EXPECT_EQ(AT_INVALID, at_ip_udp_send(udp, &any, 7, "x", 1));
  EXPECT_EQ(AT_INVALID, at_ip_udp_send(udp, &strange, 7, "x", 1));
  at_ip_udp_close(udp);
  us.Stop();
}

}  // namespace
