// SPDX-License-Identifier: ISC
// The table of descriptors when it grows for the first time, which happens once in a program.

#include <errno.h>
#include <fcntl.h>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
int guest_close(int);
int guest_dup2(int, int);
int guest_fcntl(int, int, ...);
}

namespace {

constexpr int kBeyond = 16;  // the first for which it grows

TEST(Table, ThatCannotGrow_IsEnomem) {
  FailAllocation(1);
  EXPECT_EQ(guest_fcntl(1, F_DUPFD, kBeyond), -1);
  EXPECT_EQ(GuestErrno(), ENOMEM);
  FailAllocation(1);
  GuestErrno() = 0;
  EXPECT_EQ(guest_dup2(1, kBeyond), -1);
  EXPECT_EQ(GuestErrno(), ENOMEM);
  FailAllocation(0);
  EXPECT_EQ(LiveObjects(), 0u);
  EXPECT_EQ(guest_dup2(1, kBeyond), kBeyond);
  EXPECT_EQ(LiveObjects(), 1u);
  EXPECT_EQ(guest_close(kBeyond), 0);
}

}  // namespace
