/* SPDX-License-Identifier: ISC */
/* The program's name, which err() and warn() print: Xen does not tell a guest its own. In musl it stands in libc.c. */

char *__progname = (char *)"atman";
char *__progname_full = (char *)"atman";
extern char *program_invocation_short_name __attribute__((__weak__, alias("__progname")));
extern char *program_invocation_name __attribute__((__weak__, alias("__progname_full")));
