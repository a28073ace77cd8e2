// SPDX-License-Identifier: ISC
// What examples/net prints about a frame, byte for byte: others parse these lines.

#include "examples/net_line.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace {

std::string Line(const std::vector<uint8_t> &frame) {
  // One byte longer than promised, to see that it is left alone.
  std::vector<char> line(NET_LINE_SIZE + 1, '#');
  net_line(line.data(), frame.data(), frame.size());
  EXPECT_EQ(line[NET_LINE_SIZE], '#');
  return line.data();
}

std::vector<uint8_t> Frame(uint16_t type) {
  std::vector<uint8_t> frame = {0x00, 0x16, 0x3e, 0x4d, 0x4e, 0x04, 0x08, 0x00, 0x27, 0xa2, 0x0c, 0x15};
  frame.push_back(static_cast<uint8_t>(type >> 8));
  frame.push_back(static_cast<uint8_t>(type));
  return frame;
}

TEST(NetLine, Types_AreNamedOrStandForThemselves) {
  const struct {
    uint16_t type;
    const char *text;
  } cases[] = {
      {0x0800, "type=0x0800 (IPV4)"},   {0x0806, "type=0x0806 (ARP)"},    {0x8100, "type=0x8100 (VLAN)"},
      {0x86dd, "type=0x86dd (IPV6)"},   {0x88cc, "type=0x88cc (0x88cc)"}, {0x0026, "type=0x0026 (0x0026)"},
      {0x0000, "type=0x0000 (0x0000)"}, {0xffff, "type=0xffff (0xffff)"},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Line(Frame(c.type)),
              std::string("rx: packet from=\"08:00:27:a2:0c:15\" to=\"00:16:3e:4d:4e:04\" ") + c.text + "\n");
  }
}

TEST(NetLine, FrameOfAHeaderOnly_IsAPacket_AndOneByteLessIsARunt) {
  std::vector<uint8_t> frame = Frame(0x0800);
  ASSERT_EQ(frame.size(), 14u);
  EXPECT_EQ(Line(frame).substr(0, 10), "rx: packet");
  frame.pop_back();
  EXPECT_EQ(Line(frame), "rx: runt, shorter than an Ethernet header\n");
  EXPECT_EQ(Line({}), "rx: runt, shorter than an Ethernet header\n");
}

TEST(NetLine, Mac_IsLowerCaseWithColons) {
  const uint8_t mac[6] = {0xAB, 0xCD, 0xEF, 0x01, 0x02, 0xFF};
  char text[NET_MAC_SIZE];
  EXPECT_EQ(net_mac(text, mac), text + 17);
  EXPECT_STREQ(text, "ab:cd:ef:01:02:ff");
}

}  // namespace
