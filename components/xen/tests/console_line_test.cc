// SPDX-License-Identifier: ISC
// Lines from the console: what is typed is shown and edited, and comes in whole lines.

#include <atman/xen/console_line.h>

#include <string>

#include <atman/testing/fake_console.h>

#include "guest_fixture.h"

namespace {

class ConsoleLineTest : public GuestTest {
 protected:
  ConsoleLineTest() : fake_(at_fake_console_create(xen_, &ring_, &port_, kGuest)) {
    at_xen_console_init(&console_, ring_, shared_, port_);
    line_.console = &console_;
  }

  void TearDown() override {
    at_fake_console_destroy(fake_);
    GuestTest::TearDown();
  }

  void Type(const std::string &text) { EXPECT_EQ(at_fake_console_type(fake_, text.data(), text.size()), text.size()); }

  // What a read of at most `size` bytes says: the bytes, or the status's name.
  std::string Read(size_t size) {
    std::string text(size + 1, '#');
    size_t got = 12345;
    at_status status = at_xen_console_line_read(&line_, &text[0], &got, size);
    EXPECT_EQ(text[size], '#');
    EXPECT_TRUE(status == AT_OK || got == 0);
    return status == AT_OK ? text.substr(0, got) : at_status_name(status);
  }

  // What is on the screen since the last call.
  std::string Shown() {
    at_fake_xen_run_steps(xen_);
    std::string all = at_fake_console_text(fake_, nullptr), fresh = all.substr(shown_);
    shown_ = all.size();
    return fresh;
  }

  xencons_interface *ring_;
  at_xen_port port_;
  at_fake_console *fake_;
  at_xen_console console_;
  at_xen_console_line line_ = {};
  size_t shown_ = 0;
};

TEST_F(ConsoleLineTest, Line_ComesWhenReturnIsTyped) {
  EXPECT_EQ(Read(100), "AT_AGAIN");
  Type("hel");
  EXPECT_EQ(Read(100), "AT_AGAIN");
  EXPECT_EQ(Shown(), "hel");
  Type("lo\rnext\n");
  EXPECT_EQ(Read(0), "") << "there is one";
  EXPECT_EQ(Read(100), "hello\n");
  EXPECT_EQ(Shown(), "lo\r\n") << "what comes after is for later";
  EXPECT_EQ(Read(100), "next\n");
  EXPECT_EQ(Read(100), "AT_AGAIN");
  EXPECT_EQ(Read(0), "AT_AGAIN");
}

TEST_F(ConsoleLineTest, SmallReads_TakeALineInPieces) {
  Type("abc\r");
  EXPECT_EQ(Read(2), "ab");
  EXPECT_EQ(Read(1), "c");
  EXPECT_EQ(Read(100), "\n");
}

TEST_F(ConsoleLineTest, Editing_IsShown) {
  const struct {
    const char *typed, *line, *shown;
  } cases[] = {
      {"\x7f\bab\x7f"
       "c\r",
       "ac\n", "ab\b \bc\r\n"},
      {"abc\x15x\r", "x\n", "abc\b \b\b \b\b \bx\r\n"},
      {"a\x01\x1b\x03"
       "b\tc\r",
       "ab\tc\n", "ab\tc\r\n"},
      {"\xc3\xa4\r", "\xc3\xa4\n", "\xc3\xa4\r\n"},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.line);
    Type(c.typed);
    EXPECT_EQ(Read(100), c.line);
    EXPECT_EQ(Shown(), c.shown);
  }
}

TEST_F(ConsoleLineTest, ControlD_EndsTheInputOnce) {
  Type("part\x04\x04\x04rest\r");
  EXPECT_EQ(Read(100), "part");
  EXPECT_EQ(Read(0), "AT_CLOSED");
  EXPECT_EQ(Read(100), "AT_CLOSED");
  EXPECT_EQ(Read(100), "AT_CLOSED");
  EXPECT_EQ(Read(100), "rest\n");
}

TEST_F(ConsoleLineTest, EndlessLine_ComesInPieces) {
  for (int i = 0; i < 4; ++i) {
    Type(std::string(AT_XEN_CONSOLE_LINE_MAX / 4, 'x'));
    EXPECT_EQ(Read(1), i < 3 ? "AT_AGAIN" : "x");
  }
  EXPECT_EQ(Read(5000).size(), AT_XEN_CONSOLE_LINE_MAX - 1u);
  EXPECT_EQ(Read(1), "AT_AGAIN");
}

TEST_F(ConsoleLineTest, LyingPeer_IsAProtocolError) {
  ring_->in_prod = 123456;
  EXPECT_EQ(Read(10), "AT_PROTOCOL");
}

}  // namespace
