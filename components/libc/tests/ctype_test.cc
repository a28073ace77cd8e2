// SPDX-License-Identifier: ISC
// <ctype.h>: musl's answer is the host's for every character and EOF.

#include <ctype.h>

#include "gtest/gtest.h"

extern "C" {
int guest_isalnum(int), guest_isalpha(int), guest_isblank(int), guest_iscntrl(int), guest_isdigit(int);
int guest_isgraph(int), guest_islower(int), guest_isprint(int), guest_ispunct(int), guest_isspace(int);
int guest_isupper(int), guest_isxdigit(int), guest_tolower(int), guest_toupper(int);
}

namespace {

TEST(Ctype, EveryCharacter_AsHost) {
  const struct {
    const char *name;
    int (*guest)(int), (*host)(int);
  } cases[] = {
      {"isalnum", guest_isalnum, isalnum}, {"isalpha", guest_isalpha, isalpha}, {"isblank", guest_isblank, isblank},
      {"iscntrl", guest_iscntrl, iscntrl}, {"isdigit", guest_isdigit, isdigit}, {"isgraph", guest_isgraph, isgraph},
      {"islower", guest_islower, islower}, {"isprint", guest_isprint, isprint}, {"ispunct", guest_ispunct, ispunct},
      {"isspace", guest_isspace, isspace}, {"isupper", guest_isupper, isupper}, {"isxdigit", guest_isxdigit, isxdigit},
  };
  for (const auto &c : cases) {
    for (int ch = -1; ch <= 255; ++ch) EXPECT_EQ(c.guest(ch) != 0, c.host(ch) != 0) << c.name << '(' << ch << ')';
  }
  for (int ch = -1; ch <= 255; ++ch) {
    EXPECT_EQ(guest_tolower(ch), tolower(ch));
    EXPECT_EQ(guest_toupper(ch), toupper(ch));
  }
}

}  // namespace
