// SPDX-License-Identifier: ISC
// What the kit puts in the place of a system: <atman/libc/syscall.h>, <atman/libc/exit.h>, failed assertions, locks.

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include <atman/libc/exit.h>
#include <atman/libc/syscall.h>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
decltype(at_libc_syscall) guest_at_libc_syscall;
decltype(write) guest_write;
[[noreturn]] void guest_exit(int);
[[noreturn]] void guest__Exit(int);
[[noreturn]] void guest_abort();
[[noreturn]] void guest___assert_fail(const char *, const char *, int, const char *);
int guest_printf(const char *, ...);
void guest___lock(volatile int *);
void guest___unlock(volatile int *);
int guest___lockfile(void *);
extern char guest___libc[];
}

namespace {

using Writes = std::vector<std::string>;

long Call(long number, long a1 = 0, long a2 = 0, long a3 = 0) {
  return guest_at_libc_syscall(number, a1, a2, a3, 0, 0, 0);
}

TEST(System, Write_GoesToTheConsole) {
  const std::string text("a\0b\n", 4);
  for (int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    SCOPED_TRACE(fd);
    EXPECT_EQ(Call(SYS_write, fd, reinterpret_cast<long>(text.data()), 4), 4);
    EXPECT_EQ(TakeConsole(), Writes{text});
    EXPECT_EQ(Call(SYS_write, fd, 0, 0), 0);
    EXPECT_EQ(TakeConsole(), Writes()) << "nothing is no write";
  }
}

TEST(System, WriteElsewhere_IsRefused) {
  for (long fd : {0L, 3L, -1L, 1L << 32, (1L << 32) + 1}) {
    SCOPED_TRACE(fd);
    EXPECT_EQ(Call(SYS_write, fd, reinterpret_cast<long>("x"), 1), -EBADF);
  }
  EXPECT_EQ(TakeConsole(), Writes());
}

TEST(System, UnknownCalls_AreRefused) {
  for (long number : {-1L, 0L, 2L, 16L, 20L, 202L, 100000L, 1L << 32, (1L << 32) + 1}) {
    SCOPED_TRACE(number);
    EXPECT_EQ(Call(number, 1, reinterpret_cast<long>("x"), 1), -ENOSYS);
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

TEST(SystemDeathTest, Locks_AreNeverWanted) {
  volatile int lock = 0;
  guest___lock(&lock);
  guest___unlock(&lock);
  EXPECT_DEATH(guest___lockfile(nullptr), "guest panic: libc: a lock is wanted\n");
  EXPECT_DEATH(
      {
        guest___libc[3] = 1;  // need_locks: what musl sets when it makes a second thread
        guest___lock(&lock);
      },
      "guest panic: libc: a lock is wanted\n");
}

TEST(System, Errno_IsOneCell) {
  int *cell = &GuestErrno();
  *cell = 12345;
  EXPECT_EQ(GuestErrno(), 12345);
  EXPECT_EQ(&GuestErrno(), cell);
  EXPECT_NE(cell, &errno) << "not the host's";
}

}  // namespace
