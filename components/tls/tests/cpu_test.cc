// SPDX-License-Identifier: ISC
// What BoringSSL's assembly makes of bytes, against BearSSL's C, for whatever of it this CPU can run.

extern "C" {
#include "../src/cpu.h"
#include "../src/gcm.h"
}

#include <cstring>
#include <vector>

#include "gtest/gtest.h"

namespace {

using Bytes = std::vector<unsigned char>;

Bytes Pattern(size_t size, unsigned seed) {
  Bytes bytes(size);
  for (unsigned char &byte : bytes) byte = static_cast<unsigned char>((seed = seed * 1664525 + 1013904223) >> 24);
  return bytes;
}

class CpuTest : public ::testing::Test {
 protected:
  void SetUp() override { at_tls_cpu_look(); }
  void TearDown() override {
    memset(OPENSSL_ia32cap_P, 0, sizeof OPENSSL_ia32cap_P);
    at_tls_cpu_look();
  }
};

Bytes Sha256(const Bytes &data, size_t step) {
  br_sha256_context context;
  Bytes hash(br_sha256_SIZE);
  br_sha256_init(&context);
  for (size_t i = 0; i < data.size(); i += step)
    br_sha256_update(&context, data.data() + i, std::min(step, data.size() - i));
  br_sha256_out(&context, hash.data());
  return hash;
}

TEST_F(CpuTest, Sha256_IsTheSameWhateverTheCpuCan) {
  // FIPS 180-2, B.2.
  const char *text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  const Bytes two_blocks(text, text + strlen(text));
  const Bytes expected = {0x24, 0x8d, 0x6a, 0x61, 0xd2, 0x06, 0x38, 0xb8, 0xe5, 0xc0, 0x26,
                          0x93, 0x0c, 0x3e, 0x60, 0x39, 0xa3, 0x3c, 0xe4, 0x59, 0x64, 0xff,
                          0x21, 0x67, 0xf6, 0xec, 0xed, 0xd4, 0x19, 0xdb, 0x06, 0xc1};
  const uint32_t words[2] = {OPENSSL_ia32cap_P[1], OPENSSL_ia32cap_P[2]};
  for (int level = 0; level < 3; ++level) {
    OPENSSL_ia32cap_P[1] = level > 0 ? words[0] : 0;
    OPENSSL_ia32cap_P[2] = level > 1 ? words[1] : 0;
    SCOPED_TRACE(level);
    EXPECT_EQ(Sha256(two_blocks, 1000), expected);
    for (size_t size = 0; size < 300; size += 7) {
      const Bytes data = Pattern(size, 1);
      OPENSSL_ia32cap_P[1] = OPENSSL_ia32cap_P[2] = 0;
      const Bytes plain = Sha256(data, 1000);
      OPENSSL_ia32cap_P[1] = level > 0 ? words[0] : 0;
      OPENSSL_ia32cap_P[2] = level > 1 ? words[1] : 0;
      EXPECT_EQ(Sha256(data, 11), plain) << size;
    }
  }
}

TEST_F(CpuTest, AesInCounterMode_IsBearSsls) {
  if (!at_tls_cpu_has_aes()) GTEST_SKIP() << "this CPU has no AES";
  for (size_t key_size : {16u, 24u, 32u}) {
    const Bytes key = Pattern(key_size, 2), iv = Pattern(12, 3);
    br_aes_gen_ctr_keys ours, theirs;
    ASSERT_LE(at_tls_aes_ctr.context_size, sizeof ours);
    at_tls_aes_ctr.init(&ours.vtable, key.data(), key.size());
    br_aes_ct64_ctr_vtable.init(&theirs.vtable, key.data(), key.size());
    for (uint32_t counter : {0u, 2u, 0xfffffffdu}) {
      for (size_t size = 0; size < 400; ++size) {
        Bytes a = Pattern(size, 4), b = a;
        EXPECT_EQ(ours.vtable->run(&ours.vtable, iv.data(), counter, a.data(), size),
                  theirs.vtable->run(&theirs.vtable, iv.data(), counter, b.data(), size));
        ASSERT_EQ(a, b) << key_size << " " << counter << " " << size;
      }
    }
  }
}

TEST_F(CpuTest, Ghash_IsBearSsls) {
  if (!at_tls_cpu_has_aes()) GTEST_SKIP() << "this CPU has no carry-less multiplication";
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Bytes h = Pattern(16, seed);
    for (size_t size = 0; size < 300; ++size) {
      const Bytes data = Pattern(size, seed + 100);
      Bytes a = Pattern(16, seed + 200), b = a;
      at_tls_ghash(a.data(), h.data(), data.data(), size);
      br_ghash_ctmul64(b.data(), h.data(), data.data(), size);
      ASSERT_EQ(a, b) << seed << " " << size;
    }
  }
}

TEST_F(CpuTest, Look_ReadsOnce) {
  OPENSSL_ia32cap_P[1] = OPENSSL_ia32cap_P[2] = 0;
  at_tls_cpu_look();
  EXPECT_EQ(OPENSSL_ia32cap_P[1], 0u);
  EXPECT_NE(OPENSSL_ia32cap_P[3], 0u);
}

}  // namespace
