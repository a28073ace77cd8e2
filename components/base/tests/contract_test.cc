// SPDX-License-Identifier: ISC
// The contract runner itself: a broken promise must not go unreported, in a kernel's text or in GoogleTest.

#include <atman/testing/contract.h>
#include <atman/testing/contract_gtest.h>

#include <climits>
#include <string>

#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace {

void Passes(at_contract *t, void *env) {
  ++*static_cast<int *>(env);
  AT_CHECK(t, true);
  AT_CHECK_EQ(t, 2 + 2, 4);
  AT_REQUIRE(t, env != nullptr);
  ++*static_cast<int *>(env);
}

const int kFirstFailure = __LINE__ + 3;

void FailsTwice(at_contract *t, void *) {
  AT_CHECK(t, 1 > 2);
  AT_CHECK_EQ(t, 5, -6);
}

const int kVainRequirement = __LINE__ + 3;

void RequiresInVain(at_contract *t, void *env) {
  AT_REQUIRE(t, env == nullptr);
  ++*static_cast<int *>(env);
}

void ComparesExtremes(at_contract *t, void *) { AT_CHECK_EQ(t, LLONG_MIN, LLONG_MAX); }

// What running one case prints.
std::string RunOne(void (*run)(at_contract *, void *), const char *name, int *env, unsigned *failed) {
  const at_contract_case cases[] = {{name, run}};
  std::string text;
  const at_contract_sink sink = {[](void *ctx, const char *part, size_t size) {
                                   EXPECT_EQ(part[size - 1], '\n') << "a write is a whole line";
                                   EXPECT_LE(size, 256u);
                                   static_cast<std::string *>(ctx)->append(part, size);
                                 },
                                 &text};
  *failed = at_contract_run(cases, 1, env, &sink);
  return text;
}

std::string At(int line) { return std::string(__FILE__) + ":" + std::to_string(line) + ": "; }

TEST(Contract, CaseThatPasses_IsOneLine) {
  int env = 0;
  unsigned failed = 9;
  EXPECT_EQ(RunOne(Passes, "Passes", &env, &failed), "PASS Passes\n");
  EXPECT_EQ(failed, 0u);
  EXPECT_EQ(env, 2) << "the case ran to its end, once, on the environment given";
}

TEST(Contract, EveryFailure_IsReportedWithItsPlaceAndValues) {
  int env = 0;
  unsigned failed = 0;
  EXPECT_EQ(
      RunOne(FailsTwice, "FailsTwice", &env, &failed),
      "FAIL FailsTwice " + At(kFirstFailure) + "1 > 2\n" + "  and " + At(kFirstFailure + 1) + "5 == -6 (5 and -6)\n");
  EXPECT_EQ(failed, 1u) << "cases are counted, not checks";
}

TEST(Contract, FailedRequirement_EndsTheCase) {
  int env = 0;
  unsigned failed = 0;
  EXPECT_EQ(RunOne(RequiresInVain, "RequiresInVain", &env, &failed),
            "FAIL RequiresInVain " + At(kVainRequirement) + "env == nullptr\n");
  EXPECT_EQ(failed, 1u);
  EXPECT_EQ(env, 0);
}

TEST(Contract, Extremes_ArePrintedInFull) {
  int env = 0;
  unsigned failed = 0;
  EXPECT_NE(RunOne(ComparesExtremes, "X", &env, &failed).find("(-9223372036854775808 and 9223372036854775807)"),
            std::string::npos);
}

TEST(Contract, LongLines_AreCut) {
  int env = 0;
  unsigned failed = 0;
  const std::string name(1000, 'n');
  const std::string text = RunOne(Passes, name.c_str(), &env, &failed);
  EXPECT_EQ(text, "PASS " + name.substr(0, 250) + "\n");
}

TEST(Contract, Run_GoesOnAfterAFailureAndCountsCases) {
  const at_contract_case cases[] = {{"A", FailsTwice}, {"B", Passes}, {"C", RequiresInVain}};
  int env = 0;
  int lines = 0;
  const at_contract_sink sink = {[](void *ctx, const char *, size_t) { ++*static_cast<int *>(ctx); }, &lines};
  EXPECT_EQ(at_contract_run(cases, 3, &env, &sink), 2u);
  EXPECT_EQ(env, 2);
  EXPECT_EQ(lines, 4);
  EXPECT_EQ(at_contract_run(nullptr, 0, &env, &sink), 0u);
  EXPECT_EQ(lines, 4) << "no case, no line";
}

TEST(ContractGtest, FailingCase_FailsTheTest) {
  static const at_contract_case cases[] = {{"FailsTwice", FailsTwice}};
  static int env = 0;
  static AtContractTest test(
      &cases[0], [] { return &env; }, nullptr);
  ::testing::TestPartResultArray failures;
  {
    ::testing::ScopedFakeTestPartResultReporter reporter(&failures);
    test.SetUp();
    test.TestBody();
  }
  ASSERT_EQ(failures.size(), 2);
  EXPECT_EQ(failures.GetTestPartResult(0).line_number(), kFirstFailure);
  EXPECT_NE(std::string(failures.GetTestPartResult(0).message()).find("1 > 2"), std::string::npos);
  EXPECT_NE(std::string(failures.GetTestPartResult(1).message()).find("5 and -6"), std::string::npos);
}

// A suite registered as users do it: every case its own test, with its own environment, ended by `drop`.
const at_contract_case kSuite[] = {{"First", Passes}, {"Second", Passes}};
int made = 0;
int dropped = 0;
const bool kRegistered = AtRegisterContract(
    "AContractSuite", kSuite, 2,
    [] {
      ++made;
      return new int(0);
    },
    [](void *env) {
      ++dropped;
      EXPECT_EQ(*static_cast<int *>(env), 2) << "the case ran before the environment was ended";
      delete static_cast<int *>(env);
    });

class RegisteredSuite : public ::testing::Environment {
  void TearDown() override {
    const auto &unit = *::testing::UnitTest::GetInstance();
    for (int i = 0; i < unit.total_test_suite_count(); ++i) {
      const auto &suite = *unit.GetTestSuite(i);
      if (std::string(suite.name()) != "AContractSuite") continue;
      EXPECT_EQ(suite.total_test_count(), 2);
      EXPECT_EQ(made, suite.test_to_run_count());
      EXPECT_EQ(dropped, suite.test_to_run_count());
      return;
    }
    ADD_FAILURE() << "the suite was not registered";
  }
};

const auto *const kEnvironment = ::testing::AddGlobalTestEnvironment(new RegisteredSuite);

TEST(ContractGtest, Registration_ReturnsTrue) {
  EXPECT_TRUE(kRegistered);
  EXPECT_NE(kEnvironment, nullptr);
}

}  // namespace
