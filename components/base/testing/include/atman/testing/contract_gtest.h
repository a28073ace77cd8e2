/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_CONTRACT_GTEST_H
#define ATMAN_TESTING_CONTRACT_GTEST_H

/*
 * Contract suites under GoogleTest: every case of a table becomes a test of its own.
 *
 *     struct Env { FakeClock clock; at_wait wait; };
 *     const bool registered = AtRegisterContract(
 *         "FakeWait", at_wait_contract, at_wait_contract_count,
 *         [] { return new Env; },
 *         [](void *env) { delete static_cast<Env *>(env); });
 */

#include <cstddef>
#include <functional>
#include <utility>

#include <atman/testing/contract.h>

#include "gtest/gtest.h"

class AtContractTest : public ::testing::Test {
 public:
  using MakeEnv = std::function<void *()>;
  using DropEnv = std::function<void(void *)>;

  AtContractTest(const at_contract_case *subject, MakeEnv make, DropEnv drop)
      : case_(subject), make_(std::move(make)), drop_(std::move(drop)) {}

  void SetUp() override { env_ = make_(); }

  void TestBody() override {
    at_contract t{};
    t.name = case_->name;
    t.fail = Fail;
    case_->run(&t, env_);
  }

  void TearDown() override {
    if (drop_) drop_(env_);
  }

 private:
  static void Fail(at_contract *, const at_contract_failure *f) {
    ADD_FAILURE_AT(f->file, f->line) << f->expression << (*f->detail ? ": " : "") << f->detail;
  }

  const at_contract_case *case_;
  MakeEnv make_;
  DropEnv drop_;
  void *env_ = nullptr;
};

/*
 * AtRegisterContract makes each of the `count` cases at `cases` (which must live for ever) the test "suite.name". Every
 * test gets an environment of its own from `make`; `drop`, which may be left out, ends it and is the place to assert
 * that nothing leaked. To be called before RUN_ALL_TESTS(), so mostly from the initialiser of a file-level constant.
 * Returns true.
 */
inline bool AtRegisterContract(const char *suite, const at_contract_case *cases, std::size_t count,
                               AtContractTest::MakeEnv make, AtContractTest::DropEnv drop = nullptr) {
  for (const at_contract_case *c = cases; c != cases + count; ++c) {
    ::testing::RegisterTest(suite, c->name, nullptr, nullptr, __FILE__, __LINE__,
                            [c, make, drop]() -> ::testing::Test * { return new AtContractTest(c, make, drop); });
  }
  return true;
}

#endif /* ATMAN_TESTING_CONTRACT_GTEST_H */
