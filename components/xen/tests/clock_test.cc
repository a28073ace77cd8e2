// SPDX-License-Identifier: ISC
// Reading the clocks: the arithmetic, the versions, and steps back.

#include <atman/xen/clock.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "guest_fixture.h"

namespace {

TEST(XenClockScale, Products_AreExact) {
  const struct {
    const char *what;
    uint64_t ticks;
    uint32_t mul;
    int shift;
    uint64_t ns;
  } cases[] = {
      {"nothing", 0, 0xffffffff, 31, 0},
      {"one GHz, as Xen writes it", 1000, 0x80000000, 1, 1000},
      {"two GHz", 2000000000, 0x80000000, 0, 1000000000},
      {"three GHz, rounded down", 3000000000, 1431655765, 0, 999999999},
      {"four GHz, negative shift", 4000000000, 0x80000000, -1, 1000000000},
      {"one MHz, shift 10", 1000000, 4194304000u, 10, 1000000000},
      {"a year at 3 GHz: more than 64 bits before the division", 94608000000000000, 0x80000000, 0, 47304000000000000},
      {"all there is", UINT64_MAX, 0x80000000, 1, UINT64_MAX},
      {"the most negative shift", UINT64_MAX, 0x80000000, -31, 0xffffffff},
      {"the most positive shift", 1, 1, 31, 0},
      {"the most positive shift, one more", 2, 1, 31, 1},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(at_xen_clock_scale(c.ticks, c.mul, c.shift), c.ns);
  }
}

using ClockTest = GuestTest;

TEST_F(ClockTest, Read_IsXensSystemTime) {
  EXPECT_EQ(at_xen_clock_read(shared_), Now());
  at_fake_xen_advance(xen_, 12345);
  EXPECT_EQ(at_xen_clock_read(shared_), Now());
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);
}

TEST_F(ClockTest, Read_AddsWhatTheTscCountedSince) {
  vcpu_time_info *time = &shared_->vcpu_info[0].time;
  uint64_t before = __builtin_ia32_rdtsc();
  time->tsc_timestamp = before - 1000000;
  time->tsc_to_system_mul = 0x80000000;
  time->tsc_shift = 1;  // one tick, one ns
  uint64_t ns = at_xen_clock_read(shared_);
  uint64_t after = __builtin_ia32_rdtsc();
  EXPECT_GE(ns, time->system_time + 1000000);
  EXPECT_LE(ns, time->system_time + 1000000 + (after - before));
}

// The TSC of another CPU, or one read ahead of the stamp, is before it: no time has passed, and not 584 years.
TEST_F(ClockTest, TscBeforeItsStamp_CountsAsNone) {
  vcpu_time_info *time = &shared_->vcpu_info[0].time;
  time->tsc_timestamp = __builtin_ia32_rdtsc() + (uint64_t{1} << 50);
  time->tsc_to_system_mul = 0x80000000;
  EXPECT_EQ(at_xen_clock_read(shared_), time->system_time);
}

// A domain's emulated TSC starts at 0, and Xen's last update may have been up to a second earlier: the stamp is then
// negative, and time passes all the same.
TEST_F(ClockTest, StampBeforeTheTscsZero_CountsFromThere) {
  vcpu_time_info *time = &shared_->vcpu_info[0].time;
  time->tsc_timestamp = uint64_t{0} - 1000000;
  time->tsc_to_system_mul = 0x80000000;
  time->tsc_shift = 1;
  uint64_t before = __builtin_ia32_rdtsc();
  uint64_t ns = at_xen_clock_read(shared_);
  EXPECT_GE(ns, time->system_time + 1000000 + before);
  EXPECT_LE(ns, time->system_time + 1000000 + __builtin_ia32_rdtsc());
}

TEST_F(ClockTest, Now_NeverStepsBack) {
  at_xen_clock clock;
  at_xen_clock_init(&clock, shared_);
  uint64_t first = at_xen_clock_now(&clock);
  EXPECT_EQ(first, Now());
  shared_->vcpu_info[0].time.system_time -= 700;
  EXPECT_EQ(at_xen_clock_read(shared_), first - 700);
  EXPECT_EQ(at_xen_clock_now(&clock), first);
  shared_->vcpu_info[0].time.system_time += 701;
  EXPECT_EQ(at_xen_clock_now(&clock), first + 1);
}

// Another thread is Xen in the middle of an update; the reader must wait for its end.
class Updater {
 public:
  template <typename Finish>
  explicit Updater(Finish finish)
      : thread_([finish] {
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          finish();
        }) {}
  ~Updater() { thread_.join(); }

 private:
  std::thread thread_;
};

TEST_F(ClockTest, UpdateInProgress_IsWaitedFor) {
  vcpu_time_info *time = &shared_->vcpu_info[0].time;
  __atomic_store_n(&time->version, 7, __ATOMIC_SEQ_CST);
  Updater xen([time] {
    __atomic_store_n(&time->system_time, 4242, __ATOMIC_SEQ_CST);
    __atomic_store_n(&time->version, 8, __ATOMIC_SEQ_CST);
  });
  EXPECT_EQ(at_xen_clock_read(shared_), 4242u);
}

TEST_F(ClockTest, WallUpdateInProgress_IsWaitedFor) {
  __atomic_store_n(&shared_->wc_version, 7, __ATOMIC_SEQ_CST);
  Updater xen([this] {
    __atomic_store_n(&shared_->wc_sec, 1700000000, __ATOMIC_SEQ_CST);
    __atomic_store_n(&shared_->wc_version, 8, __ATOMIC_SEQ_CST);
  });
  at_xen_wall_time wall;
  at_xen_clock_wall(shared_, &wall);
  EXPECT_EQ(wall.seconds, 1700000001u);
}

TEST_F(ClockTest, Wall_IsWhatTheHostSet) {
  const struct {
    const char *what;
    uint64_t seconds;
    uint32_t nanoseconds;
  } cases[] = {
      {"2024", 1704067200, 0},
      {"just below a second", 1704067200, 999999999},
      {"beyond 2038", 0x80000005, 1},
      {"beyond 2106: the high word counts", 0x123456789a, 500000000},
  };
  at_fake_xen_advance(xen_, 123456789);
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    at_xen_wall_time wall;
    at_fake_xen_set_wall(xen_, c.seconds, c.nanoseconds);
    at_xen_clock_wall(shared_, &wall);
    EXPECT_EQ(wall.seconds, c.seconds);
    EXPECT_EQ(wall.nanoseconds, c.nanoseconds);

    at_fake_xen_advance(xen_, 1500000000);
    at_xen_clock_wall(shared_, &wall);
    uint64_t ns = c.nanoseconds + uint64_t{1500000000};
    EXPECT_EQ(wall.seconds, c.seconds + ns / 1000000000);
    EXPECT_EQ(wall.nanoseconds, ns % 1000000000);
  }
}

TEST_F(ClockTest, WallVersion_ChangesWhenTheHostSetsItsClockAndOnlyThen) {
  at_fake_xen_set_wall(xen_, 1704067200, 0);
  uint32_t version = at_xen_clock_wall_version(shared_);
  at_fake_xen_advance(xen_, 5000000000);
  EXPECT_EQ(at_xen_clock_wall_version(shared_), version) << "time goes on by itself";
  at_fake_xen_set_wall(xen_, 1704067200, 0);
  EXPECT_NE(at_xen_clock_wall_version(shared_), version);
  at_xen_wall_time wall;
  at_xen_clock_wall(shared_, &wall);
  EXPECT_EQ(wall.seconds, 1704067200u) << "five seconds back";
}

}  // namespace
