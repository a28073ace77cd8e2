/* SPDX-License-Identifier: ISC */
/* What an interface is told, and which addresses and groups it has. */
#include "stacks.h"

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
