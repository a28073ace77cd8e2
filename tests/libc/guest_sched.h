// SPDX-License-Identifier: ISC
// The guest's C library on the host with pthreads: its threads run on a scheduler of its own, in virtual time.
#ifndef ATMAN_TESTS_LIBC_GUEST_SCHED_H
#define ATMAN_TESTS_LIBC_GUEST_SCHED_H

#include <atman/testing/fake_sched_platform.h>

#include "components/libc/tests/guest_seams.h"

// What is below the scheduler: events, stacks that have not been given back.
at_fake_sched_platform &GuestPlatform();

// Threads that wait for nothing but their turn, without the one that runs.
size_t ReadyThreads();

#endif // ATMAN_TESTS_LIBC_GUEST_SCHED_H
