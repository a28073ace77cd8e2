// SPDX-License-Identifier: ISC
// <string.h> and <strings.h>: musl's answer is the host's, at every size and alignment, and never from
// beyond the object: each stands right before a page that cannot be read.

#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
decltype(memcpy) guest_memcpy;
decltype(memmove) guest_memmove;
decltype(memset) guest_memset;
decltype(memcmp) guest_memcmp;
decltype(mempcpy) guest_mempcpy;
decltype(memccpy) guest_memccpy;
decltype(memmem) guest_memmem;
decltype(explicit_bzero) guest_explicit_bzero;
decltype(strlen) guest_strlen;
decltype(strnlen) guest_strnlen;
decltype(strcpy) guest_strcpy;
decltype(strncpy) guest_strncpy;
decltype(stpcpy) guest_stpcpy;
decltype(stpncpy) guest_stpncpy;
decltype(strcat) guest_strcat;
decltype(strncat) guest_strncat;
decltype(strcmp) guest_strcmp;
decltype(strncmp) guest_strncmp;
decltype(strcasecmp) guest_strcasecmp;
decltype(strncasecmp) guest_strncasecmp;
decltype(strspn) guest_strspn;
decltype(strcspn) guest_strcspn;
decltype(strtok) guest_strtok;
decltype(strtok_r) guest_strtok_r;
decltype(strsep) guest_strsep;
char *guest_strerror(int);
int guest_strerror_r(int, char *, size_t);
// Overloaded in C++, or not in the host's library.
void *guest_memchr(const void *, int, size_t);
void *guest_memrchr(const void *, int, size_t);
char *guest_strchr(const char *, int);
char *guest_strchrnul(const char *, int);
char *guest_strrchr(const char *, int);
char *guest_strstr(const char *, const char *);
char *guest_strcasestr(const char *, const char *);
char *guest_strpbrk(const char *, const char *);
size_t guest_strlcpy(char *, const char *, size_t);
size_t guest_strlcat(char *, const char *, size_t);
}

namespace {

constexpr size_t kSizes = 300;

// Memory that ends where reading or writing on is a fault.
class Edge {
 public:
  Edge() : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    void *p = mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(static_cast<char *>(p) + page_, page_, PROT_NONE) != 0) abort();
    base_ = static_cast<char *>(p);
  }
  ~Edge() { munmap(base_, 2 * page_); }
  Edge(const Edge &) = delete;
  Edge &operator=(const Edge &) = delete;

  // The last `size` bytes, with `content` in them.
  char *Put(const std::string &content) {
    char *at = Last(content.size());
    std::copy(content.begin(), content.end(), at);
    return at;
  }
  // The same for a string: `text` with its terminating zero.
  char *PutString(const std::string &text) { return Put(std::string(text.c_str(), text.size() + 1)); }
  char *Last(size_t size) { return base_ + page_ - size; }

 private:
  size_t page_;
  char *base_;
};

// `size` bytes of which no two near each other are equal, none of them zero.
std::string Pattern(size_t size, int seed = 1) {
  std::string pattern(size, '\0');
  for (size_t i = 0; i < size; ++i) pattern[i] = static_cast<char>(1 + (i * 7 + static_cast<size_t>(seed)) % 251);
  return pattern;
}

int Sign(int n) { return (n > 0) - (n < 0); }

class StringTest : public ::testing::Test {
 protected:
  Edge a_, b_;
};

TEST_F(StringTest, Memcpy_EverySizeAndAlignment) {
  for (size_t size = 0; size <= kSizes; ++size) {
    for (size_t to = 0; to < 16; ++to) {
      SCOPED_TRACE(testing::Message() << size << " bytes to " << to);
      const char *source = a_.Put(Pattern(size));
      std::string room(size + 48, '#');
      char *target = &room[0] + 16 + to;
      ASSERT_EQ(guest_memcpy(target, source, size), target);
      ASSERT_EQ(room, std::string(16 + to, '#') + Pattern(size) + std::string(32 - to, '#'));
    }
    char *last = b_.Last(size);
    ASSERT_EQ(guest_mempcpy(last, a_.Put(Pattern(size, 3)), size), last + size);
    ASSERT_EQ(std::string(last, size), Pattern(size, 3));
  }
}

TEST_F(StringTest, Memmove_OverlappingBothWays) {
  for (size_t size = 0; size <= kSizes; ++size) {
    for (int by : {-64, -17, -8, -7, -1, 0, 1, 3, 8, 16, 100}) {
      SCOPED_TRACE(testing::Message() << size << " bytes by " << by);
      std::string room = Pattern(size + 256);
      std::string expected = room;
      expected.replace(static_cast<size_t>(100 + by), size, room, 100, size);
      char *target = &room[0] + 100 + by;
      ASSERT_EQ(guest_memmove(target, &room[100], size), target);
      ASSERT_EQ(room, expected);
    }
  }
}

TEST_F(StringTest, Memset_EverySizeAndAlignment) {
  for (size_t size = 0; size <= kSizes; ++size) {
    for (size_t to = 0; to < 16; ++to) {
      SCOPED_TRACE(testing::Message() << size << " bytes at " << to);
      std::string room(size + 48, '#');
      char *target = &room[0] + 16 + to;
      ASSERT_EQ(guest_memset(target, 0x1c7, size), target) << "only the low byte of the value counts";
      ASSERT_EQ(room, std::string(16 + to, '#') + std::string(size, '\xc7') + std::string(32 - to, '#'));
      guest_explicit_bzero(target, size);
      ASSERT_EQ(room, std::string(16 + to, '#') + std::string(size, '\0') + std::string(32 - to, '#'));
    }
  }
}

TEST_F(StringTest, Memcmp_FindsTheFirstDifference) {
  for (size_t size = 0; size <= kSizes; ++size) {
    char *a = a_.Put(Pattern(size));
    char *b = b_.Put(Pattern(size));
    ASSERT_EQ(guest_memcmp(a, b, size), 0);
    for (size_t at : {size_t{0}, size / 2, size - 1}) {
      if (at >= size) continue;
      SCOPED_TRACE(testing::Message() << "byte " << at << " of " << size);
      std::swap(a[at], a[size - 1]);
      a[at] = '\x80';  // greater than any char, and negative
      b[at] = '\x01';
      ASSERT_EQ(Sign(guest_memcmp(a, b, size)), 1);
      ASSERT_EQ(Sign(guest_memcmp(b, a, size)), -1);
      a = a_.Put(Pattern(size));
      b = b_.Put(Pattern(size));
    }
  }
}

TEST_F(StringTest, Memchr_EveryPlace) {
  for (size_t size = 0; size <= kSizes; ++size) {
    const std::string filler(size, 'x');
    char *a = a_.Put(filler);
    ASSERT_EQ(guest_memchr(a, 0x81, size), nullptr);
    ASSERT_EQ(guest_memrchr(a, 0x81, size), nullptr);
    char copy[kSizes];
    ASSERT_EQ(guest_memccpy(copy, a, 0x81, size), nullptr);
    for (size_t at = 0; at < size; at += 1 + size / 16) {
      a = a_.Put(filler);
      a[at] = a[size - 1] = '\x81';
      ASSERT_EQ(guest_memchr(a, 0x181, size), a + at);
      ASSERT_EQ(guest_memrchr(a, 0x181, size), a + size - 1);
      ASSERT_EQ(guest_memccpy(copy, a, 0x81, size), copy + at + 1);
      ASSERT_EQ(std::string(copy, at + 1), std::string(a, at + 1));
    }
  }
}

TEST_F(StringTest, Lengths_EverySize) {
  for (size_t size = 0; size <= kSizes; ++size) {
    const char *a = a_.PutString(Pattern(size));
    ASSERT_EQ(guest_strlen(a), size);
    ASSERT_EQ(guest_strnlen(a, SIZE_MAX), size);
    const char *b = b_.Put(Pattern(size));
    ASSERT_EQ(guest_strnlen(b, size), size) << "no zero within the bound";
    ASSERT_EQ(guest_strnlen(a, size / 2), size / 2);
  }
}

TEST_F(StringTest, Copies_EverySizeAndAlignment) {
  for (size_t size = 0; size <= kSizes; ++size) {
    SCOPED_TRACE(size);
    const std::string text = Pattern(size);
    const char *source = a_.PutString(text);
    char *target = b_.Last(size + 1);
    ASSERT_EQ(guest_strcpy(target, source), target);
    ASSERT_EQ(target, text);
    target = b_.Put(std::string(size + 1, '#'));
    ASSERT_EQ(guest_stpcpy(target, source), target + size);
    ASSERT_EQ(target, text);
    for (size_t bound : {size_t{0}, size / 2, size, size + 1, size + 20}) {
      SCOPED_TRACE(bound);
      std::string expected(size + 40, '#');
      std::string actual = expected;
      char *end = stpncpy(&expected[0], source, bound);
      ASSERT_EQ(guest_strncpy(&actual[0], source, bound), &actual[0]);
      ASSERT_EQ(actual, expected);
      actual.assign(size + 40, '#');
      ASSERT_EQ(guest_stpncpy(&actual[0], source, bound) - &actual[0], end - &expected[0]);
      ASSERT_EQ(actual, expected);
    }
    for (size_t off = 0; off < 8; ++off) {
      std::string room(size + 16, '#');
      guest_strcpy(&room[off], source);
      ASSERT_EQ(room, std::string(off, '#') + text + std::string(1, '\0') + std::string(15 - off, '#'));
    }
  }
}

TEST_F(StringTest, BoundedCopies_SayWhatTheyWouldHaveNeeded) {
  const struct {
    const char *before, *text;
    size_t room;
    const char *copied;
    size_t copy_size;
    const char *joined;
    size_t join_size;
  } cases[] = {
      {"ab", "cdef", 16, "cdef", 4, "abcdef", 6}, {"ab", "cdef", 7, "cdef", 4, "abcdef", 6},
      {"ab", "cdef", 6, "cdef", 4, "abcde", 6},   {"ab", "cdef", 5, "cdef", 4, "abcd", 6},
      {"ab", "cdef", 4, "cde", 4, "abc", 6},      {"ab", "cdef", 3, "cd", 4, "ab", 6},
      {"ab", "cdef", 2, "c", 4, "ab", 6},         {"ab", "cdef", 1, "", 4, "ab", 5},
      {"ab", "cdef", 0, "ab", 4, "ab", 4},        {"", "", 1, "", 0, "", 0},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.room);
    char room[32];
    strcpy(room, c.before);
    EXPECT_EQ(guest_strlcpy(room, c.text, c.room), c.copy_size);
    EXPECT_STREQ(room, c.copied);
    strcpy(room, c.before);
    EXPECT_EQ(guest_strlcat(room, c.text, c.room), c.join_size);
    EXPECT_STREQ(room, c.joined);
  }
}

TEST_F(StringTest, Joins_AtTheEdge) {
  for (size_t size = 0; size <= 40; ++size) {
    char *target = b_.Last(2 * size + 1);
    strcpy(target, Pattern(size).c_str());
    ASSERT_EQ(guest_strcat(target, a_.PutString(Pattern(size, 9))), target);
    ASSERT_EQ(target, Pattern(size) + Pattern(size, 9));
    strcpy(target, Pattern(size).c_str());
    ASSERT_EQ(guest_strncat(target, a_.Put(Pattern(size, 9)), size), target);
    ASSERT_EQ(target, Pattern(size) + Pattern(size, 9));
  }
}

TEST_F(StringTest, Comparisons_AsHost) {
  const char *texts[] = {"",  "a",  "A",  "b",    "ab",   "aB",    "abc",           "abd",           "ABC",
                         "z", "[_", "{_", "\x80", "\xff", "a\x80", "a longer text", "a longer texT", "a longer texts"};
  for (const char *x : texts) {
    for (const char *y : texts) {
      SCOPED_TRACE(testing::Message() << x << " and " << y);
      const char *a = a_.PutString(x);
      const char *b = b_.PutString(y);
      EXPECT_EQ(Sign(guest_strcmp(a, b)), Sign(strcmp(x, y)));
      EXPECT_EQ(Sign(guest_strcasecmp(a, b)), Sign(strcasecmp(x, y)));
      for (size_t bound : {0, 1, 2, 3, 13, 14, 100}) {
        EXPECT_EQ(Sign(guest_strncmp(a, b, bound)), Sign(strncmp(x, y, bound))) << bound;
        EXPECT_EQ(Sign(guest_strncasecmp(a, b, bound)), Sign(strncasecmp(x, y, bound))) << bound;
      }
    }
  }
  EXPECT_EQ(guest_strncmp(a_.Put("same"), b_.Put("same"), 4), 0) << "not a byte beyond the bound";
}

TEST_F(StringTest, CharacterSearches_EveryPlace) {
  for (size_t size = 0; size <= kSizes; ++size) {
    const char *none = a_.PutString(std::string(size, 'x'));
    ASSERT_EQ(guest_strchr(none, 'y'), nullptr);
    ASSERT_EQ(guest_strrchr(none, 'y'), nullptr);
    ASSERT_EQ(guest_strchrnul(none, 'y'), none + size);
    ASSERT_EQ(guest_strchr(none, 0), none + size);
    ASSERT_EQ(guest_strrchr(none, 0), none + size);
    for (size_t at = 0; at < size; at += 1 + size / 16) {
      std::string text(size, 'x');
      text[at] = text[size - 1] = '\xe9';
      const char *a = a_.PutString(text);
      ASSERT_EQ(guest_strchr(a, '\xe9'), a + at);
      ASSERT_EQ(guest_strchrnul(a, 0xe9), a + at);
      ASSERT_EQ(guest_strrchr(a, 0x1e9), a + size - 1);
    }
  }
}

TEST_F(StringTest, TextSearches_AsHost) {
  const char *hay[] = {
      "", "a", "aaaaab", "abcabcabd", "aXbXcXdXe", "ababababac", "the quick brown fox jumps over the lazy dog"};
  const char *needles[] = {"",       "a",    "b",   "ab",   "aab", "abd",    "the lazy dog",
                           "abcabd", "lazy", "dog", "dogs", "XdX", "ababac", "quick brown fox jumps over a"};
  for (const char *h : hay) {
    for (const char *n : needles) {
      SCOPED_TRACE(testing::Message() << n << " in " << h);
      const char *a = a_.PutString(h);
      const char *b = b_.PutString(n);
      const char *found = strstr(h, n);
      EXPECT_EQ(guest_strstr(a, b), found ? a + (found - h) : nullptr);
      const char *raw_a = a_.Put(h);
      EXPECT_EQ(guest_memmem(raw_a, strlen(h), b_.Put(n), strlen(n)), found ? raw_a + (found - h) : nullptr);
    }
  }
  const char *text = "Mixed CASE text";
  EXPECT_EQ(guest_strcasestr(text, "case"), text + 6);
  EXPECT_EQ(guest_strcasestr(text, "mIXED"), text);
  EXPECT_EQ(guest_strcasestr(text, "texts"), nullptr);
}

// Needles of every length whose head stands in the text again and again: the two-way search, against the obvious one.
TEST_F(StringTest, Strstr_PeriodicTextsOfEveryLength) {
  for (size_t period = 1; period <= 5; ++period) {
    std::string text;
    for (size_t i = 0; i < 120; ++i) text += static_cast<char>('a' + i % period);
    for (size_t length = 1; length <= 40; ++length) {
      for (size_t from = 0; from < 60; from += 7) {
        std::string needle = text.substr(from, length);
        EXPECT_EQ(guest_strstr(text.c_str(), needle.c_str()) - text.c_str(), static_cast<long>(text.find(needle)));
        needle.back() = '!';
        EXPECT_EQ(guest_strstr(text.c_str(), needle.c_str()), nullptr);
        const std::string marked = text + needle + text;
        const char *found = guest_strstr(marked.c_str(), needle.c_str());
        EXPECT_EQ(found - marked.c_str(), static_cast<long>(marked.find(needle)));
      }
    }
  }
}

TEST_F(StringTest, Spans_AsHost) {
  for (const char *text : {"", "aaa", "abcabc!", "xyz", "\xff\x80 high"}) {
    for (const char *set : {"", "a", "abc", "!", "cba!", "\x80\xff"}) {
      SCOPED_TRACE(testing::Message() << set << " in " << text);
      EXPECT_EQ(guest_strspn(a_.PutString(text), set), strspn(text, set));
      EXPECT_EQ(guest_strcspn(a_.PutString(text), set), strcspn(text, set));
      EXPECT_EQ(guest_strpbrk(text, set), strpbrk(text, set));
    }
  }
}

TEST_F(StringTest, Tokens_InOrder) {
  char text[] = "//components//libc/src/";
  char *rest = nullptr;
  EXPECT_STREQ(guest_strtok_r(text, "/", &rest), "components");
  EXPECT_STREQ(guest_strtok_r(nullptr, "/", &rest), "libc");
  EXPECT_STREQ(guest_strtok_r(nullptr, "/", &rest), "src");
  EXPECT_EQ(guest_strtok_r(nullptr, "/", &rest), nullptr);
  char again[] = "a,b";
  EXPECT_STREQ(guest_strtok(again, ","), "a");
  EXPECT_STREQ(guest_strtok(nullptr, ","), "b");
  EXPECT_EQ(guest_strtok(nullptr, ","), nullptr);
  char fields[] = "a,,b";
  char *at = fields;
  EXPECT_STREQ(guest_strsep(&at, ","), "a");
  EXPECT_STREQ(guest_strsep(&at, ","), "") << "an empty field counts";
  EXPECT_STREQ(guest_strsep(&at, ","), "b");
  EXPECT_EQ(guest_strsep(&at, ","), nullptr);
}

TEST_F(StringTest, Strerror_KnowsLinuxsNumbers) {
  EXPECT_STREQ(guest_strerror(0), "No error information");
  EXPECT_STREQ(guest_strerror(ENOENT), "No such file or directory");
  EXPECT_STREQ(guest_strerror(EAGAIN), "Resource temporarily unavailable");
  EXPECT_STREQ(guest_strerror(-1), guest_strerror(0));
  EXPECT_STREQ(guest_strerror(1 << 30), guest_strerror(0));
  char text[8];
  EXPECT_EQ(guest_strerror_r(ENOENT, text, sizeof text), ERANGE);
  EXPECT_STREQ(text, "No such");
}

}  // namespace
