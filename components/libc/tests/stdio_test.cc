// SPDX-License-Identifier: ISC
// stdout and stderr on the console: whole lines, in as few writes as there can be.

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
struct GuestFile;
extern GuestFile *const guest_stdout;
extern GuestFile *const guest_stderr;
decltype(printf) guest_printf;
decltype(vprintf) guest_vprintf;
decltype(puts) guest_puts;
decltype(putchar) guest_putchar;
int guest_fprintf(GuestFile *, const char *, ...);
int guest_vfprintf(GuestFile *, const char *, va_list);
int guest_fputs(const char *, GuestFile *);
int guest_fputc(int, GuestFile *);
int guest_putc(int, GuestFile *);
size_t guest_fwrite(const void *, size_t, size_t, GuestFile *);
int guest_fflush(GuestFile *);
int guest_ferror(GuestFile *);
int guest_setvbuf(GuestFile *, char *, int, size_t);
void guest___stdio_exit();
long guest___stdio_seek(GuestFile *, long, int);
int guest___stdio_close(GuestFile *);
}

namespace {

using Writes = std::vector<std::string>;

constexpr size_t kBuffer = 1024;  // musl's BUFSIZ

class StdioTest : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(guest_ferror(guest_stdout), 0);
    EXPECT_EQ(guest_fflush(nullptr), 0);
    EXPECT_EQ(TakeConsole(), Writes()) << "a test left text unwritten or unread";
  }
};

TEST_F(StdioTest, Puts_IsOneWrite) {
  EXPECT_GE(guest_puts("hello"), 0);
  EXPECT_EQ(TakeConsole(), Writes{"hello\n"});
  EXPECT_GE(guest_puts(""), 0);
  EXPECT_EQ(TakeConsole(), Writes{"\n"});
}

TEST_F(StdioTest, FormattedLine_IsOneWrite) {
  EXPECT_EQ(guest_printf("%s %d %#x%c", "rx", 42, 0x800u, '\n'), 12);
  EXPECT_EQ(TakeConsole(), Writes{"rx 42 0x800\n"});
}

TEST_F(StdioTest, PartialLine_WaitsForItsEnd) {
  EXPECT_EQ(guest_printf("a"), 1);
  EXPECT_GE(guest_fputs("b", guest_stdout), 0);
  EXPECT_EQ(guest_putchar('c'), 'c');
  EXPECT_EQ(guest_putc('d', guest_stdout), 'd');
  EXPECT_EQ(guest_fputc('e', guest_stdout), 'e');
  EXPECT_EQ(guest_fwrite("fg", 1, 2, guest_stdout), 2u);
  EXPECT_EQ(TakeConsole(), Writes());
  EXPECT_EQ(guest_putchar('\n'), '\n');
  EXPECT_EQ(TakeConsole(), Writes{"abcdefg\n"});
}

TEST_F(StdioTest, Lines_AreFlushedUpToTheLastNewline) {
  EXPECT_GE(guest_fputs("one\ntwo\nthr", guest_stdout), 0);
  EXPECT_EQ(TakeConsole(), Writes{"one\ntwo\n"});
  EXPECT_GE(guest_puts("ee"), 0);
  EXPECT_EQ(TakeConsole(), Writes{"three\n"});
}

TEST_F(StdioTest, Flush_WritesThePartialLine) {
  EXPECT_EQ(guest_printf("50%%"), 3);
  EXPECT_EQ(guest_fflush(guest_stdout), 0);
  EXPECT_EQ(TakeConsole(), Writes{"50%"});
  EXPECT_EQ(guest_fflush(guest_stdout), 0);
  EXPECT_EQ(TakeConsole(), Writes()) << "nothing is left to flush";
  EXPECT_EQ(guest_printf("x"), 1);
  EXPECT_EQ(guest_fflush(nullptr), 0) << "every stream";
  EXPECT_EQ(TakeConsole(), Writes{"x"});
}

// Whatever the lengths, the text arrives whole and in order; a line that the buffer holds arrives in one write.
TEST_F(StdioTest, Lines_OfEveryLengthAroundTheBuffer) {
  for (size_t held : {size_t{0}, size_t{1}, kBuffer - 1, kBuffer}) {
    for (size_t length :
         {size_t{0}, size_t{1}, size_t{255}, kBuffer - 2, kBuffer - 1, kBuffer, kBuffer + 1, 3 * kBuffer}) {
      SCOPED_TRACE(testing::Message() << held << " bytes held, then a line of " << length);
      const std::string before(held, 'h');
      const std::string line(length, 'l');
      EXPECT_EQ(guest_fwrite(before.data(), 1, held, guest_stdout), held);
      EXPECT_GE(guest_puts(line.c_str()), 0);
      const Writes writes = TakeConsole();
      std::string all;
      for (const std::string &text : writes) {
        EXPECT_NE(text, "") << "a write of nothing";
        all += text;
      }
      EXPECT_EQ(all, before + line + "\n");
      const size_t total = held + length + 1;
      EXPECT_LE(writes.size(), total <= kBuffer ? 1u : 3u);
    }
  }
}

TEST_F(StdioTest, Fwrite_CountsWholeElements) {
  EXPECT_EQ(guest_fwrite("abcdef\n", 7, 1, guest_stdout), 1u);
  EXPECT_EQ(guest_fwrite("abcdef", 3, 2, guest_stdout), 2u);
  EXPECT_EQ(guest_fwrite("abcdef", 0, 2, guest_stdout), 0u);
  EXPECT_EQ(guest_fwrite("\n", 1, 1, guest_stdout), 1u);
  EXPECT_EQ(TakeConsole(), (Writes{"abcdef\n", "abcdef\n"}));
}

TEST_F(StdioTest, Stderr_WaitsForNothing) {
  EXPECT_GE(guest_fputs("no newline", guest_stderr), 0);
  EXPECT_EQ(TakeConsole(), Writes{"no newline"});
  EXPECT_EQ(guest_fprintf(guest_stderr, "%s: %d", "error", -5), 9);
  EXPECT_EQ(TakeConsole(), Writes{"error: -5"}) << "one write for what one call formats";
  EXPECT_EQ(guest_fputc('!', guest_stderr), '!');
  EXPECT_EQ(TakeConsole(), Writes{"!"});
  const std::string text(300, 'e');
  EXPECT_EQ(guest_fprintf(guest_stderr, "%d%s%d", 1, text.c_str(), 2), 302);
  std::string all;
  for (const std::string &part : TakeConsole()) all += part;
  EXPECT_EQ(all, "1" + text + "2");
}

TEST_F(StdioTest, StdoutAndStderr_KeepTheirOwnText) {
  EXPECT_EQ(guest_printf("out"), 3);
  EXPECT_EQ(guest_fprintf(guest_stderr, "err"), 3);
  EXPECT_EQ(TakeConsole(), Writes{"err"});
  EXPECT_EQ(guest_fflush(guest_stdout), 0);
  EXPECT_EQ(TakeConsole(), Writes{"out"});
}

int Vprintf(const char *format, ...) {
  va_list args;
  va_start(args, format);
  const int length = guest_vprintf(format, args);
  va_end(args);
  return length;
}

int Vfprintf(GuestFile *file, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const int length = guest_vfprintf(file, format, args);
  va_end(args);
  return length;
}

TEST_F(StdioTest, VariadicSiblings_WriteTheSame) {
  EXPECT_EQ(Vprintf("%d\n", 1), 2);
  EXPECT_EQ(Vfprintf(guest_stdout, "%d\n", 2), 2);
  EXPECT_EQ(TakeConsole(), (Writes{"1\n", "2\n"}));
}

TEST_F(StdioTest, Exit_WritesThePartialLine) {
  EXPECT_EQ(guest_printf("last words"), 10);
  guest___stdio_exit();
  EXPECT_EQ(TakeConsole(), Writes{"last words"});
  EXPECT_EQ(guest_fflush(guest_stdout), 0);
}

TEST_F(StdioTest, Console_CannotSeek) {
  EXPECT_EQ(guest___stdio_seek(guest_stdout, 0, SEEK_CUR), -1);
  EXPECT_EQ(guest___stdio_close(guest_stdout), 0);
}

// Last: it leaves stdout with another buffer.
TEST_F(StdioTest, Setvbuf_ChangesWhenTextIsWritten) {
  static char buffer[64 + 16];
  std::fill(std::begin(buffer), std::end(buffer), '#');
  EXPECT_EQ(guest_setvbuf(guest_stdout, buffer, _IOFBF, 64), 0);
  EXPECT_GE(guest_puts("held"), 0);
  EXPECT_EQ(TakeConsole(), Writes()) << "fully buffered";
  EXPECT_EQ(guest_fflush(guest_stdout), 0);
  EXPECT_EQ(TakeConsole(), Writes{"held\n"});
  EXPECT_EQ(guest_setvbuf(guest_stdout, nullptr, _IONBF, 0), 0);
  EXPECT_EQ(guest_fwrite("now", 1, 3, guest_stdout), 3u);
  EXPECT_EQ(TakeConsole(), Writes{"now"}) << "unbuffered";
  EXPECT_EQ(guest_setvbuf(guest_stdout, buffer, _IOLBF, 64), 0);
  EXPECT_EQ(guest_printf("one\n"), 4);
  EXPECT_EQ(guest_printf("two\nrest"), 8);
  EXPECT_EQ(TakeConsole(), (Writes{"one\n", "two\n"})) << "line-buffered";
  for (size_t length = 0; length < 70; ++length) {
    SCOPED_TRACE(length);
    EXPECT_GE(guest_fputs(std::string(length, 'x').c_str(), guest_stdout), 0);
    EXPECT_EQ(guest_putchar('\n'), '\n');
    EXPECT_EQ(std::string(buffer + 64, 16), std::string(16, '#')) << "written beyond the buffer";
  }
  EXPECT_FALSE(TakeConsole().empty());
}

}  // namespace
