// SPDX-License-Identifier: ISC
// What the kit puts in the place of a system: the console, <atman/libc/exit.h>, failed assertions.

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include <atman/libc/exit.h>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
decltype(write) guest_write;
[[noreturn]] void guest_exit(int);
[[noreturn]] void guest__Exit(int);
[[noreturn]] void guest_abort();
[[noreturn]] void guest___assert_fail(const char *, const char *, int, const char *);
int guest_printf(const char *, ...);
}

namespace {

using Writes = std::vector<std::string>;

TEST(System, Write_GoesToTheConsole) {
  const std::string text("a\0b\n", 4);
  for (int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    SCOPED_TRACE(fd);
    EXPECT_EQ(guest_write(fd, text.data(), 4), 4);
    EXPECT_EQ(TakeConsole(), Writes{text});
    EXPECT_EQ(guest_write(fd, nullptr, 0), 0);
    EXPECT_EQ(TakeConsole(), Writes()) << "nothing is no write";
  }
}

TEST(System, WriteElsewhere_IsRefused) {
  for (int fd : {3, -1}) {
    SCOPED_TRACE(fd);
    EXPECT_EQ(guest_write(fd, "x", 1), -1);
    EXPECT_EQ(GuestErrno(), EBADF);
  }
  EXPECT_EQ(TakeConsole(), Writes());
}

TEST(System, PosixWrite_SetsErrno) {
  GuestErrno() = 0;
  EXPECT_EQ(guest_write(1, "text", 4), 4);
  EXPECT_EQ(TakeConsole(), Writes{"text"});
  EXPECT_EQ(GuestErrno(), 0);
  EXPECT_EQ(guest_write(7, "text", 4), -1);
  EXPECT_EQ(GuestErrno(), EBADF);
}

TEST(SystemDeathTest, Exit_FlushesAndPassesTheStatus) {
  EXPECT_EXIT(
      {
        guest_printf("line\nunfinished");
        guest_exit(3);
      },
      testing::ExitedWithCode(3), "^\\[line\n\\]\\[unfinished\\]$");
  EXPECT_EXIT(guest_exit(0), testing::ExitedWithCode(0), "^$") << "a program that printed nothing";
}

TEST(SystemDeathTest, QuickExit_FlushesNothing) {
  EXPECT_EXIT(
      {
        guest_printf("line\nunfinished");
        guest__Exit(4);
      },
      testing::ExitedWithCode(4), "^\\[line\n\\]$");
}

TEST(SystemDeathTest, Abort_Panics) { EXPECT_DEATH(guest_abort(), "guest panic: abort\\(\\) called\n"); }

TEST(SystemDeathTest, FailedAssertion_SaysWhereAndWhat) {
  const struct {
    int line;
    const char *reason;
  } cases[] = {
      {1, "dir/file.c:1: assertion failed: x == 10\n"},
      {90, "dir/file.c:90: assertion failed: x == 10\n"},
      {2147483647, "dir/file.c:2147483647: assertion failed: x == 10\n"},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.line);
    const std::string panic = std::string("guest panic: ") + c.reason;
    EXPECT_DEATH(guest___assert_fail("x == 10", "dir/file.c", c.line, "function"), panic);
  }
}

TEST(SystemDeathTest, FailedAssertion_IsCutToSize) {
  const std::string expression(1000, 'e');
  const std::string kept(255 - std::string("f.c:5: assertion failed: ").size(), 'e');
  EXPECT_DEATH(guest___assert_fail(expression.c_str(), "f.c", 5, "f"), "f.c:5: assertion failed: " + kept + "\n");
  const std::string file(1000, 'f');
  EXPECT_DEATH(guest___assert_fail("e", file.c_str(), 5, "f"), "guest panic: " + file.substr(0, 255) + "\n");
}

TEST(System, Errno_IsNotTheHosts) {
  int *cell = &GuestErrno();
  *cell = 12345;
  EXPECT_EQ(GuestErrno(), 12345);
  EXPECT_NE(cell, &errno);
}

}  // namespace
