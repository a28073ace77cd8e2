/* SPDX-License-Identifier: ISC */
/*
 * The environment: the words of the command line. Those that are NAME=VALUE are what getenv() finds; the rest it walks
 * past. In the place of musl's src/env/__environ.c, where the loader puts it.
 */

#include <atman/libc/arguments.h>

char **__environ = at_libc_arguments;
extern char **___environ __attribute__((__weak__, alias("__environ")));
extern char **_environ __attribute__((__weak__, alias("__environ")));
extern char **environ __attribute__((__weak__, alias("__environ")));
