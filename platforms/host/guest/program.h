/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_HOST_PROGRAM_H
#define ATMAN_HOST_PROGRAM_H

/*
 * A program that has brought the guest's C library along: between program.c, which is guest code, and the rest of the
 * process.
 */

#include <atman/base/panic.h>

/* at_host_program runs the application's main() and ends as it does: the process's main() in such a program. */
AT_NORETURN int at_host_program(int argc, char **argv);

/*
 * at_host_sched_local says what at_sched_thread_local() of each thread is at first. To be called before
 * at_guest_sched().
 */
void at_host_sched_local(void *local);

#endif /* ATMAN_HOST_PROGRAM_H */
