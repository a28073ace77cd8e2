// SPDX-License-Identifier: ISC
#include "guest_seams.h"

#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>

#include <atman/libc/console.h>
#include <atman/libc/heap.h>

extern "C" {
int *guest___errno_location();
decltype(at_libc_console_changed) guest_at_libc_console_changed;
char *guest_at_libc_arguments[] = {const_cast<char *>("atman"), const_cast<char *>("word"),
                                   const_cast<char *>("NAME=value"), const_cast<char *>("EMPTY="), nullptr};

// What gcc's -fstack-protector compares with, and calls (-mstack-protector-guard=global): a kernel's is the platform's.
uintptr_t guest___stack_chk_guard = 0x5eed0a7;
[[noreturn]] void guest___stack_chk_fail() { abort(); }
}

int &GuestErrno() { return *guest___errno_location(); }

namespace {

std::vector<std::string> console;
std::deque<char> typed;
bool entropy_works = true;
size_t allocations, fail_allocation, live;

bool Fails() { return ++allocations == fail_allocation; }

void *Count(void *object) {
  live += object != nullptr;
  return object;
}

}  // namespace

std::vector<std::string> TakeConsole() {
  std::vector<std::string> taken;
  taken.swap(console);
  return taken;
}

void Type(const std::string &text) {
  typed.insert(typed.end(), text.begin(), text.end());
  guest_at_libc_console_changed();
}

void SetEntropy(bool works) { entropy_works = works; }

void FailAllocation(size_t number) {
  allocations = 0;
  fail_allocation = number;
}

size_t LiveObjects() { return live; }

extern "C" {

uint64_t guest_at_clock_wall_ns() { return kWallStart + GuestNow(); }

at_status guest_at_entropy_fill(void *out, size_t size) {
  memset(out, entropy_works ? 0xa5 : 0, size);
  return entropy_works ? AT_OK : AT_UNSUPPORTED;
}

void *guest_at_libc_heap_alloc(size_t alignment, size_t size) {
  return Fails() || size > SIZE_MAX / 4 ? nullptr : Count(memalign(alignment, size));
}

void *guest_at_libc_heap_calloc(size_t count, size_t size) { return Fails() ? nullptr : Count(calloc(count, size)); }

void *guest_at_libc_heap_realloc(void *object, size_t size) {
  if (object == nullptr) return guest_at_libc_heap_alloc(16, size);
  return Fails() || size > SIZE_MAX / 4 ? nullptr : realloc(object, size == 0 ? 1 : size);
}

void guest_at_libc_heap_free(void *object) {
  live -= object != nullptr;
  free(object);
}

size_t guest_at_libc_heap_usable_size(void *object) { return malloc_usable_size(object); }

at_status guest_at_libc_console_read(char *text, size_t *got, size_t size) {
  *got = 0;
  if (typed.empty()) return AT_AGAIN;
  if (typed.front() == '\x04') {
    if (size > 0) typed.pop_front();
    return AT_CLOSED;
  }
  while (*got < size && !typed.empty() && typed.front() != '\x04') {
    text[(*got)++] = typed.front();
    typed.pop_front();
    if (text[*got - 1] == '\n') break;
  }
  return AT_OK;
}

void guest_at_console_write(const char *text, size_t size) { console.emplace_back(text, size); }

[[noreturn]] void guest_at_panic(const char *reason) {
  fprintf(stderr, "guest panic: %s\n", reason);
  abort();
}

[[noreturn]] void guest_at_libc_exit(int status) {
  for (const std::string &text : console) fprintf(stderr, "[%s]", text.c_str());
  fflush(stderr);
  _exit(status);
}

}  // extern "C"
