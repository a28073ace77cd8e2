// SPDX-License-Identifier: ISC
// <stdlib.h> and <inttypes.h>: numbers from text, sorting and searching, as the host does them.

#include <inttypes.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <vector>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
decltype(strtol) guest_strtol;
decltype(strtoul) guest_strtoul;
decltype(strtoll) guest_strtoll;
decltype(strtoull) guest_strtoull;
decltype(strtoimax) guest_strtoimax;
decltype(strtoumax) guest_strtoumax;
int guest_atoi(const char *);
long guest_atol(const char *);
long long guest_atoll(const char *);
int guest_abs(int);
long guest_labs(long);
long long guest_llabs(long long);
intmax_t guest_imaxabs(intmax_t);
div_t guest_div(int, int);
ldiv_t guest_ldiv(long, long);
lldiv_t guest_lldiv(long long, long long);
imaxdiv_t guest_imaxdiv(intmax_t, intmax_t);
void guest_qsort(void *, size_t, size_t, int (*)(const void *, const void *));
void guest_qsort_r(void *, size_t, size_t, int (*)(const void *, const void *, void *), void *);
void *guest_bsearch(const void *, const void *, size_t, size_t, int (*)(const void *, const void *));
}

namespace {

// Values, where they end, and the error, for every base that there is and some that there are not.
template <typename T>
void ExpectAsHost(T (*guest)(const char *, char **, int), T (*host)(const char *, char **, int)) {
  for (const char *text : {"0",
                           "7",
                           "-7",
                           "+7",
                           " \t\n42",
                           "  - 1",
                           "",
                           " ",
                           "-",
                           "+",
                           "x",
                           "0x",
                           "0X1f",
                           "0xg",
                           "-0x10",
                           "010",
                           "08",
                           "z",
                           "Zz",
                           "12abc",
                           "2147483647",
                           "2147483648",
                           "-2147483648",
                           "4294967295",
                           "4294967296",
                           "9223372036854775807",
                           "9223372036854775808",
                           "-9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551615",
                           "18446744073709551616",
                           "-18446744073709551615",
                           "99999999999999999999999999",
                           "-99999999999999999999999999",
                           "0x7fffffffffffffff",
                           "0xffffffffffffffffff"}) {
    for (int base : {0, 2, 3, 8, 10, 16, 35, 36}) {
      SCOPED_TRACE(testing::Message() << '"' << text << "\" in base " << base);
      char *expected_end = nullptr;
      char *end = nullptr;
      errno = 0;
      GuestErrno() = 0;
      const T expected = host(text, &expected_end, base);
      const int expected_error = errno;
      EXPECT_EQ(guest(text, &end, base), expected);
      EXPECT_EQ(end - text, expected_end - text);
      // The host leaves errno alone where there is no number, musl says EINVAL; both may.
      EXPECT_EQ(GuestErrno(), expected_error == 0 && expected_end == text ? GuestErrno() : expected_error);
    }
  }
  for (int base : {1, 37, -1}) {
    GuestErrno() = 0;
    EXPECT_EQ(guest("10", nullptr, base), T{0});
    EXPECT_EQ(GuestErrno(), EINVAL) << "base " << base;
  }
}

TEST(Stdlib, Numbers_AsHost) {
  ExpectAsHost<long>(guest_strtol, strtol);
  ExpectAsHost<unsigned long>(guest_strtoul, strtoul);
  ExpectAsHost<long long>(guest_strtoll, strtoll);
  ExpectAsHost<unsigned long long>(guest_strtoull, strtoull);
  ExpectAsHost<intmax_t>(guest_strtoimax, strtoimax);
  ExpectAsHost<uintmax_t>(guest_strtoumax, strtoumax);
}

TEST(Stdlib, PlainNumbers_AsHost) {
  for (const char *text : {"0", "12", "-12", "+3", "  99 bottles", "", "none", "2147483647", "-2147483648"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(guest_atoi(text), atoi(text));
    EXPECT_EQ(guest_atol(text), atol(text));
    EXPECT_EQ(guest_atoll(text), atoll(text));
  }
  EXPECT_EQ(guest_atol("-9223372036854775808"), LONG_MIN);
  EXPECT_EQ(guest_atoll("9223372036854775807"), LLONG_MAX);
}

TEST(Stdlib, Arithmetic_TruncatesTowardsZero) {
  EXPECT_EQ(guest_abs(-5), 5);
  EXPECT_EQ(guest_labs(LONG_MIN + 1), LONG_MAX);
  EXPECT_EQ(guest_llabs(-5), 5);
  EXPECT_EQ(guest_imaxabs(5), 5);
  for (int n : {7, -7}) {
    for (int d : {2, -2}) {
      SCOPED_TRACE(testing::Message() << n << '/' << d);
      EXPECT_EQ(guest_div(n, d).quot, n / d);
      EXPECT_EQ(guest_div(n, d).rem, n % d);
      EXPECT_EQ(guest_ldiv(n, d).quot, n / d);
      EXPECT_EQ(guest_ldiv(n, d).rem, n % d);
      EXPECT_EQ(guest_lldiv(n, d).quot, n / d);
      EXPECT_EQ(guest_lldiv(n, d).rem, n % d);
      EXPECT_EQ(guest_imaxdiv(n, d).quot, n / d);
      EXPECT_EQ(guest_imaxdiv(n, d).rem, n % d);
    }
  }
}

// An element of a width that is no power of two, so that whatever the sort moves in words is tried.
template <size_t kWidth>
struct Element {
  unsigned char bytes[kWidth];
};

template <size_t kWidth>
int Compare(const void *a, const void *b) {
  return memcmp(a, b, kWidth);
}

template <size_t kWidth>
int CompareBackwards(const void *a, const void *b, void *calls) {
  ++*static_cast<size_t *>(calls);
  return memcmp(b, a, kWidth);
}

template <size_t kWidth>
void SortEverySize() {
  using E = Element<kWidth>;
  uint32_t random = 1;
  for (size_t count = 0; count <= 200; ++count) {
    SCOPED_TRACE(testing::Message() << count << " elements of " << kWidth);
    for (unsigned distinct : {1u, 3u, 256u}) {
      std::vector<E> sorted(count);
      for (E &element : sorted) {
        for (unsigned char &byte : element.bytes) {
          random = random * 1664525 + 1013904223;
          byte = static_cast<unsigned char>((random >> 16) % distinct);
        }
      }
      std::vector<E> actual = sorted;
      const auto less = [](const E &a, const E &b) { return Compare<kWidth>(&a, &b) < 0; };
      std::sort(sorted.begin(), sorted.end(), less);
      guest_qsort(actual.data(), count, kWidth, Compare<kWidth>);
      ASSERT_TRUE(count == 0 || memcmp(actual.data(), sorted.data(), count * kWidth) == 0);
      size_t calls = 0;
      guest_qsort_r(actual.data(), count, kWidth, CompareBackwards<kWidth>, &calls);
      std::reverse(sorted.begin(), sorted.end());
      ASSERT_TRUE(count == 0 || memcmp(actual.data(), sorted.data(), count * kWidth) == 0);
      ASSERT_TRUE(count < 2 || calls >= count - 1);
    }
  }
}

TEST(Stdlib, Qsort_EverySizeAndWidth) {
  SortEverySize<1>();
  SortEverySize<4>();
  SortEverySize<8>();
  SortEverySize<13>();
  SortEverySize<300>();  // more than the 256 bytes that musl moves at a time
}

int CompareInts(const void *a, const void *b) {
  const int x = *static_cast<const int *>(a);
  const int y = *static_cast<const int *>(b);
  return (x > y) - (x < y);
}

TEST(Stdlib, Bsearch_FindsWhatIsThere) {
  int table[100];
  for (int i = 0; i < 100; ++i) table[i] = 2 * i;
  for (size_t count = 0; count <= 100; ++count) {
    for (int key = -1; key <= 200; ++key) {
      const bool there = key >= 0 && key % 2 == 0 && key / 2 < static_cast<int>(count);
      ASSERT_EQ(guest_bsearch(&key, table, count, sizeof table[0], CompareInts), there ? &table[key / 2] : nullptr);
    }
  }
}

}  // namespace
