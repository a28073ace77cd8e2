// SPDX-License-Identifier: ISC
// The contract of <atman/base/status.h>: every status has its own name, and no other number has one.

#include <atman/base/status.h>

#include <climits>

#include "gtest/gtest.h"

namespace {

TEST(Status, EveryCode_IsNamedAsItIsSpelt) {
#define CODE(code) \
  { code, #code }
  const struct {
    at_status status;
    const char *name;
  } cases[] = {
      CODE(AT_OK),      CODE(AT_INVALID),   CODE(AT_NO_MEMORY),   CODE(AT_NO_SPACE),  CODE(AT_NOT_FOUND),
      CODE(AT_EXISTS),  CODE(AT_BUSY),      CODE(AT_AGAIN),       CODE(AT_TIMED_OUT), CODE(AT_CLOSED),
      CODE(AT_DENIED),  CODE(AT_PROTOCOL),  CODE(AT_UNSUPPORTED), CODE(AT_RANGE),     CODE(AT_IO),
      CODE(AT_TOO_BIG), CODE(AT_CANCELLED), CODE(AT_DEADLOCK),    CODE(AT_QUOTA),
  };
#undef CODE
  int expected = 0;
  for (const auto &c : cases) {
    EXPECT_EQ(c.status, expected--) << c.name << " leaves a hole in the numbers";
    EXPECT_STREQ(at_status_name(c.status), c.name);
  }
  EXPECT_STREQ(at_status_name(expected), "AT_UNKNOWN") << "a status is missing in this table";
}

TEST(Status, NumbersThatAreNoStatus_AreUnknown) {
  for (int number : {1, 4096, INT_MAX, -19, -4096, INT_MIN + 1, INT_MIN}) {
    EXPECT_STREQ(at_status_name(number), "AT_UNKNOWN") << number;
  }
}

}  // namespace
