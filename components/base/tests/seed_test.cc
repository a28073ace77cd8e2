// SPDX-License-Identifier: ISC
#include <atman/testing/seed.h>

#include <cstdlib>

#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace {

class SeedTest : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("ATMAN_SEED"); }
  void TearDown() override { unsetenv("ATMAN_SEED"); }
};

TEST_F(SeedTest, Seed_IsTheTestsOwn_UnlessTheEnvironmentSaysAnother) {
  EXPECT_EQ(AtSeed(3).value(), 3u);
  setenv("ATMAN_SEED", "77", 1);
  EXPECT_EQ(AtSeed(3).value(), 77u);
}

void FailWithSeed7() {
  const AtSeed seed(7);
  EXPECT_EQ(seed.value(), 0u);
}

TEST_F(SeedTest, WhatFails_NamesTheSeed) { EXPECT_NONFATAL_FAILURE(FailWithSeed7(), "ATMAN_SEED=7"); }

TEST_F(SeedTest, WhatEndsTheProgram_HasNamedTheSeed) {
  EXPECT_DEATH(
      {
        const AtSeed seed(7);
        abort();
      },
      "ATMAN_SEED=7");
}

}  // namespace
