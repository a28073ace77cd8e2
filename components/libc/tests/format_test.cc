// SPDX-License-Identifier: ISC
// snprintf and its family: musl's answer is the host's, for every conversion, into a buffer of any size.

#include <climits>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
decltype(snprintf) guest_snprintf;
decltype(sprintf) guest_sprintf;
decltype(vsnprintf) guest_vsnprintf;
decltype(vsprintf) guest_vsprintf;
}

namespace {

constexpr char kUntouched = '\x5a';

// The result and the whole buffer, also what lies behind the text, are those of the host.
template <typename... Args>
void ExpectAsHost(const char *format, Args... args) {
  for (size_t size : {0, 1, 2, 3, 7, 8, 20, 21, 63, 1024}) {
    SCOPED_TRACE(testing::Message() << '"' << format << "\" into " << size << " bytes");
    std::string expected(1200, kUntouched);
    std::string actual(1200, kUntouched);
    const int expected_length = snprintf(&expected[0], size, format, args...);
    EXPECT_EQ(guest_snprintf(&actual[0], size, format, args...), expected_length);
    if (size != 0) {
      EXPECT_STREQ(actual.c_str(), expected.c_str());
    }
    EXPECT_TRUE(actual == expected) << "something lies behind the text";
  }
}

template <typename... Args>
std::string Format(const char *format, Args... args) {
  char text[512];
  const int length = guest_snprintf(text, sizeof text, format, args...);
  return length < 0 ? "error" : text;
}

TEST(Format, Text_IsCopied) {
  const int unused = 0;  // without an argument compilers suspect the format
  ExpectAsHost("", unused);
  ExpectAsHost("plain", unused);
  ExpectAsHost("100%% of it%%", unused);
}

// Every flag with every width and precision, for each of the integer conversions.
template <typename T>
void ExpectIntegersAsHost(const char *length, std::initializer_list<T> values) {
  for (const char *flags : {"", "-", "0", "+", " ", "#", "-#", "0#", "+0", "- ", "+-"}) {
    for (const char *size : {"", "1", "5", "24", ".0", ".1", ".5", ".24", "8.3", "3.8", "30.25", "."}) {
      for (const char *conversion : {"d", "i", "u", "x", "X", "o"}) {
        const std::string format = std::string("<%") + flags + size + length + conversion + ">";
        for (T value : values) ExpectAsHost(format.c_str(), value);
      }
    }
  }
}

TEST(Format, Int_AsHost) { ExpectIntegersAsHost<int>("", {0, 1, -1, 42, INT_MAX, INT_MIN}); }

TEST(Format, Long_AsHost) { ExpectIntegersAsHost<long>("l", {0, 7, -7, LONG_MAX, LONG_MIN}); }

TEST(Format, LongLong_AsHost) { ExpectIntegersAsHost<long long>("ll", {0, 1234567890123, LLONG_MIN, LLONG_MAX}); }

TEST(Format, ShortAndChar_AreCutToSize) {
  ExpectIntegersAsHost<int>("h", {0, 65535, 65536 + 9, -32769});
  ExpectIntegersAsHost<int>("hh", {0, 255, 256 + 9, -129});
}

TEST(Format, OtherSizes_AsHost) {
  ExpectAsHost("%zu %zd %zx", SIZE_MAX, static_cast<ssize_t>(-3), size_t{0xabc});
  ExpectAsHost("%jd %ju", INTMAX_MIN, UINTMAX_MAX);
  ExpectAsHost("%td", static_cast<ptrdiff_t>(-1));
  ExpectAsHost("%d %u %lld %s", 1, 2u, 3LL, "four");
}

TEST(Format, Strings_AsHost) {
  for (const char *text : {"", "a", "twelve bytes", "a rather long text that has more than sixty-four bytes in all"}) {
    for (const char *format : {"%s", "<%20s>", "<%-20s>", "<%.0s>", "<%.3s>", "<%-8.3s>", "<%8.3s>", "%.100s"}) {
      ExpectAsHost(format, text);
    }
  }
  const char unterminated[] = {'a', 'b', 'c'};
  ExpectAsHost("%.3s", unterminated);
  EXPECT_EQ(Format("%s", static_cast<const char *>(nullptr)), "(null)");
  ExpectAsHost("%ls|%.2ls|%5ls", L"wide", L"wide", L"abc");
}

TEST(Format, Characters_AsHost) {
  ExpectAsHost("%c%c%c", 'x', '\n', '%');
  ExpectAsHost("<%5c><%-5c>", 'a', 'b');
  ExpectAsHost("%lc", static_cast<wint_t>('w'));
  char text[8] = "";
  EXPECT_EQ(guest_snprintf(text, sizeof text, "a%cb", 0), 3);
  EXPECT_EQ(std::string(text, 4), std::string("a\0b\0", 4)) << "a zero byte is a character like others";
}

TEST(Format, WidthAndPrecision_FromArguments) {
  for (int width : {0, 1, 12, -12, 40}) {
    for (int precision : {-1, 0, 1, 6, 30}) {
      ExpectAsHost("<%*.*d>", width, precision, 1234);
      ExpectAsHost("<%-*.*s>", width, precision, "some text");
    }
  }
  ExpectAsHost("%2$s %1$d %2$s", 1, "two");
  ExpectAsHost("%1$*2$d", 7, 5);
}

TEST(Format, Pointers_AreHexadecimal) {
  EXPECT_EQ(Format("%p", reinterpret_cast<void *>(0x1234)), "0x1234");
  EXPECT_EQ(Format("%p", reinterpret_cast<void *>(UINTPTR_MAX)), "0xffffffffffffffff");
  EXPECT_EQ(Format("<%10p>", reinterpret_cast<void *>(0xab)), "<      0xab>");
  EXPECT_EQ(Format("%p", static_cast<void *>(nullptr)), "0");
}

TEST(Format, Floats_AsHost) {
  const double values[] = {0.0,
                           -0.0,
                           1.0,
                           -1.5,
                           0.1,
                           1.0 / 3,
                           2.5,
                           3.5,
                           9.9995,
                           1e10,
                           123456.7,
                           1e100,
                           1e-100,
                           1e300,
                           5e-324,
                           0x1p-1022,
                           0x1.fffffffffffffp1023,
                           std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()};
  for (const char *format : {"%f", "%e", "%g", "%F", "%E", "%G", "%.0f", "%.1f", "%.3f", "%.17g", "%.0e", "%#.0f",
                             "%#g", "%+f", "% e", "%020.3f", "%-20.3e|", "%12g", "%.40f"}) {
    for (double value : values) ExpectAsHost(format, value);
  }
  ExpectAsHost("%Lf %Le %Lg", 1.25L, 1e4000L, 0.1L);
  // The digit before the point is free where a number is not normal: there the libraries differ.
  for (const char *format : {"%a", "%A", "%.3a", "%.1a", "%30a", "%+a"}) {
    for (double value : {0.0, -0.0, 1.0, -1.5, 0.1, 1e100, 0x1.fffffffffffffp1023}) ExpectAsHost(format, value);
  }
}

TEST(Format, CountSoFar_IsStored) {
  int count = -1;
  long long wide = -1;
  EXPECT_EQ(Format("abc%n%d%lln", &count, 12345, &wide), "abc12345");
  EXPECT_EQ(count, 3);
  EXPECT_EQ(wide, 8);
}

TEST(Format, Errno_IsNamed) {
  GuestErrno() = EINVAL;
  EXPECT_EQ(Format("%m"), "Invalid argument");
}

TEST(Format, Errors_AreReported) {
  const struct {
    const char *what;
    const char *format;
    int error;
  } cases[] = {
      {"no such conversion", "%y", EINVAL},
      {"an end in the middle", "%", EINVAL},
      {"a length without a conversion", "%l", EINVAL},
      {"a width beyond int", "%2147483648d", EOVERFLOW},
      {"a precision beyond int", "%.2147483648d", EOVERFLOW},
      {"a result beyond int", "%2147483647d%d", EOVERFLOW},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    char text[32];
    GuestErrno() = 0;
    EXPECT_EQ(guest_snprintf(text, sizeof text, c.format, 1, 2), -1);
    EXPECT_EQ(GuestErrno(), c.error);
  }
  char text[8];
  GuestErrno() = 0;
  EXPECT_EQ(guest_snprintf(text, size_t{INT_MAX} + 1, "x"), -1);
  EXPECT_EQ(GuestErrno(), EOVERFLOW) << "a size beyond int";
  EXPECT_EQ(guest_snprintf(text, sizeof text, "%lc", static_cast<wint_t>(0x20ac)), -1);
  EXPECT_EQ(GuestErrno(), EILSEQ) << "a character that the C locale does not have";
}

int Vsnprintf(char *text, size_t size, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const int length = guest_vsnprintf(text, size, format, args);
  va_end(args);
  return length;
}

int Vsprintf(char *text, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const int length = guest_vsprintf(text, format, args);
  va_end(args);
  return length;
}

TEST(Format, Siblings_WriteTheSame) {
  char text[64];
  EXPECT_EQ(guest_sprintf(text, "%d %s", 7, "dwarfs"), 8);
  EXPECT_STREQ(text, "7 dwarfs");
  EXPECT_EQ(Vsnprintf(text, 4, "%d %s", 6, "dwarfs"), 8);
  EXPECT_STREQ(text, "6 d");
  EXPECT_EQ(Vsprintf(text, "%d %s", 5, "dwarfs"), 8);
  EXPECT_STREQ(text, "5 dwarfs");
}

}  // namespace
