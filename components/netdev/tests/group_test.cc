/* SPDX-License-Identifier: ISC */
#include <cstring>

#include <atman/netdev/group.h>

#include "gtest/gtest.h"

namespace {

const uint8_t kGroup[AT_NETDEV_MAC_SIZE] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb};

/* A device of which only the filter is there: it notes what it is told, and answers what the test says. */
struct Filter {
  struct at_netdev_info info = {};
  uint8_t mac[AT_NETDEV_MAC_SIZE] = {};
  int joins = 0, leaves = 0;
  at_status answer = AT_OK;

  at_netdev netdev() {
    static const at_netdev_ops ops = {
        [](void *ctx) -> const struct at_netdev_info *{return &static_cast<Filter *>(ctx)->info;
  }
  , nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
};

return {&ops, this};
}  // namespace
}
;

at_status Note(void *ctx, const uint8_t mac[AT_NETDEV_MAC_SIZE], bool joins) {
  Filter *filter = static_cast<Filter *>(ctx);

  memcpy(filter->mac, mac, AT_NETDEV_MAC_SIZE);
  ++(joins ? filter->joins : filter->leaves);
  return filter->answer;
}

TEST(GroupTest, DeviceWithoutAFilter_SaysThatItDeliversEverything) {
  Filter device;

  EXPECT_EQ(AT_UNSUPPORTED, at_netdev_group_join(device.netdev(), kGroup));
  EXPECT_EQ(AT_UNSUPPORTED, at_netdev_group_leave(device.netdev(), kGroup));
}

TEST(GroupTest, DeviceWithAFilter_IsToldWhichGroupAndGivesTheAnswer) {
  Filter device;

  device.info.group = Note;
  EXPECT_EQ(AT_OK, at_netdev_group_join(device.netdev(), kGroup));
  EXPECT_EQ(1, device.joins);
  EXPECT_EQ(0, memcmp(kGroup, device.mac, sizeof(kGroup)));
  device.answer = AT_NOT_FOUND;
  EXPECT_EQ(AT_NOT_FOUND, at_netdev_group_leave(device.netdev(), kGroup));
  EXPECT_EQ(1, device.leaves);
  EXPECT_EQ(1, device.joins);
}

}  // namespace
