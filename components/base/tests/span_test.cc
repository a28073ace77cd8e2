// SPDX-License-Identifier: ISC
// The contract of <atman/base/span.h>: no offset and no size, however hostile, gets out of a span.

#include <atman/base/span.h>

#include "gtest/gtest.h"

namespace {

constexpr size_t kHuge = SIZE_MAX;

const struct {
  const char *what;
  size_t offset, size;
  at_status status;
} kCases[] = {
    {"all of it", 0, 8, AT_OK},
    {"nothing at the start", 0, 0, AT_OK},
    {"nothing at the end", 8, 0, AT_OK},
    {"the middle", 2, 3, AT_OK},
    {"the last byte", 7, 1, AT_OK},
    {"one too many", 0, 9, AT_RANGE},
    {"one past the end", 8, 1, AT_RANGE},
    {"nothing beyond the end", 9, 0, AT_RANGE},
    {"a sum that wraps to 0", 1, kHuge, AT_RANGE},
    {"a sum that wraps to the inside", kHuge, 2, AT_RANGE},
    {"both as large as can be", kHuge, kHuge, AT_RANGE},
};

TEST(Span, Sub_StaysInside) {
  uint8_t bytes[8];
  for (const auto &c : kCases) {
    SCOPED_TRACE(c.what);
    uint8_t other;
    at_span sub = at_span_of(&other, 1);
    ASSERT_EQ(at_span_sub(&sub, at_span_of(bytes, sizeof bytes), c.offset, c.size), c.status);
    EXPECT_EQ(sub.data, c.status == AT_OK ? bytes + c.offset : &other);
    EXPECT_EQ(sub.size, c.status == AT_OK ? c.size : 1u);
  }
}

TEST(Span, ConstSub_StaysInside) {
  const uint8_t bytes[8] = {};
  for (const auto &c : kCases) {
    SCOPED_TRACE(c.what);
    const uint8_t other = 0;
    at_const_span sub = at_const_span_of(&other, 1);
    ASSERT_EQ(at_const_span_sub(&sub, at_const_span_of(bytes, sizeof bytes), c.offset, c.size), c.status);
    EXPECT_EQ(sub.data, c.status == AT_OK ? bytes + c.offset : &other);
    EXPECT_EQ(sub.size, c.status == AT_OK ? c.size : 1u);
  }
}

TEST(Span, EmptySpanWithoutData_HasOneSub) {
  at_span sub = at_span_of(nullptr, 0);
  EXPECT_EQ(at_span_sub(&sub, sub, 0, 0), AT_OK);
  EXPECT_EQ(at_span_sub(&sub, sub, 0, 1), AT_RANGE);
  EXPECT_EQ(at_span_sub(&sub, sub, 1, 0), AT_RANGE);
}

TEST(Span, Sub_MayReplaceItsOwnSource) {
  uint8_t bytes[4];
  at_span span = at_span_of(bytes, sizeof bytes);
  ASSERT_EQ(at_span_sub(&span, span, 1, 3), AT_OK);
  ASSERT_EQ(at_span_sub(&span, span, 1, 2), AT_OK);
  EXPECT_EQ(span.data, bytes + 2);
  EXPECT_EQ(span.size, 2u);
}

TEST(Span, Readonly_SeesTheSameBytes) {
  uint8_t bytes[4];
  at_const_span span = at_span_readonly(at_span_of(bytes, sizeof bytes));
  EXPECT_EQ(span.data, bytes);
  EXPECT_EQ(span.size, sizeof bytes);
}

}  // namespace
