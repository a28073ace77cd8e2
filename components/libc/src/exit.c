/* SPDX-License-Identifier: ISC */
/* The end of the program, where musl's exit() arrives too. In the place of musl's src/exit/_Exit.c and its two calls. */

#include <stdlib.h>

#include <atman/libc/exit.h>

_Noreturn void _Exit(int status)
{
    at_libc_exit(status);
}
