// SPDX-License-Identifier: ISC
// The fast curve and signatures give what BearSSL's own give, for random numbers, numbers at the edges, and bad points.

#include <cstring>
#include <string>
#include <vector>

extern "C" {
#include "../src/cpu.h"
#include "../src/curves.h"
}

#include "gtest/gtest.h"

namespace {

using Number = std::vector<unsigned char>;  // 32 bytes, the most significant first
using Point = std::vector<unsigned char>;   // 65

constexpr int kCurve = BR_EC_secp256r1;

// A number that looks random: the hash of `seed`, halved so that it is below the curve's order.
Number Random(int seed) {
  Number out(32);
  br_sha256_context sha;
  br_sha256_init(&sha);
  br_sha256_update(&sha, &seed, sizeof seed);
  br_sha256_out(&sha, out.data());
  out[0] &= 0x7f;
  return out;
}

// One, two, single bits where the tables meet, all of the lower half, the order less one.
std::vector<Number> Edges() {
  std::vector<Number> edges;
  for (int bit : {0, 1, 31, 32, 33, 63, 64, 127, 128, 191, 192, 223, 224, 254}) {
    Number n(32, 0);
    n[31 - bit / 8] = static_cast<unsigned char>(1 << bit % 8);
    edges.push_back(n);
  }
  Number half(32, 0);
  std::fill(half.begin() + 16, half.end(), 0xff);
  edges.push_back(half);
  size_t size;
  const unsigned char *order = br_ec_p256_m31.order(kCurve, &size);
  Number last(order, order + size);
  last[31] -= 1;
  edges.push_back(last);
  for (int i = 0; i < 20; ++i) edges.push_back(Random(i));
  return edges;
}

Point Generated(const br_ec_impl &impl, const Number &x) {
  Point out(65);
  EXPECT_EQ(impl.mulgen(out.data(), x.data(), x.size(), kCurve), 65u);
  return out;
}

// On a CPU that can do nothing special, and on this one.
class CurvesTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) at_tls_cpu_look();
  }
  void TearDown() override { memset(OPENSSL_ia32cap_P, 0, sizeof OPENSSL_ia32cap_P); }
};

INSTANTIATE_TEST_SUITE_P(ThisCpu, CurvesTest, ::testing::Bool());

TEST_P(CurvesTest, Constants_AreBearSsls) {
  size_t mine, theirs;
  const unsigned char *a = at_tls_p256.generator(kCurve, &mine), *b = br_ec_p256_m31.generator(kCurve, &theirs);
  ASSERT_EQ(mine, theirs);
  EXPECT_EQ(memcmp(a, b, mine), 0);
  a = at_tls_p256.order(kCurve, &mine);
  b = br_ec_p256_m31.order(kCurve, &theirs);
  ASSERT_EQ(mine, theirs);
  EXPECT_EQ(memcmp(a, b, mine), 0);
  EXPECT_EQ(at_tls_p256.xoff(kCurve, &mine), br_ec_p256_m31.xoff(kCurve, &theirs));
  EXPECT_EQ(mine, theirs);
}

TEST_P(CurvesTest, Multiples_AreBearSsls) {
  const Point base = Generated(br_ec_p256_m31, Random(1000));
  for (const Number &x : Edges()) {
    SCOPED_TRACE(::testing::PrintToString(x));
    EXPECT_EQ(Generated(at_tls_p256, x), Generated(br_ec_p256_m31, x));
    Point mine = base, theirs = base;
    EXPECT_EQ(at_tls_p256.mul(mine.data(), 65, x.data(), 32, kCurve), 1u);
    EXPECT_EQ(br_ec_p256_m31.mul(theirs.data(), 65, x.data(), 32, kCurve), 1u);
    EXPECT_EQ(mine, theirs);
  }
}

TEST_P(CurvesTest, SumsOfMultiples_AreBearSsls) {
  const Point a = Generated(br_ec_p256_m31, Random(1)), b = Generated(br_ec_p256_m31, Random(2));
  const Number y = Random(3);
  for (const Number &x : Edges()) {
    for (const unsigned char *second : {static_cast<const unsigned char *>(nullptr), b.data(), a.data()}) {
      Point mine = a, theirs = a;
      const uint32_t ok = at_tls_p256.muladd(mine.data(), second, 65, x.data(), 32, y.data(), 32, kCurve);
      ASSERT_EQ(ok, br_ec_p256_m31.muladd(theirs.data(), second, 65, x.data(), 32, y.data(), 32, kCurve));
      EXPECT_EQ(mine, theirs);
    }
  }
}

TEST_P(CurvesTest, SumOfEqualPoints_IsTheDouble) {
  const Point a = Generated(br_ec_p256_m31, Random(1));
  const Number one = Edges()[0], two = Edges()[1];
  Point sum = a, twice = a;
  ASSERT_EQ(at_tls_p256.muladd(sum.data(), a.data(), 65, one.data(), 32, one.data(), 32, kCurve), 1u);
  ASSERT_EQ(at_tls_p256.mul(twice.data(), 65, two.data(), 32, kCurve), 1u);
  EXPECT_EQ(sum, twice);
}

TEST_P(CurvesTest, WhatIsNoPoint_IsRefused) {
  const Number x = Random(4);
  const Point good = Generated(br_ec_p256_m31, Random(5));
  std::vector<Point> bad(5, good);
  bad[0][40] ^= 1;                                    // beside the curve
  bad[1][0] = 2;                                      // compressed
  std::fill(bad[2].begin() + 1, bad[2].end(), 0xff);  // beyond the field
  std::fill(bad[3].begin() + 1, bad[3].end(), 0);     // nothing
  std::fill(bad[4].begin() + 1, bad[4].begin() + 33, 0xff);
  for (const Point &point : bad) {
    Point p = point;
    EXPECT_EQ(at_tls_p256.mul(p.data(), 65, x.data(), 32, kCurve), 0u);
    p = point;
    EXPECT_EQ(at_tls_p256.muladd(p.data(), nullptr, 65, x.data(), 32, x.data(), 32, kCurve), 0u);
  }
  Point p = good;
  const Number large(33, 1);
  EXPECT_EQ(at_tls_p256.mul(p.data(), 64, x.data(), 32, kCurve), 0u);
  EXPECT_EQ(at_tls_p256.mul(p.data(), 65, large.data(), 33, kCurve), 0u);
  EXPECT_EQ(at_tls_p256.mulgen(p.data(), large.data(), 33, kCurve), 0u);
  EXPECT_EQ(at_tls_p256.muladd(p.data(), nullptr, 64, x.data(), 32, x.data(), 32, kCurve), 0u);
  EXPECT_EQ(at_tls_p256.muladd(p.data(), nullptr, 65, large.data(), 33, x.data(), 32, kCurve), 0u);
  EXPECT_EQ(at_tls_p256.muladd(p.data(), nullptr, 65, x.data(), 32, large.data(), 33, kCurve), 0u);
  EXPECT_EQ(p, good);
}

TEST_P(CurvesTest, Signatures_AreBearSslsOnEachCurve) {
  for (int curve : {BR_EC_secp256r1, BR_EC_secp384r1, BR_EC_secp521r1}) {
    for (int i = 0; i < 5; ++i) {
      SCOPED_TRACE(curve);
      Number secret = Random(i), hash = Random(100 + i);
      const br_ec_private_key key = {curve, secret.data(), secret.size()};
      unsigned char mine[160], theirs[160], point[BR_EC_KBUF_PUB_MAX_SIZE];
      const size_t size = at_tls_ecdsa_sign(&at_tls_all_curves, &br_sha256_vtable, hash.data(), &key, mine);
      ASSERT_GT(size, 0u);
      ASSERT_EQ(size, br_ecdsa_i31_sign_asn1(&br_ec_all_m31, &br_sha256_vtable, hash.data(), &key, theirs));
      EXPECT_EQ(memcmp(mine, theirs, size), 0) << "RFC 6979: signatures are not random";
      br_ec_public_key public_key;
      ASSERT_GT(br_ec_compute_pub(&br_ec_all_m31, &public_key, point, &key), 0u);
      EXPECT_EQ(at_tls_ecdsa_verify(&at_tls_all_curves, hash.data(), 32, &public_key, mine, size), 1u);
      hash[3] ^= 1;
      EXPECT_EQ(at_tls_ecdsa_verify(&at_tls_all_curves, hash.data(), 32, &public_key, mine, size), 0u);
    }
  }
}

TEST_P(CurvesTest, X25519_IsBearSsls) {
  Number x = Random(7), mine(32, 9), theirs(32, 9);
  EXPECT_EQ(at_tls_all_curves.mul(mine.data(), 32, x.data(), 32, BR_EC_curve25519), 1u);
  EXPECT_EQ(br_ec_c25519_m31.mul(theirs.data(), 32, x.data(), 32, BR_EC_curve25519), 1u);
  EXPECT_EQ(mine, theirs);
  EXPECT_EQ(at_tls_all_curves.mulgen(mine.data(), x.data(), 32, BR_EC_curve25519), 32u);
}

}  // namespace
