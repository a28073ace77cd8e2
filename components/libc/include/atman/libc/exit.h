/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_EXIT_H
#define ATMAN_LIBC_EXIT_H

/*
 * The seam under exit(). For platforms: an application calls exit(), or returns from main().
 *
 * A platform starts an application with `exit(main(argc, argv))`. exit() writes what stdout still holds, if the
 * program has a stdout, and ends in at_libc_exit().
 */

#ifdef __cplusplus
extern "C" {
[[noreturn]]
#else
_Noreturn
#endif
/*
 * at_libc_exit ends the program with `status`, 0 for success. Called by exit() and by _Exit(), in any state of the
 * program; nothing is flushed any more. Never returns. A seam: the platform defines it (on xen_pv the domain shuts
 * down, with reason poweroff for 0 and crash for anything else).
 */
void at_libc_exit(int status);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIBC_EXIT_H */
