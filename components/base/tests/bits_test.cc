// SPDX-License-Identifier: ISC
// The contract of <atman/base/bits.h>, at the edges of the numbers.

#include <atman/base/bits.h>

#include "gtest/gtest.h"

namespace {

TEST(Bits, PowersOfTwo_AreToldFromTheRest) {
  EXPECT_FALSE(at_bits_is_power_of_two(0));
  for (unsigned bit = 0; bit < 64; ++bit) {
    uint64_t power = UINT64_C(1) << bit;
    EXPECT_TRUE(at_bits_is_power_of_two(power)) << bit;
    EXPECT_EQ(at_bits_is_power_of_two(power | 1), bit == 0) << bit;
  }
  EXPECT_FALSE(at_bits_is_power_of_two(UINT64_MAX));
}

TEST(Bits, LowestAndHighest_AreFoundInEveryPlace) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    EXPECT_EQ(at_bits_lowest(UINT64_MAX << bit), bit);
    EXPECT_EQ(at_bits_highest(UINT64_MAX >> (63 - bit)), bit);
  }
}

TEST(Bits, Alignment_AtTheEdges) {
  const struct {
    const char *what;
    uintptr_t value, alignment, down, up;
  } cases[] = {
      {"zero", 0, 4096, 0, 0},
      {"one", 1, 4096, 0, 4096},
      {"just below", 4095, 4096, 0, 4096},
      {"aligned already", 4096, 4096, 4096, 4096},
      {"alignment of one", 12345, 1, 12345, 12345},
      {"the last multiple", UINTPTR_MAX - 4095, 4096, UINTPTR_MAX - 4095, UINTPTR_MAX - 4095},
      {"no multiple above", UINTPTR_MAX - 4094, 4096, UINTPTR_MAX - 4095, 0},
      {"the end", UINTPTR_MAX, 4096, UINTPTR_MAX - 4095, 0},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(at_bits_align_down(c.value, c.alignment), c.down);
    EXPECT_EQ(at_bits_align_up(c.value, c.alignment), c.up);
    EXPECT_EQ(at_bits_is_aligned(c.value, c.alignment), c.value == c.down);
  }
}

TEST(Bits, Arithmetic_SaysWhenItDoesNotFit) {
  const size_t half = SIZE_MAX / 2 + 1;
  size_t result = 0;
  EXPECT_TRUE(at_bits_add(&result, 2, 3));
  EXPECT_EQ(result, 5u);
  EXPECT_TRUE(at_bits_add(&result, SIZE_MAX, 0));
  EXPECT_EQ(result, SIZE_MAX);
  EXPECT_FALSE(at_bits_add(&result, SIZE_MAX, 1));
  EXPECT_FALSE(at_bits_add(&result, half, half));
  EXPECT_TRUE(at_bits_multiply(&result, half, 1));
  EXPECT_EQ(result, half);
  EXPECT_TRUE(at_bits_multiply(&result, SIZE_MAX, 0));
  EXPECT_EQ(result, 0u);
  EXPECT_FALSE(at_bits_multiply(&result, half, 2));
  EXPECT_FALSE(at_bits_multiply(&result, SIZE_MAX, SIZE_MAX));
}

TEST(Bits, CountOf_CountsElements) {
  const uint64_t numbers[7] = {};
  EXPECT_EQ(AT_COUNT_OF(numbers), 7u);
}

}  // namespace
