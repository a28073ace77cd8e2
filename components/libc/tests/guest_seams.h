// SPDX-License-Identifier: ISC
// The guest's C library on the host, and what lies below it: a console that records, and ends that end the process.
//
// A function `f` of the guest is guest_f. A test declares the ones it calls: extern "C" decltype(f) guest_f;
#ifndef ATMAN_LIBC_TESTS_GUEST_SEAMS_H
#define ATMAN_LIBC_TESTS_GUEST_SEAMS_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// What the guest wrote to its console since the last call, one entry for each at_console_write().
std::vector<std::string> TakeConsole();

// The guest's errno.
int &GuestErrno();

// The monotonic clock, which begins at 0 and moves only when a thread sleeps and none is ready, or here. Part of what
// a test chooses with its thread seam: guest_alone.cc, or a scheduler's.
uint64_t GuestNow();
void AdvanceGuest(uint64_t ns);

// What happens once, when the guest sleeps next: it looks again then, and no time has passed. guest_alone.cc's only.
void WhileItSleeps(std::function<void()> happens);

// What the wall clock shows when the monotonic one shows 0.
constexpr uint64_t kWallStart = UINT64_C(1700000000123456789);

// What is typed at the console from now on; "\x04" is the end of the input.
void Type(const std::string &text);

// Entropy fails from now on, or no longer. The heap fails from its Nth allocation on: 0 is never.
void SetEntropy(bool works);
void FailAllocation(size_t number);

// Objects of the heap that have not been given back.
size_t LiveObjects();

// at_panic() prints "guest panic: REASON" to stderr and aborts; at_libc_exit() prints what the console has recorded to
// stderr and ends the process with its status. Both are for death tests.

#endif  // ATMAN_LIBC_TESTS_GUEST_SEAMS_H
