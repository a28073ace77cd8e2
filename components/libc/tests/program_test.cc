// SPDX-License-Identifier: ISC
// What a program asks of its surroundings: memory, the environment, its options, chance, signals, addresses.

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
void *guest_malloc(size_t);
void *guest_calloc(size_t, size_t);
void *guest_realloc(void *, size_t);
void *guest_aligned_alloc(size_t, size_t);
int guest_posix_memalign(void **, size_t, size_t);
size_t guest_malloc_usable_size(void *);
void guest_free(void *);
char *guest_strdup(const char *);
char *guest_strndup(const char *, size_t);
char *guest_getenv(const char *);
int guest_setenv(const char *, const char *, int);
int guest_unsetenv(const char *);
int guest_putenv(char *);
int guest_getopt_long(int, char *const *, const char *, const option *, int *);
extern int guest_optind;
extern char *guest_optarg;
ssize_t guest_getrandom(void *, size_t, unsigned);
int guest_getentropy(void *, size_t);
int guest_sigaction(int, const void *, void *);
int guest_sigprocmask(int, const void *, void *);
void (*guest_signal(int, void (*)(int)))(int);
int guest_inet_pton(int, const char *, void *);
const char *guest_inet_ntop(int, const void *, char *, socklen_t);
int guest_inet_aton(const char *, in_addr *);
uint16_t guest_htons(uint16_t);
uint32_t guest_htonl(uint32_t);
const char *guest_gai_strerror(int);
int guest_rand_r(unsigned *);
long guest_random();
void guest_srandom(unsigned);
int guest_getpid();
int guest_open(const char *, int, ...);
void *guest_fopen(const char *, const char *);
void guest_warnx(const char *, ...);
void guest_warn(const char *, ...);
int guest_setjmp(void *) __attribute__((returns_twice));
[[noreturn]] void guest_longjmp(void *, int);
}

namespace {

TEST(Program, Malloc_SaysEnomem) {
  void *object = guest_malloc(100);
  ASSERT_NE(object, nullptr);
  EXPECT_GE(guest_malloc_usable_size(object), 100u);
  object = guest_realloc(object, 1000);
  char *copy = guest_strdup("text"), *part = guest_strndup("text", 2);
  EXPECT_STREQ(copy, "text");
  EXPECT_STREQ(part, "te");
  void *zeroes = guest_calloc(3, 7);
  EXPECT_EQ(memcmp(zeroes, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 21), 0);
  for (void *each : {object, static_cast<void *>(copy), static_cast<void *>(part), zeroes}) guest_free(each);
  guest_free(nullptr);
  EXPECT_EQ(LiveObjects(), 0u);
  for (auto failing :
       {+[] { return guest_malloc(1); }, +[] { return guest_calloc(1, 1); }, +[] { return guest_realloc(nullptr, 1); },
        +[] { return guest_aligned_alloc(64, 64); }, +[] { return static_cast<void *>(guest_strdup("x")); }}) {
    FailAllocation(1);
    GuestErrno() = 0;
    EXPECT_EQ(failing(), nullptr);
    EXPECT_EQ(GuestErrno(), ENOMEM);
  }
  FailAllocation(0);
}

TEST(Program, Alignments_ArePowersOfTwo) {
  for (size_t alignment : {8, 16, 64, 4096}) {
    void *object = guest_aligned_alloc(alignment, 100), *posix = nullptr;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
    EXPECT_EQ(guest_posix_memalign(&posix, alignment, 100), 0);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(posix) % alignment, 0u);
    guest_free(object);
    guest_free(posix);
  }
  void *untouched = &untouched;
  for (size_t alignment : {0, 3, 4, 24}) {
    EXPECT_EQ(guest_posix_memalign(&untouched, alignment, 1), EINVAL) << alignment;
    EXPECT_EQ(untouched, &untouched);
  }
  for (size_t alignment : {0, 3, 24}) {
    GuestErrno() = 0;
    EXPECT_EQ(guest_aligned_alloc(alignment, 1), nullptr) << alignment;
    EXPECT_EQ(GuestErrno(), EINVAL);
  }
  FailAllocation(1);
  EXPECT_EQ(guest_posix_memalign(&untouched, 16, 1), ENOMEM);
  FailAllocation(0);
}

TEST(Program, Environment_IsTheCommandLine) {
  EXPECT_STREQ(guest_getenv("NAME"), "value");
  EXPECT_STREQ(guest_getenv("EMPTY"), "");
  for (const char *none : {"word", "atman", "NAM", "NAMES", "", "NAME="}) {
    EXPECT_EQ(guest_getenv(none), nullptr) << none;
  }
  EXPECT_EQ(guest_setenv("NAME", "other", 0), 0);
  EXPECT_STREQ(guest_getenv("NAME"), "value");
  EXPECT_EQ(guest_setenv("NAME", "other", 1), 0);
  EXPECT_STREQ(guest_getenv("NAME"), "other");
  static char whole[] = "MORE=1";
  EXPECT_EQ(guest_putenv(whole), 0);
  EXPECT_STREQ(guest_getenv("MORE"), "1");
  EXPECT_EQ(guest_unsetenv("MORE"), 0);
  EXPECT_EQ(guest_getenv("MORE"), nullptr);
  EXPECT_EQ(guest_setenv("A=B", "x", 1), -1);
  EXPECT_EQ(GuestErrno(), EINVAL);
}

TEST(Program, Getopt_ReadsOptions) {
  char name[] = "atman", a[] = "-a", b[] = "-b7", longer[] = "--port=80", rest[] = "rest";
  char *argv[] = {name, a, rest, b, longer, nullptr};
  const option options[] = {{"port", required_argument, nullptr, 'p'}, {}};
  std::string seen;
  for (int c; (c = guest_getopt_long(5, argv, "ab:", options, nullptr)) != -1;) {
    seen += static_cast<char>(c);
    if (c != 'a') seen += guest_optarg;
  }
  EXPECT_EQ(seen, "ab7p80");
  EXPECT_STREQ(argv[guest_optind], "rest");
}

TEST(Program, Chance_ComesFromTheSeamOrNotAtAll) {
  unsigned char bytes[4] = {};
  EXPECT_EQ(guest_getrandom(bytes, 4, 0), 4);
  EXPECT_EQ(bytes[3], 0xa5);
  EXPECT_EQ(guest_getrandom(bytes, 4, 0x80), -1);
  EXPECT_EQ(GuestErrno(), EINVAL);
  EXPECT_EQ(guest_getentropy(bytes, 4), 0);
  SetEntropy(false);
  EXPECT_EQ(guest_getrandom(bytes, 4, GRND_NONBLOCK), -1);
  EXPECT_EQ(GuestErrno(), ENOSYS);
  EXPECT_NE(guest_getentropy(bytes, 4), 0);
  SetEntropy(true);
  unsigned seed = 1, again = 1;
  EXPECT_EQ(guest_rand_r(&seed), guest_rand_r(&again));
  guest_srandom(7);
  const long first = guest_random();
  EXPECT_NE(guest_random(), first);
  guest_srandom(7);
  EXPECT_EQ(guest_random(), first);
}

TEST(Program, Signals_AreAcceptedAndNeverCome) {
  EXPECT_EQ(guest_signal(SIGPIPE, SIG_IGN), SIG_DFL);
  EXPECT_EQ(guest_signal(SIGPIPE, SIG_DFL), SIG_IGN);
  for (int number : {0, SIGKILL, SIGSTOP, 65, -1}) {
    EXPECT_EQ(guest_signal(number, SIG_IGN), SIG_ERR) << number;
    EXPECT_EQ(GuestErrno(), EINVAL);
  }
  EXPECT_EQ(guest_getpid(), 1);
}

TEST(Program, SignalActions_AreKept) {
  char before[256], again[256];  // a struct sigaction of musl's
  guest_signal(SIGHUP, SIG_IGN);
  EXPECT_EQ(guest_sigaction(SIGHUP, nullptr, before), 0);
  guest_signal(SIGHUP, SIG_DFL);
  EXPECT_EQ(guest_sigaction(SIGHUP, before, nullptr), 0);
  EXPECT_EQ(guest_sigaction(SIGHUP, nullptr, again), 0);
  void (*handler)(int);
  memcpy(&handler, again, sizeof handler);
  EXPECT_EQ(handler, SIG_IGN);
}

TEST(Program, SignalMask_IsAlwaysEmpty) {
  unsigned char set[128], none[128] = {}, before[128];  // musl's sigset_t
  memset(set, 0xff, sizeof set);
  for (int how : {SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK}) {
    memset(before, 0xee, sizeof before);
    EXPECT_EQ(guest_sigprocmask(how, set, before), 0) << how;
    EXPECT_EQ(memcmp(before, none, sizeof none), 0);
  }
  EXPECT_EQ(guest_sigprocmask(77, set, nullptr), -1);
  EXPECT_EQ(GuestErrno(), EINVAL);
  EXPECT_EQ(guest_sigprocmask(77, nullptr, before), 0) << "it only asks";
}

TEST(Program, Files_AreNone) {
  for (int flags : {0, 0100 | 2}) {
    GuestErrno() = 0;
    EXPECT_EQ(guest_open("/etc/program.conf", flags, 0600), -1);
    EXPECT_EQ(GuestErrno(), ENOENT);
  }
  for (const char *mode : {"r", "w"}) {
    GuestErrno() = 0;
    EXPECT_EQ(guest_fopen("/etc/program.conf", mode), nullptr);
    EXPECT_EQ(GuestErrno(), ENOENT);
  }
}

TEST(Program, Warnings_BeginWithTheName) {
  TakeConsole();
  guest_warnx("%d problems", 2);
  GuestErrno() = ENOENT;
  guest_warn("%s", "config");
  std::string all;
  for (const std::string &text : TakeConsole()) all += text;
  EXPECT_EQ(all, "atman: 2 problems\natman: config: No such file or directory\n");
}

TEST(Program, Longjmp_ComesBack) {
  alignas(16) static char place[256];
  static volatile int passes;
  passes = 0;
  const int got = guest_setjmp(place);
  EXPECT_EQ(got, passes == 0 ? 0 : passes == 1 ? 7 : 1);
  if (++passes == 1) guest_longjmp(place, 7);
  if (passes == 2) guest_longjmp(place, 0);  // which is 1
  EXPECT_EQ(passes, 3);
}

TEST(Program, Addresses_AsTheHosts) {
  for (const char *text : {"10.0.0.1", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4 ", "", "1.2.3.4.5", "a"}) {
    SCOPED_TRACE(text);
    unsigned char guest[4] = {}, host[4] = {};
    const int valid = inet_pton(AF_INET, text, host);
    EXPECT_EQ(guest_inet_pton(AF_INET, text, guest), valid);
    EXPECT_TRUE(valid != 1 || memcmp(guest, host, 4) == 0);
  }
  for (const char *text : {"::", "::1", "fe80::1:2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "::ffff:10.0.0.1", ":",
                           "1::2::3", "12345::", "2001:db8:0:0:1:0:0:1"}) {
    SCOPED_TRACE(text);
    unsigned char guest[16] = {}, host[16] = {};
    int valid = inet_pton(AF_INET6, text, host);
    EXPECT_EQ(guest_inet_pton(AF_INET6, text, guest), valid);
    if (valid != 1) continue;
    EXPECT_EQ(memcmp(guest, host, 16), 0);
    char guest_text[64], host_text[64];
    EXPECT_STREQ(guest_inet_ntop(AF_INET6, host, guest_text, 64), inet_ntop(AF_INET6, host, host_text, 64));
  }
  in_addr old = {};
  EXPECT_EQ(guest_inet_aton("127.1", &old), 1);
  EXPECT_EQ(old.s_addr, htonl(0x7f000001));
  EXPECT_EQ(guest_htons(0x1234), htons(0x1234));
  EXPECT_EQ(guest_htonl(0x12345678), htonl(0x12345678));
  EXPECT_STREQ(guest_gai_strerror(-2), "Name does not resolve");
}

}  // namespace
