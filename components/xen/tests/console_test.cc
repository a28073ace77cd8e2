// SPDX-License-Identifier: ISC
// The console: a reader that reads, one that does not, one that lies; what is lost is counted, and nothing hangs.

#include <atman/xen/console.h>

#include <string>

#include <atman/base/clock.h>
#include <atman/testing/fake_console.h>
#include <atman/xen/event.h>
#include <xen/errno.h>

#include "guest_fixture.h"

namespace {

constexpr size_t kOut = sizeof(xencons_interface::out);
constexpr size_t kIn = sizeof(xencons_interface::in);
constexpr uint64_t kPatience = AT_XEN_CONSOLE_PATIENCE_NS;

std::string Pattern(size_t size) {
  std::string text(size, ' ');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

class ConsoleTest : public GuestTest {
 protected:
  ConsoleTest() : fake_(at_fake_console_create(xen_, &ring_, &port_, kGuest)) { Init(0); }
  explicit ConsoleTest(at_fake_xen_config config)
      : GuestTest(config), fake_(at_fake_console_create(xen_, &ring_, &port_, kGuest)) {
    Init(0);
  }

  void TearDown() override {
    at_fake_console_destroy(fake_);
    GuestTest::TearDown();
  }

  // A console whose indices start at `start`.
  void Init(uint32_t start) {
    ring_->in_cons = ring_->in_prod = ring_->out_cons = ring_->out_prod = start;
    at_xen_console_init(&console_, ring_, shared_, port_);
  }

  at_status Write(const std::string &text) { return at_xen_console_write(&console_, text.data(), text.size()); }

  std::string Taken() {
    at_fake_xen_run_steps(xen_);
    return at_fake_console_text(fake_, nullptr);
  }

  std::string Read(size_t size) {
    std::string text(size + 1, '#');
    size_t got = 12345;
    EXPECT_EQ(at_xen_console_read(&console_, &text[0], &got, size), AT_OK);
    EXPECT_LE(got, size);
    EXPECT_EQ(text[size], '#');
    return text.substr(0, got);
  }

  xencons_interface *ring_;
  at_xen_port port_;
  at_fake_console *fake_;
  at_xen_console console_;
};

TEST_F(ConsoleTest, Listener_IsToldWhatIsTyped) {
  static int told;
  told = 0;
  at_xen_events events;
  at_xen_events_init(&events, shared_);
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(at_xen_console_listen(
                  &console_, &events, [](void *ctx) { ++*static_cast<int *>(ctx); }, &told),
              AT_OK);
  }
  at_xen_events_dispatch(&events);
  told = 0;
  EXPECT_EQ(at_fake_console_type(fake_, "x", 1), 1u);
  at_xen_events_dispatch(&events);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(Read(10), "x");
}

TEST_F(ConsoleTest, Write_ReachesTheReaderWithOneNotification) {
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(Write("hello\n"), AT_OK);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 1u);
  EXPECT_EQ(Taken(), "hello\n");
  EXPECT_EQ(console_.dropped, 0u);
}

TEST_F(ConsoleTest, WriteNothing_DoesNothing) {
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(Write(""), AT_OK);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);
}

TEST_F(ConsoleTest, WritesOfEverySize_ArriveWhole) {
  for (uint32_t start : {0u, 1u, 0xffffff00u, 0xffffffffu}) {
    Init(start);
    for (size_t size : {size_t{1}, kOut - 1, kOut, kOut + 1, 3 * kOut, 5 * kOut + 7}) {
      SCOPED_TRACE(::testing::Message() << size << " bytes from index " << start);
      size_t before = Taken().size();
      EXPECT_EQ(Write(Pattern(size)), AT_OK);
      EXPECT_EQ(Taken().substr(before), Pattern(size));
    }
  }
  EXPECT_EQ(console_.dropped, 0u);
}

TEST_F(ConsoleTest, SlowReader_IsWaitedFor) {
  at_fake_console_set_slow(fake_, 1000, 100 * kMs);
  uint64_t before = Now();
  EXPECT_EQ(Write(Pattern(2 * kOut)), AT_OK);
  EXPECT_GT(Now(), before);
  EXPECT_LT(Now(), before + kPatience);
  EXPECT_EQ(at_xen_console_flush(&console_, AT_NEVER), AT_OK);
  EXPECT_EQ(at_fake_console_text(fake_, nullptr), Pattern(2 * kOut));
}

TEST_F(ConsoleTest, RoomForTheRest_IsEnoughToGoOn) {
  at_fake_console_set_slow(fake_, 1, 100 * kMs);
  uint64_t before = Now();
  EXPECT_EQ(Write(Pattern(kOut + 2)), AT_OK);
  EXPECT_EQ(Now(), before + 100 * kMs) << "two bytes had to be taken, not the whole ring";
}

TEST_F(ConsoleTest, DeafReader_CostsOneBoundedWaitThenDropsAndCounts) {
  at_fake_console_set_deaf(fake_, true);
  uint64_t before = Now();
  EXPECT_EQ(Write(Pattern(kOut)), AT_OK) << "fits";
  EXPECT_EQ(Now(), before);
  EXPECT_EQ(Write("lost"), AT_TIMED_OUT);
  EXPECT_EQ(Now(), before + kPatience);
  EXPECT_EQ(console_.dropped, 4u);

  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(Write("lost as well"), AT_TIMED_OUT);
  EXPECT_EQ(Now(), before + kPatience) << "waits for a reader known to be deaf";
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);
  EXPECT_EQ(console_.dropped, 16u);

  at_fake_console_set_deaf(fake_, false);
  EXPECT_EQ(Taken(), Pattern(kOut));
  EXPECT_EQ(Write("heard"), AT_OK);
  EXPECT_EQ(Taken(), Pattern(kOut) + "heard");
  EXPECT_EQ(console_.dropped, 16u);

  // It was forgiven: a new silence is waited for again.
  at_fake_console_set_deaf(fake_, true);
  before = Now();
  EXPECT_EQ(Write(Pattern(kOut + 1)), AT_TIMED_OUT);
  EXPECT_EQ(Now(), before + kPatience);
  EXPECT_EQ(console_.dropped, 17u);
}

// Many pieces, each in time, but too slow as a whole: the bound is one of the write.
TEST_F(ConsoleTest, SlowReader_OneWriteWaitsItsPatienceOnce) {
  at_fake_console_set_slow(fake_, 1, 900 * kMs);
  uint64_t before = Now();
  EXPECT_EQ(Write(Pattern(2 * kOut)), AT_TIMED_OUT);
  EXPECT_LE(Now(), before + kPatience);
  EXPECT_GT(console_.dropped, 0u);
}

TEST_F(ConsoleTest, Flush_WaitsUntilAllIsTaken) {
  at_fake_console_set_slow(fake_, 10, 50 * kMs);
  ASSERT_EQ(Write(Pattern(35)), AT_OK);
  EXPECT_EQ(at_xen_console_flush(&console_, Now() + 1000 * kMs), AT_OK);
  EXPECT_EQ(at_fake_console_text(fake_, nullptr), Pattern(35));
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(at_xen_console_flush(&console_, 0), AT_OK) << "nothing left to wait for";
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);
}

TEST_F(ConsoleTest, FlushOfADeafReader_EndsAtItsDeadline) {
  at_fake_console_set_deaf(fake_, true);
  ASSERT_EQ(Write("last words"), AT_OK);
  EXPECT_EQ(at_xen_console_flush(&console_, 0), AT_TIMED_OUT);
  uint64_t deadline = Now() + 250 * kMs;
  EXPECT_EQ(at_xen_console_flush(&console_, deadline), AT_TIMED_OUT);
  EXPECT_EQ(Now(), deadline);
  EXPECT_EQ(at_xen_console_flush(&console_, AT_NEVER), AT_DEADLOCK) << "the fake knows that nobody will come";
}

// A peer that raises the port for ever without reading: every wait still ends at its deadline.
TEST_F(ConsoleTest, EventStorm_DoesNotProlongTheWait) {
  at_fake_console_set_deaf(fake_, true);
  Peer storm(xen_, 0, [&](uint64_t now) {
    shared_->evtchn_pending[port_ / 64] |= uint64_t{1} << (port_ % 64);
    return now + 10 * kMs;
  });
  ASSERT_EQ(Write("x"), AT_OK);
  // Time moves only when a poll blocks, and with the port raised at every step none does; so the test moves it.
  Peer time(xen_, kPeer, [&](uint64_t) { return at_fake_xen_advance(xen_, kMs), kForever; });
  uint64_t before = Now();
  EXPECT_EQ(at_xen_console_flush(&console_, before + 100 * kMs), AT_TIMED_OUT);
  EXPECT_LE(Now(), before + 101 * kMs);
}

TEST_F(ConsoleTest, WaitingForRoom_KeepsTheReadersEvent) {
  at_fake_console_set_deaf(fake_, true);
  ASSERT_EQ(Write(Pattern(kOut)), AT_OK);
  at_fake_console_type(fake_, "q", 1);
  ASSERT_TRUE(IsPending(port_));
  EXPECT_EQ(Write("x"), AT_TIMED_OUT);
  EXPECT_TRUE(IsPending(port_)) << "whoever reads the console must still be woken";
}

TEST_F(ConsoleTest, PollRefused_DropsInsteadOfSpinning) {
  at_fake_console_set_deaf(fake_, true);
  ASSERT_EQ(Write(Pattern(kOut)), AT_OK);
  at_fake_xen_fail(xen_, __HYPERVISOR_sched_op, 1, true, XEN_EINVAL);
  EXPECT_EQ(Write("x"), AT_INVALID);
  EXPECT_EQ(console_.dropped, 1u);
  EXPECT_EQ(at_xen_console_flush(&console_, AT_NEVER), AT_INVALID);
}

TEST_F(ConsoleTest, NotificationRefused_LeavesTheTextOnTheRing) {
  at_fake_xen_fail(xen_, __HYPERVISOR_event_channel_op, 1, true, XEN_EINVAL);
  EXPECT_EQ(Write("x"), AT_OK);
  at_fake_xen_fail(xen_, AT_FAKE_XEN_ANY, 0, false, 0);
  EXPECT_EQ(Taken(), "x");
}

TEST_F(ConsoleTest, Read_TakesWhatWasTyped) {
  EXPECT_EQ(Read(10), "");
  for (uint32_t start : {0u, 0xffffffffu, 0xfffffffau}) {
    SCOPED_TRACE(start);
    Init(start);
    ASSERT_EQ(at_fake_console_type(fake_, "one two three", 13), 13u);
    EXPECT_EQ(Read(4), "one ");
    EXPECT_EQ(Read(0), "");
    EXPECT_EQ(Read(100), "two three");
    EXPECT_EQ(Read(100), "");
    std::string much = Pattern(kIn + 50);
    ASSERT_EQ(at_fake_console_type(fake_, much.data(), much.size()), kIn);
    EXPECT_EQ(Read(2 * kIn), much.substr(0, kIn));
  }
}

TEST_F(ConsoleTest, Read_TellsTheTypistOfTheRoom) {
  at_fake_console_type(fake_, "x", 1);
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(Read(1), "x");
  EXPECT_EQ(Calls(__HYPERVISOR_event_channel_op), 1u);
  EXPECT_EQ(Read(1), "");
  EXPECT_EQ(Calls(__HYPERVISOR_event_channel_op), 1u) << "nothing taken, nothing to tell";
}

TEST_F(ConsoleTest, HostileOutputIndex_BreaksTheConsole) {
  const struct {
    const char *what;
    uint32_t taken;  // how far beyond our start the peer claims to have taken, of 100 bytes written
    at_status status;
  } cases[] = {
      {"all", 100, AT_OK},
      {"none", 0, AT_OK},
      {"one byte more than there was", 101, AT_PROTOCOL},
      {"far more", 0x80000000, AT_PROTOCOL},
      {"fewer than none: the whole ring unread is still possible", static_cast<uint32_t>(100 - kOut), AT_OK},
      {"one byte beyond the ring", static_cast<uint32_t>(99 - kOut), AT_PROTOCOL},
  };
  at_fake_console_set_deaf(fake_, true);
  for (uint32_t start : {0u, 0xffffffb0u}) {
    for (const auto &c : cases) {
      SCOPED_TRACE(::testing::Message() << c.what << ", from " << start);
      Init(start);
      ASSERT_EQ(Write(Pattern(100)), AT_OK);
      ring_->out_cons = start + c.taken;
      std::string guard(ring_->in, kIn);
      at_status status = at_xen_console_flush(&console_, 0);
      EXPECT_EQ(status == AT_TIMED_OUT ? AT_OK : status, c.status);
      if (c.status == AT_OK) continue;
      uint64_t before = Now();
      EXPECT_EQ(Write("more"), AT_PROTOCOL);
      EXPECT_EQ(console_.dropped, 4u);
      ring_->out_cons = start;  // repentance comes too late
      EXPECT_EQ(Write("more"), AT_PROTOCOL);
      size_t got = 1;
      char byte;
      EXPECT_EQ(at_xen_console_read(&console_, &byte, &got, 1), AT_PROTOCOL);
      EXPECT_EQ(got, 0u);
      EXPECT_EQ(Now(), before);
      EXPECT_EQ(std::string(ring_->in, kIn), guard);
    }
  }
}

TEST_F(ConsoleTest, HostileInputIndex_BreaksTheConsole) {
  for (uint32_t produced : {static_cast<uint32_t>(kIn) + 1, 0x80000000u, 0xffffffffu}) {
    SCOPED_TRACE(produced);
    Init(0);
    ring_->in_prod = produced;
    std::string text(4 * kIn, '#');
    size_t got = 1;
    EXPECT_EQ(at_xen_console_read(&console_, &text[0], &got, text.size()), AT_PROTOCOL);
    EXPECT_EQ(got, 0u);
    EXPECT_EQ(text, std::string(4 * kIn, '#'));
    EXPECT_EQ(Write("x"), AT_PROTOCOL);
  }
}

TEST_F(ConsoleTest, OurIndicesOverwritten_AreNotBelieved) {
  ASSERT_EQ(Write("abc"), AT_OK);
  ring_->out_prod = 5000;
  ring_->in_cons = 5000;
  ASSERT_EQ(Write("def"), AT_OK);
  EXPECT_EQ(ring_->out_prod, 6u);
  EXPECT_EQ(Taken(), "abcdef");
  EXPECT_EQ(Read(10), "");
}

// With a reader that keeps its own handler on the same port: both work.
TEST_F(ConsoleTest, PortAdoptedForReading_BothWork) {
  at_xen_events events;
  int ran = 0;
  at_xen_events_init(&events, shared_);
  ASSERT_EQ(at_xen_event_adopt(&events, port_), AT_OK);
  at_xen_event_handle(
      &events, port_, [](void *ctx) { ++*static_cast<int *>(ctx); }, &ran);
  EXPECT_EQ(Write(Pattern(3 * kOut)), AT_OK);
  at_fake_console_type(fake_, "q", 1);
  EXPECT_EQ(at_xen_events_wait(&events, AT_NEVER), AT_OK);
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(Read(1), "q");
}

TEST_F(ConsoleTest, EarlyWrite_GoesToXensOwnConsole) {
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(at_xen_console_early_write("early\nnot this", 6), AT_OK);
  EXPECT_STREQ(at_fake_xen_emergency_text(xen_), "early\n");
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 1u);
  EXPECT_EQ(at_xen_console_early_write("", size_t{1} << 31), AT_TOO_BIG);
}

class ReleaseConsoleTest : public ConsoleTest {
 protected:
  static at_fake_xen_config Release() {
    at_fake_xen_config config{};
    config.release_build = true;
    return config;
  }
  ReleaseConsoleTest() : ConsoleTest(Release()) {}
};

TEST_F(ReleaseConsoleTest, EarlyWrite_IsDenied) {
  EXPECT_EQ(at_xen_console_early_write("early", 5), AT_DENIED);
  EXPECT_STREQ(at_fake_xen_emergency_text(xen_), "");
}

}  // namespace
