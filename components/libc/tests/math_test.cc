// SPDX-License-Identifier: ISC
// <math.h>: upstream's functions are there and are what they are called; the host's say what is right.

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

extern "C" {
double guest_sqrt(double);
double guest_floor(double);
double guest_ceil(double);
double guest_trunc(double);
double guest_rint(double);
double guest_fabs(double);
double guest_sin(double);
double guest_cos(double);
double guest_tan(double);
double guest_atan(double);
double guest_exp(double);
double guest_log(double);
double guest_log10(double);
double guest_log2(double);
double guest_cbrt(double);
double guest_tanh(double);
double guest_pow(double, double);
double guest_fmod(double, double);
double guest_atan2(double, double);
double guest_hypot(double, double);
float guest_sqrtf(float);
float guest_sinf(float);
long double guest_expl(long double);
long double guest_logl(long double);
double guest_frexp(double, int *);
double guest_ldexp(double, int);
double guest_modf(double, double *);
long guest_lround(double);
int guest_fegetround();
}

namespace {

const double kValues[] = {0.0,
                          -0.0,
                          1.0,
                          -1.0,
                          0.5,
                          2.0,
                          3.75,
                          -2.5,
                          1e-310,
                          1e-5,
                          0.7853981633974483,
                          10.0,
                          100.25,
                          700.0,
                          1e15,
                          -1e9,
                          4503599627370497.5,
                          1e300,
                          INFINITY,
                          -INFINITY,
                          NAN};

// Equal, both no number, or next to each other: upstream and the host round the last bit as they like.
void ExpectClose(double guest, double host) {
  if (std::isnan(host)) {
    EXPECT_TRUE(std::isnan(guest)) << guest;
  } else {
    EXPECT_DOUBLE_EQ(guest, host);
    EXPECT_EQ(std::signbit(guest), std::signbit(host));
  }
}

TEST(Math, OneArgument_AsTheHosts) {
  using Function = double (*)(double);
  const struct {
    const char *name;
    Function guest, host;
  } cases[] = {
      {"sqrt", guest_sqrt, sqrt},    {"floor", guest_floor, floor}, {"ceil", guest_ceil, ceil},
      {"trunc", guest_trunc, trunc}, {"rint", guest_rint, rint},    {"fabs", guest_fabs, fabs},
      {"sin", guest_sin, sin},       {"cos", guest_cos, cos},       {"tan", guest_tan, tan},
      {"atan", guest_atan, atan},    {"exp", guest_exp, exp},       {"log", guest_log, log},
      {"log10", guest_log10, log10}, {"log2", guest_log2, log2},    {"cbrt", guest_cbrt, cbrt},
      {"tanh", guest_tanh, tanh},
  };
  for (const auto &c : cases) {
    for (double value : kValues) {
      SCOPED_TRACE(testing::Message() << c.name << " of " << value);
      ExpectClose(c.guest(value), c.host(value));
    }
  }
}

TEST(Math, TwoArguments_AsTheHosts) {
  using Function = double (*)(double, double);
  const struct {
    const char *name;
    Function guest, host;
  } cases[] = {
      {"pow", guest_pow, pow},
      {"fmod", guest_fmod, fmod},
      {"atan2", guest_atan2, atan2},
      {"hypot", guest_hypot, hypot},
  };
  for (const auto &c : cases) {
    for (double a : kValues) {
      for (double b : kValues) {
        SCOPED_TRACE(testing::Message() << c.name << " of " << a << " and " << b);
        ExpectClose(c.guest(a, b), c.host(a, b));
      }
    }
  }
}

TEST(Math, OtherWidthsAndParts) {
  EXPECT_EQ(guest_sqrtf(2.0f), sqrtf(2.0f));
  EXPECT_FLOAT_EQ(guest_sinf(1.0f), sinf(1.0f));
  EXPECT_NEAR(static_cast<double>(guest_logl(guest_expl(3.5L))), 3.5, 1e-17);
  int exponent;
  EXPECT_EQ(guest_frexp(48.0, &exponent), 0.75);
  EXPECT_EQ(exponent, 6);
  EXPECT_EQ(guest_ldexp(0.75, 6), 48.0);
  double whole;
  EXPECT_EQ(guest_modf(-3.25, &whole), -0.25);
  EXPECT_EQ(whole, -3.0);
  EXPECT_EQ(guest_lround(2.5), 3);
  EXPECT_EQ(guest_fegetround(), 0) << "to nearest";
}

}  // namespace
