/* SPDX-License-Identifier: ISC */
#include <atman/ip/settings.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace {

struct Parsed {
  at_status status;
  at_ip_settings settings;
  std::string error;
};

Parsed Parse(std::vector<const char *> words, unsigned index = 0, const char *address = nullptr) {
  Parsed parsed = {};
  const char *error = nullptr;

  words.push_back(nullptr);
  parsed.status =
      at_ip_settings_parse(&parsed.settings, &error, const_cast<char *const *>(words.data()), index, address);
  parsed.error = error == nullptr ? "" : error;
  return parsed;
}

std::string Text(const at_ip_address &address) {
  char text[AT_IP_ADDRESS_TEXT];

  return at_ip_address_format(text, &address);
}

TEST(Settings, Nothing_IsDhcp) {
  Parsed parsed = Parse({"atman"});

  EXPECT_EQ(AT_OK, parsed.status);
  EXPECT_TRUE(parsed.settings.dhcp);
  EXPECT_TRUE(parsed.settings.ipv6);
  EXPECT_EQ("*", Text(parsed.settings.address));
}

TEST(Settings, Static_IsTakenWhole) {
  Parsed parsed = Parse({"atman", "ip=10.0.0.2/16,2001:db8::2", "quiet", "gw=10.0.0.1", "dns=10.0.0.1,2001:db8::1"});

  EXPECT_EQ(AT_OK, parsed.status);
  EXPECT_FALSE(parsed.settings.dhcp);
  EXPECT_EQ("10.0.0.2", Text(parsed.settings.address));
  EXPECT_EQ(16, parsed.settings.prefix);
  EXPECT_EQ("10.0.0.1", Text(parsed.settings.gateway));
  EXPECT_EQ("2001:DB8::2", Text(parsed.settings.address6));
  EXPECT_EQ("10.0.0.1", Text(parsed.settings.dns[0]));
  EXPECT_EQ("2001:DB8::1", Text(parsed.settings.dns[1]));
  EXPECT_EQ("*", Text(parsed.settings.dns[2]));
}

TEST(Settings, WithoutPrefix_ItIs24) { EXPECT_EQ(24, Parse({"ip=10.0.0.2"}).settings.prefix); }

TEST(Settings, ToolstacksAddress_CountsOnlyWithoutAWord) {
  EXPECT_EQ("10.0.0.7", Text(Parse({"x"}, 0, "10.0.0.7").settings.address));
  EXPECT_EQ("10.0.0.2", Text(Parse({"ip=10.0.0.2"}, 0, "10.0.0.7").settings.address));
  EXPECT_TRUE(Parse({"ip=dhcp"}, 0, "10.0.0.7").settings.dhcp);
}

TEST(Settings, SecondInterface_HasWordsOfItsOwn) {
  Parsed parsed = Parse({"ip=10.0.0.2", "ip1=10.1.0.2/8", "gw1=10.1.0.1"}, 1);

  EXPECT_EQ("10.1.0.2", Text(parsed.settings.address));
  EXPECT_EQ(8, parsed.settings.prefix);
  EXPECT_EQ("10.1.0.1", Text(parsed.settings.gateway));
  EXPECT_EQ("10.0.0.2", Text(Parse({"ip=10.0.0.2", "ip1=10.1.0.2/8"}).settings.address));
}

TEST(Settings, None_IsNoIpv4) {
  Parsed parsed = Parse({"ip=none"});

  EXPECT_FALSE(parsed.settings.dhcp);
  EXPECT_EQ("*", Text(parsed.settings.address));
}

TEST(Settings, NoWordsAtAll_AreDhcp) {
  at_ip_settings settings;
  const char *error;

  EXPECT_EQ(AT_OK, at_ip_settings_parse(&settings, &error, nullptr, 0, nullptr));
  EXPECT_TRUE(settings.dhcp);
}

TEST(Settings, Mistakes_AreNamed) {
  const struct {
    std::vector<const char *> words;
    const char *sentence;
  } cases[] = {
      {{"ip=10.0.0.300"}, "neither an address"},
      {{"ip=10.0.0.2/33"}, "after the slash"},
      {{"ip=10.0.0.2/"}, "after the slash"},
      {{"ip=10.0.0.2/1x"}, "after the slash"},
      {{"ip=10.0.0.2/-1"}, "after the slash"},
      {{"ip=10.0.0.2,10.0.0.3"}, "two IPv4 addresses"},
      {{"ip=10.0.0.2,dhcp"}, "and dhcp"},
      {{"ip=2001:db8::1/48"}, "another prefix"},
      {{"ip=eth0"}, "neither an address"},
      {{"ip=10.0.0.2", "gw=router"}, "gw= does not name"},
      {{"ip=10.0.0.2", "gw=fe80::1"}, "gw= does not name"},
      {{"gw=10.0.0.1"}, "gw= needs"},
      {{"dns=1.1.1.1,,2.2.2.2"}, "not an address"},
      {{"dns=1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5"}, "more servers"},
      {{"dns=name"}, "not an address"},
      {{"dns=0000000000000000000000000000000000000000000000000000000000000000000000001"}, "not an address"},
      {{"ip=0000000000000000000000000000000000000000000000000000000000000000000000001"}, "too long"},
  };

  for (const auto &c : cases) {
    SCOPED_TRACE(c.words.back());
    Parsed parsed = Parse(c.words);

    EXPECT_EQ(AT_INVALID, parsed.status);
    EXPECT_NE(std::string::npos, parsed.error.find(c.sentence)) << parsed.error;
  }
}

/* Found by settings_fuzz: what followed a blank was not looked at, and this address of IPv4 had an IPv6 prefix of 64.
 */
TEST(Settings, BlankInAnAddress_IsAMistake) {
  for (const char *word : {"ip=10.0.0.2\n:", "ip=10.0.0.2 ", "ip=10.0.0.2\t/24", "ip= 10.0.0.2", "ip=2001:db8::2\r"}) {
    EXPECT_EQ(AT_INVALID, Parse({word}).status) << word;
  }
}

/* As was what followed an IPv6 address's last digit. */
TEST(Settings, AddressWithSomethingBehindIt_IsAMistake) {
  at_ip_address address;

  for (const char *text : {"2001:db8::1zz", "2001:db8::2x", "2001:db8::1/64", "fe80::1%1", "::1]", "::g", "1::-"}) {
    EXPECT_EQ(AT_INVALID, at_ip_address_parse(&address, text)) << text;
  }
  for (const char *text : {"2001:db8::1", "::", "::ffff:1.2.3.4", "FE80::abCD", "0x7f.1", "10.0.0.2"}) {
    EXPECT_EQ(AT_OK, at_ip_address_parse(&address, text)) << text;
  }
  EXPECT_EQ(AT_INVALID, Parse({"ip=2001:db8::2x"}).status);
  EXPECT_EQ(AT_OK, Parse({"ip=2001:db8::2/64"}).status);
}

}  // namespace
