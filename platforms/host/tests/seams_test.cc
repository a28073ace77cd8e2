// SPDX-License-Identifier: ISC
// The host's seams: what a component's test sees when the component panics, prints, asks the time or wants entropy.

#include <atman/host/seams.h>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <atman/base/clock.h>
#include <atman/base/console.h>
#include <atman/base/entropy.h>
#include <atman/base/panic.h>

#include "gtest/gtest.h"

namespace {

class HostSeamsTest : public ::testing::Test {
 protected:
  void TearDown() override {
    at_host_console_redirect(nullptr, nullptr);
    at_host_clock_redirect(nullptr, nullptr);
  }
};

using HostSeamsDeathTest = HostSeamsTest;

TEST_F(HostSeamsDeathTest, Panic_SaysWhyAndAborts) {
  EXPECT_EXIT(at_panic("the moon is full"), ::testing::KilledBySignal(SIGABRT), "^panic: the moon is full\n$");
}

TEST_F(HostSeamsTest, Console_IsStandardOutput) {
  ::testing::internal::CaptureStdout();
  at_console_write("hello\nthere, not this", 12);
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "hello\nthere,");
}

TEST_F(HostSeamsTest, ConsoleRedirected_GoesThereAndBack) {
  std::string text;
  at_host_console_redirect(
      [](void *ctx, const char *at, size_t size) { static_cast<std::string *>(ctx)->append(at, size); }, &text);
  at_console_write("one ", 4);
  at_console_write("two", 3);
  EXPECT_EQ(text, "one two");

  at_host_console_redirect(nullptr, nullptr);
  ::testing::internal::CaptureStdout();
  at_console_write("three", 5);
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "three");
  EXPECT_EQ(text, "one two");
}

// Standard output is a pipe that is full and that nobody reads.
TEST_F(HostSeamsTest, ConsoleNobodyReads_GivesUpInBoundedTime) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
  int saved = dup(STDOUT_FILENO);
  ASSERT_EQ(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
  const std::vector<char> much(1 << 20, 'x');
  auto before = std::chrono::steady_clock::now();
  at_console_write(much.data(), much.size());
  auto took = std::chrono::steady_clock::now() - before;
  dup2(saved, STDOUT_FILENO);
  close(saved);
  close(ends[0]);
  close(ends[1]);
  EXPECT_LT(took, std::chrono::seconds(10));
}

TEST_F(HostSeamsTest, ConsoleClosed_IsNoError) {
  int saved = dup(STDOUT_FILENO);
  close(STDOUT_FILENO);
  at_console_write("lost", 4);
  dup2(saved, STDOUT_FILENO);
  close(saved);
}

TEST_F(HostSeamsTest, Clock_GoesForward) {
  uint64_t before = at_clock_now_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  uint64_t after = at_clock_now_ns();
  EXPECT_GE(after - before, 2000000u);
}

TEST_F(HostSeamsTest, ClockRedirected_TakesTheTimeFromThere) {
  uint64_t time_ns = 42;
  at_host_clock_redirect([](void *ctx) { return *static_cast<uint64_t *>(ctx); }, &time_ns);
  EXPECT_EQ(at_clock_now_ns(), 42u);
  time_ns = 43;
  EXPECT_EQ(at_clock_now_ns(), 43u);
  at_host_clock_redirect(nullptr, nullptr);
  EXPECT_GT(at_clock_now_ns(), 43u);
}

TEST_F(HostSeamsTest, Entropy_FillsAllOfItDifferentlyEachTime) {
  for (size_t size : {0u, 1u, 16u, 257u, 70000u}) {
    SCOPED_TRACE(size);
    std::vector<uint8_t> a(size + 1, 0xa5), b(size + 1, 0xa5);
    ASSERT_EQ(at_entropy_fill(a.data(), size), AT_OK);
    ASSERT_EQ(at_entropy_fill(b.data(), size), AT_OK);
    EXPECT_EQ(a[size], 0xa5) << "wrote past the end";
    if (size < 16) continue;
    EXPECT_NE(a, b);
    // The last 16 bytes as well: a loop that stops early leaves them alone.
    EXPECT_NE(std::memcmp(a.data() + size - 16, b.data() + size - 16, 16), 0);
  }
}

TEST_F(HostSeamsTest, RedirectedEntropy_ComesFromTheTest) {
  uint8_t asked = 7, byte = 0;
  at_host_entropy_redirect(
      [](void *ctx, void *out, size_t size) -> at_status {
        std::memset(out, *static_cast<uint8_t *>(ctx), size);
        return AT_UNSUPPORTED;
      },
      &asked);
  EXPECT_EQ(at_entropy_fill(&byte, 1), AT_UNSUPPORTED);
  EXPECT_EQ(byte, 7);
  at_host_entropy_redirect(nullptr, nullptr);
  EXPECT_EQ(at_entropy_fill(&byte, 1), AT_OK);
}

}  // namespace
