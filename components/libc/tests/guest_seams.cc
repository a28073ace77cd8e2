// SPDX-License-Identifier: ISC
#include "guest_seams.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

extern "C" int *guest___errno_location();

int &GuestErrno() { return *guest___errno_location(); }

namespace {

std::vector<std::string> console;

}  // namespace

std::vector<std::string> TakeConsole() {
  std::vector<std::string> taken;
  taken.swap(console);
  return taken;
}

extern "C" void guest_at_console_write(const char *text, size_t size) { console.emplace_back(text, size); }

extern "C" [[noreturn]] void guest_at_panic(const char *reason) {
  fprintf(stderr, "guest panic: %s\n", reason);
  abort();
}

extern "C" [[noreturn]] void guest_at_libc_exit(int status) {
  for (const std::string &text : console) fprintf(stderr, "[%s]", text.c_str());
  fflush(stderr);
  _exit(status);
}
