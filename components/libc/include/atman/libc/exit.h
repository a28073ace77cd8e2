/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_EXIT_H
#define ATMAN_LIBC_EXIT_H

/*
 * The seam under exit(), for platforms. An application calls exit(), or returns from main().
 *
 * A platform starts an application with `exit(main(argc, argv))`. exit() writes what stdout still holds, if the program
 * has a stdout at all, and ends in at_libc_exit().
 */

#include <atman/base/panic.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_libc_exit ends the program with `status`, 0 for success. exit() and _Exit() call it, the latter in any state of
 * the program; nothing is left to be flushed. Does not return. A seam: the platform defines it (on xen_pv the domain
 * shuts down, with reason poweroff for 0 and crash for anything else).
 */
AT_NORETURN void at_libc_exit(int status);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIBC_EXIT_H */
