// SPDX-License-Identifier: ISC
// Clocks, sleeping and the calendar; the host's library says what is right.

#include <atman/testing/seed.h>

#include <errno.h>
#include <sys/time.h>
#include <time.h>

#include <cstring>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
decltype(clock_gettime) guest_clock_gettime;
decltype(clock_getres) guest_clock_getres;
decltype(clock_nanosleep) guest_clock_nanosleep;
decltype(nanosleep) guest_nanosleep;
decltype(gmtime_r) guest_gmtime_r;
decltype(localtime_r) guest_localtime_r;
decltype(mktime) guest_mktime;
decltype(timegm) guest_timegm;
decltype(strftime) guest_strftime;
decltype(strptime) guest_strptime;
decltype(asctime) guest_asctime;
int guest_gettimeofday(timeval *, void *);
time_t guest_time(time_t *);
unsigned guest_sleep(unsigned);
int guest_usleep(unsigned);
int guest_setenv(const char *, const char *, int);
int guest_unsetenv(const char *);
}

namespace {

TEST(Time, Clocks_AreTheTwoThereAre) {
  AdvanceGuest(5000000001);
  timespec time;
  for (clockid_t clock : {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME}) {
    EXPECT_EQ(guest_clock_gettime(clock, &time), 0);
    EXPECT_EQ(static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec), GuestNow());
  }
  EXPECT_EQ(guest_clock_gettime(CLOCK_REALTIME, &time), 0);
  const uint64_t wall = kWallStart + GuestNow();
  EXPECT_EQ(static_cast<uint64_t>(time.tv_sec), wall / 1000000000);
  EXPECT_EQ(static_cast<uint64_t>(time.tv_nsec), wall % 1000000000);
  EXPECT_EQ(guest_clock_gettime(CLOCK_REALTIME_COARSE, &time), 0);
  EXPECT_EQ(static_cast<uint64_t>(time.tv_nsec), wall % 1000000000);
  EXPECT_EQ(guest_time(nullptr), time.tv_sec);
  timeval old;
  EXPECT_EQ(guest_gettimeofday(&old, nullptr), 0);
  EXPECT_EQ(old.tv_usec, time.tv_nsec / 1000);
  EXPECT_EQ(guest_clock_getres(CLOCK_MONOTONIC, &time), 0);
  EXPECT_EQ(time.tv_nsec, 1);
  EXPECT_EQ(guest_clock_getres(CLOCK_REALTIME, nullptr), 0);
  for (clockid_t clock : {CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, 77}) {
    EXPECT_EQ(guest_clock_gettime(clock, &time), -1) << "not kept";
    EXPECT_EQ(GuestErrno(), EINVAL);
    EXPECT_EQ(guest_clock_getres(clock, &time), -1);
    EXPECT_NE(guest_clock_nanosleep(clock, 0, &time, nullptr), 0);
  }
}

TEST(Time, Sleeping_LastsAsLongAsAsked) {
  uint64_t before = GuestNow();
  EXPECT_EQ(guest_sleep(3), 0u);
  EXPECT_EQ(GuestNow() - before, 3000000000u);
  EXPECT_EQ(guest_usleep(7), 0);
  EXPECT_EQ(GuestNow() - before, 3000007000u);
  timespec until;
  guest_clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 2;
  EXPECT_EQ(guest_clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, nullptr), 0);
  EXPECT_EQ(GuestNow() - before, 5000007000u);
  EXPECT_EQ(guest_clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, nullptr), 0) << "it has passed";
  EXPECT_EQ(GuestNow() - before, 5000007000u);
  for (const timespec wrong : {timespec{0, 1000000000}, timespec{-1, 0}, timespec{0, -1}}) {
    EXPECT_EQ(guest_nanosleep(&wrong, nullptr), -1);
    EXPECT_EQ(GuestErrno(), EINVAL);
  }
}

void ExpectEqual(const tm &guest, const tm &host) {
  EXPECT_EQ(guest.tm_sec, host.tm_sec);
  EXPECT_EQ(guest.tm_min, host.tm_min);
  EXPECT_EQ(guest.tm_hour, host.tm_hour);
  EXPECT_EQ(guest.tm_mday, host.tm_mday);
  EXPECT_EQ(guest.tm_mon, host.tm_mon);
  EXPECT_EQ(guest.tm_year, host.tm_year);
  EXPECT_EQ(guest.tm_wday, host.tm_wday);
  EXPECT_EQ(guest.tm_yday, host.tm_yday);
  EXPECT_EQ(guest.tm_isdst, host.tm_isdst);
  EXPECT_EQ(guest.tm_gmtoff, host.tm_gmtoff);
}

TEST(Time, Calendar_AsTheHosts) {
  const AtSeed seed(1);
  std::mt19937_64 random(seed.value());
  for (int i = 0; i < 20000; i++) {
    time_t time = static_cast<time_t>(random() % (UINT64_C(1) << 37)) - (INT64_C(1) << 35);
    SCOPED_TRACE(time);
    tm guest = {}, host = {};
    guest_gmtime_r(&time, &guest);
    gmtime_r(&time, &host);
    ExpectEqual(guest, host);
    EXPECT_EQ(guest_timegm(&guest), time);
    if (HasFailure()) break;
  }
}

TEST(Time, Zone_IsWhatTzSays) {
  ASSERT_EQ(guest_setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
  setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  tzset();
  for (time_t time = 1577836800; time < 1609459200; time += 3571) {
    SCOPED_TRACE(time);
    tm guest = {}, host = {};
    guest_localtime_r(&time, &guest);
    localtime_r(&time, &host);
    ExpectEqual(guest, host);
    EXPECT_EQ(guest_mktime(&guest), time);
    if (HasFailure()) break;
  }
  guest_unsetenv("TZ");
  unsetenv("TZ");
}

TEST(Time, Formats_AsTheHosts) {
  const time_t time = 1700000000;
  tm parts = {};
  gmtime_r(&time, &parts);
  parts.tm_zone = "UTC";
  for (const char *format : {"%Y-%m-%dT%H:%M:%SZ", "%a, %d %b %Y %H:%M:%S GMT", "%A %B %e %j %U %V %G %u %w %y %C",
                             "%c", "%D %F %T %R %r %I %p", "%s %n%t%%", "%x %X %h"}) {
    SCOPED_TRACE(format);
    char guest[128] = "", host[128] = "";
    EXPECT_EQ(guest_strftime(guest, sizeof guest, format, &parts), strftime(host, sizeof host, format, &parts));
    EXPECT_STREQ(guest, host);
  }
  tm read = {};
  EXPECT_STREQ(guest_strptime("Tue, 14 Nov 2023 22:13:20 rest", "%a, %d %b %Y %H:%M:%S", &read), " rest");
  EXPECT_EQ(guest_timegm(&read), time);
  EXPECT_STREQ(guest_asctime(&parts), "Tue Nov 14 22:13:20 2023\n");
}

}  // namespace
