/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_ARGUMENTS_H
#define ATMAN_LIBC_ARGUMENTS_H

/* The seam under the environment, for platforms: the words of the command line. */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The array that main() gets as its argv, ended by a null pointer, in place when main() begins. The platform defines
 * it. getenv() finds the words NAME=VALUE among them, until setenv() or putenv() makes an environment of its own of it.
 * An array and not a function: so the environment needs no code that fills it before main().
 */
extern char *at_libc_arguments[];

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIBC_ARGUMENTS_H */
