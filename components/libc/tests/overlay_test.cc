// SPDX-License-Identifier: ISC
// The overlay's syscall_arch.h: every argument arrives in its place, those that a call does not take as 0.

#include <array>

#include "components/libc/arch/syscall_arch.h"
#include "gtest/gtest.h"

namespace {

using Arguments = std::array<long, 7>;

Arguments called;

}  // namespace

long at_libc_syscall(long number, long a1, long a2, long a3, long a4, long a5, long a6) {
  called = {number, a1, a2, a3, a4, a5, a6};
  return -38;
}

namespace {

TEST(Overlay, Arguments_ArriveInTheirPlaces) {
  EXPECT_EQ(__syscall0(9), -38);
  EXPECT_EQ(called, (Arguments{9, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(__syscall1(9, 1), -38);
  EXPECT_EQ(called, (Arguments{9, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(__syscall2(9, 1, 2), -38);
  EXPECT_EQ(called, (Arguments{9, 1, 2, 0, 0, 0, 0}));
  EXPECT_EQ(__syscall3(9, 1, 2, 3), -38);
  EXPECT_EQ(called, (Arguments{9, 1, 2, 3, 0, 0, 0}));
  EXPECT_EQ(__syscall4(9, 1, 2, 3, 4), -38);
  EXPECT_EQ(called, (Arguments{9, 1, 2, 3, 4, 0, 0}));
  EXPECT_EQ(__syscall5(9, 1, 2, 3, 4, 5), -38);
  EXPECT_EQ(called, (Arguments{9, 1, 2, 3, 4, 5, 0}));
  EXPECT_EQ(__syscall6(9, 1, 2, 3, 4, 5, 6), -38);
  EXPECT_EQ(called, (Arguments{9, 1, 2, 3, 4, 5, 6}));
}

}  // namespace
