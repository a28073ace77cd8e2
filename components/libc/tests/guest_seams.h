// SPDX-License-Identifier: ISC
// The guest's C library on the host, and what lies below it: a console that records, and ends that end the process.
//
// A function `f` of the guest is guest_f. A test declares the ones it calls: extern "C" decltype(f) guest_f;
#ifndef ATMAN_LIBC_TESTS_GUEST_SEAMS_H
#define ATMAN_LIBC_TESTS_GUEST_SEAMS_H

#include <string>
#include <vector>

// What the guest wrote to its console since the last call, one entry for each at_console_write().
std::vector<std::string> TakeConsole();

// The guest's errno.
int &GuestErrno();

// at_panic() prints "guest panic: REASON" to stderr and aborts; at_libc_exit() prints what the console has recorded to
// stderr and ends the process with its status. Both are for death tests.

#endif  // ATMAN_LIBC_TESTS_GUEST_SEAMS_H
