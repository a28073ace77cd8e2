// SPDX-License-Identifier: ISC
// Reading: numbers and words out of text and out of what is typed; the host's library says what is right.

#include <errno.h>
#include <stdio.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
double guest_strtod(const char *, char **);
float guest_strtof(const char *, char **);
long double guest_strtold(const char *, char **);
double guest_atof(const char *);
int guest_sscanf(const char *, const char *, ...);
int guest_scanf(const char *, ...);
int guest_getchar();
char *guest_fgets(char *, int, void *);
ssize_t guest_getline(char **, size_t *, void *);
int guest_ungetc(int, void *);
size_t guest_fread(void *, size_t, size_t, void *);
int guest_feof(void *);
void guest_clearerr(void *);
void guest_free(void *);
int guest_pipe(int *);
void *guest_fdopen(int, const char *);
int guest_fclose(void *);
int guest_fprintf(void *, const char *, ...);
int guest_dprintf(int, const char *, ...);
int guest_fflush(void *);
ssize_t guest_read(int, void *, size_t);
int guest_close(int);
int guest_asprintf(char **, const char *, ...);
void *guest_open_memstream(char **, size_t *);
void *guest_fmemopen(void *, size_t, const char *);
int guest_fseek(void *, long, int);
long guest_ftell(void *);
extern void *const guest_stdin;
}

namespace {

TEST(Scan, FloatingPoint_AsTheHosts) {
  for (const char *text : {"0",
                           "-0",
                           "1",
                           "3.14159",
                           "1e308",
                           "1e309",
                           "4.9e-324",
                           "1e-400",
                           "0x1.8p3",
                           "0x.1p-1070",
                           "inf",
                           "-INFINITY",
                           "nan",
                           "123456789012345678901234567890",
                           "2.2250738585072011e-308",
                           "9007199254740993",
                           "1.7976931348623158e308",
                           " \t+7.25rest",
                           "0x",
                           "1e",
                           ".5",
                           ".",
                           "e5",
                           "-.25e+1x",
                           "0.1",
                           "8.5e15"}) {
    SCOPED_TRACE(text);
    char *guest_end, *host_end;
    errno = GuestErrno() = 0;
    const double guest = guest_strtod(text, &guest_end), host = strtod(text, &host_end);
    EXPECT_EQ(std::isnan(guest), std::isnan(host));
    if (!std::isnan(host)) {
      EXPECT_EQ(guest, host);
      EXPECT_EQ(std::signbit(guest), std::signbit(host));
    }
    EXPECT_EQ(guest_end, host_end);
    if (!std::isnan(host)) {
      EXPECT_EQ(guest_strtof(text, nullptr), strtof(text, nullptr));
      EXPECT_EQ(guest_strtold(text, nullptr), strtold(text, nullptr));
      EXPECT_EQ(guest_atof(text), host);
    }
  }
}

TEST(Scan, Sscanf_AsTheHosts) {
  struct Result {
    int count, number;
    unsigned hex;
    char word[16];
    double real;
    bool operator==(const Result &other) const {
      return count == other.count && number == other.number && hex == other.hex && strcmp(word, other.word) == 0 &&
             real == other.real;
    }
  };
  const struct {
    const char *text, *format;
  } cases[] = {
      {"42 ff word 2.5", "%d %x %15s %lf"},
      {"42,0xff,word,-1e3", "%d,%x,%15[^,],%lf"},
      {"  -7abc xyz 1", "%d%x %15s %lf"},
      {"", "%d%x%s%lf"},
      {"x", "%d%x%s%lf"},
      {"12 34 toolongforthefield 0", "%d %x %7s %lf"},
      {"1 2 ] 3", "%d %x %15[]] %lf"},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.text);
    Result guest = {}, host = {};
    guest.count = guest_sscanf(c.text, c.format, &guest.number, &guest.hex, guest.word, &guest.real);
    host.count = sscanf(c.text, c.format, &host.number, &host.hex, host.word, &host.real);
    EXPECT_TRUE(guest == host) << guest.count << " and " << host.count;
  }
}

TEST(Scan, Stdin_IsWhatIsTyped) {
  char text[32];
  int number = 0;
  Type("12 apples\nsecond line\nx");
  EXPECT_EQ(guest_scanf("%d %31s", &number, text), 2);
  EXPECT_EQ(number, 12);
  EXPECT_STREQ(text, "apples");
  EXPECT_EQ(guest_getchar(), '\n');
  EXPECT_EQ(guest_fgets(text, 8, guest_stdin), text);
  EXPECT_STREQ(text, "second ");
  char *line = nullptr;
  size_t room = 0;
  EXPECT_EQ(guest_getline(&line, &room, guest_stdin), 5);
  EXPECT_STREQ(line, "line\n");
  guest_free(line);
  EXPECT_EQ(guest_getchar(), 'x');
  EXPECT_EQ(guest_ungetc('y', guest_stdin), 'y');
  EXPECT_EQ(guest_getchar(), 'y');
  Type("\x04more\x04");
  EXPECT_EQ(guest_getchar(), EOF);
  EXPECT_TRUE(guest_feof(guest_stdin));
  guest_clearerr(guest_stdin);
  EXPECT_EQ(guest_fread(text, 1, 10, guest_stdin), 4u);
  EXPECT_TRUE(guest_feof(guest_stdin));
  guest_clearerr(guest_stdin);
  EXPECT_DEATH(guest_getchar(), "guest deadlock: file descriptor");
  EXPECT_EQ(LiveObjects(), 0u);
}

TEST(Scan, StreamsOnDescriptors_ReadAndWriteThem) {
  int fds[2];
  ASSERT_EQ(guest_pipe(fds), 0);
  void *out = guest_fdopen(fds[1], "w"), *in = guest_fdopen(fds[0], "r");
  ASSERT_NE(out, nullptr);
  ASSERT_NE(in, nullptr);
  EXPECT_EQ(guest_fprintf(out, "%s %d\n", "number", 5), 9);
  EXPECT_EQ(guest_fflush(out), 0);
  EXPECT_EQ(guest_dprintf(fds[1], "%s", "and this\n"), 9);
  char text[32];
  EXPECT_EQ(guest_fgets(text, sizeof text, in), text);
  EXPECT_STREQ(text, "number 5\n");
  EXPECT_EQ(guest_fgets(text, sizeof text, in), text);
  EXPECT_STREQ(text, "and this\n");
  EXPECT_EQ(guest_fclose(out), 0);
  EXPECT_EQ(guest_fgets(text, sizeof text, in), nullptr);
  EXPECT_EQ(guest_fclose(in), 0);
  EXPECT_EQ(guest_close(fds[0]), -1) << "fclose() closed it";
  EXPECT_EQ(TakeConsole(), std::vector<std::string>());
  EXPECT_EQ(LiveObjects(), 0u);
}

TEST(Scan, StreamsOfMemory_ReadAndWriteIt) {
  char *text = nullptr;
  size_t size = 0;
  void *out = guest_open_memstream(&text, &size);
  EXPECT_EQ(guest_fprintf(out, "%s %d", "number", 5), 8);
  EXPECT_EQ(guest_fclose(out), 0);
  EXPECT_EQ(size, 8u);
  EXPECT_STREQ(text, "number 5");
  void *in = guest_fmemopen(text, size, "r");
  EXPECT_EQ(guest_fseek(in, 7, SEEK_SET), 0);
  char back[8] = "";
  EXPECT_EQ(guest_fread(back, 1, 8, in), 1u);
  EXPECT_STREQ(back, "5");
  EXPECT_EQ(guest_ftell(in), 8);
  EXPECT_EQ(guest_fclose(in), 0);
  guest_free(text);
  EXPECT_EQ(LiveObjects(), 0u);
}

TEST(Scan, Asprintf_Allocates) {
  char *text = nullptr;
  EXPECT_EQ(guest_asprintf(&text, "%d-%s", 7, "x"), 3);
  EXPECT_STREQ(text, "7-x");
  guest_free(text);
  FailAllocation(1);
  EXPECT_EQ(guest_asprintf(&text, "x"), -1);
  FailAllocation(0);
}

}  // namespace
