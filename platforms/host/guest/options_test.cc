// SPDX-License-Identifier: ISC
// The host platform's options: what it takes from a command line, and what it leaves to the application.

#include "platforms/host/guest/options.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace {

struct Parsed {
  at_host_options options{};
  int argc = 0;
  std::string message;
  std::vector<std::string> arguments;
};

Parsed Parse(std::vector<std::string> words) {
  Parsed parsed;
  std::vector<char *> argv;
  words.insert(words.begin(), "program");
  for (std::string &word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const char *message = "";
  static std::vector<std::string> kept;  // options point into the words
  kept = words;
  for (size_t i = 0; i < kept.size(); ++i) argv[i] = kept[i].data();
  parsed.argc = at_host_options_take(&parsed.options, &message, static_cast<int>(words.size()), argv.data());
  parsed.message = message;
  for (int i = 1; i < parsed.argc; ++i) parsed.arguments.push_back(argv[i]);
  if (parsed.argc > 0) {
    EXPECT_EQ(argv[parsed.argc], nullptr);
  }
  return parsed;
}

TEST(Options, NoneGiven_LeavesDefaultsAndNoArguments) {
  Parsed parsed = Parse({});
  EXPECT_EQ(parsed.argc, 1);
  EXPECT_EQ(parsed.options.tap, nullptr);
  EXPECT_EQ(parsed.options.memory, 32u);
}

TEST(Options, OptionsThenWords_AreTakenAndLeft) {
  Parsed parsed = Parse({"--tap=tap0", "--mac=00:16:3e:00:00:01", "--memory=8", "ip=10.0.0.2/24", "--tap=x"});
  EXPECT_STREQ(parsed.options.tap, "tap0");
  EXPECT_STREQ(parsed.options.mac, "00:16:3e:00:00:01");
  EXPECT_EQ(parsed.options.memory, 8u);
  EXPECT_EQ(parsed.arguments, (std::vector<std::string>{"ip=10.0.0.2/24", "--tap=x"}));
}

TEST(Options, DoubleDash_EndsThem) {
  Parsed parsed = Parse({"--pcap=in", "--pcap-out=out", "--", "--memory=1"});
  EXPECT_STREQ(parsed.options.pcap, "in");
  EXPECT_STREQ(parsed.options.pcap_out, "out");
  EXPECT_EQ(parsed.arguments, std::vector<std::string>{"--memory=1"});
}

TEST(Options, Mistakes_AreNamed) {
  const std::vector<std::vector<std::string>> mistakes = {
      {"--frob"},      {"--tap"},     {"--tap="},         {"--memory=0"}, {"--memory=-1"},
      {"--memory=8x"}, {"--memory="}, {"--memory=99999"}, {"--pcapx=f"},  {"--memory=99999999999999999999"},
  };
  for (const auto &words : mistakes) {
    SCOPED_TRACE(words[0]);
    Parsed parsed = Parse(words);
    EXPECT_EQ(parsed.argc, -1);
    EXPECT_EQ(parsed.message.find(words[0] + " is no option"), 0u) << parsed.message;
  }
  EXPECT_EQ(Parse({"--tap=a", "--pcap=b"}).message, "a guest has one network: either --tap or --pcap");
}

TEST(Options, Help_SaysWhatThereIs) {
  Parsed parsed = Parse({"--help"});
  EXPECT_EQ(parsed.argc, 0);
  EXPECT_NE(parsed.message.find("--pcap-out=FILE"), std::string::npos);
}

}  // namespace
