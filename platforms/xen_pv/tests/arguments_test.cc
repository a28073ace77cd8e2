// SPDX-License-Identifier: ISC
// The contract of src/arguments.h: how a domain's command line becomes argv.

#include "platforms/xen_pv/src/arguments.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace {

std::vector<std::string> Split(std::string line) {
  char name[] = "name";
  char *argv[AT_XEN_PV_ARGUMENTS_MAX + 1];
  argv[0] = name;
  for (int i = 1; i <= AT_XEN_PV_ARGUMENTS_MAX; ++i) argv[i] = name;  // the end must be written, not found there
  int argc = at_xen_pv_arguments(argv, &line[0]);
  EXPECT_EQ(argv[argc], nullptr);
  EXPECT_STREQ(argv[0], "name");
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) words.push_back(argv[i]);
  return words;
}

TEST(Arguments, CommandLines_BecomeWords) {
  const struct {
    const char *what, *line;
    std::vector<std::string> words;
  } cases[] = {
      {"nothing", "", {}},
      {"only blanks", " \t ", {}},
      {"one", "one", {"one"}},
      {"blanks all around", "  a\tb   c ", {"a", "b", "c"}},
      {"a quoted blank", "say \"hello  world\" twice", {"say", "hello  world", "twice"}},
      {"quotes inside a word", "key=\"a b\"c", {"key=a bc"}},
      {"an empty word", "a \"\" b", {"a", "", "b"}},
      {"a quote that is never closed", "a \"b c", {"a", "b c"}},
      {"an empty one at the end", "a \"\"", {"a", ""}},
      {"bytes that are not ASCII", "\xc3\xa4 \xff", {"\xc3\xa4", "\xff"}},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(Split(c.line), c.words);
  }
}

TEST(Arguments, TooManyWords_LastHoldsTheRest) {
  std::string line;
  for (int i = 1; i < AT_XEN_PV_ARGUMENTS_MAX + 5; ++i) line += std::to_string(i) + " ";
  std::vector<std::string> words = Split(line);
  ASSERT_EQ(words.size(), size_t{AT_XEN_PV_ARGUMENTS_MAX - 1});
  EXPECT_EQ(words[0], "1");
  EXPECT_EQ(words.back(), "31 32 33 34 35 36 ");
}

TEST(Arguments, LongestCommandLine_IsSplitWithinIt) {
  std::string line(1023, 'x');  // MAX_GUEST_CMDLINE less its NUL
  EXPECT_EQ(Split(line), std::vector<std::string>{line});
}

}  // namespace
