/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_SEED_H
#define ATMAN_TESTING_SEED_H

/*
 * The seed of a randomised test under GoogleTest. What fails names it, also what ends the program, and the same seed
 * does the same again:
 *
 *     for (unsigned fixed : {1u, 2u, 3u}) {
 *       const AtSeed seed(fixed);
 *       std::mt19937 random(seed.value());
 *
 *     bazel test --test_env=ATMAN_SEED=7 //components/mm:run_test
 */

#include <cstdio>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"

class AtSeed {
 public:
  /* ATMAN_SEED of the environment, or without it `fixed`: a test has the same seeds each time. */
  explicit AtSeed(unsigned fixed)
      : value_(FromEnvironment(fixed)), trace_(__FILE__, __LINE__, "ATMAN_SEED=" + std::to_string(value_)) {
    fprintf(stderr, "ATMAN_SEED=%u\n", value_); /* for what ends without a word: Bazel shows it when a test fails */
  }
  AtSeed(const AtSeed &) = delete;
  AtSeed &operator=(const AtSeed &) = delete;

  unsigned value() const { return value_; }

 private:
  static unsigned FromEnvironment(unsigned fixed) {
    const char *text = getenv("ATMAN_SEED");

    return text == nullptr ? fixed : static_cast<unsigned>(strtoul(text, nullptr, 0));
  }

  const unsigned value_;
  const ::testing::ScopedTrace trace_; /* in the message of every assertion that fails while this lives */
};

#endif /* ATMAN_TESTING_SEED_H */
