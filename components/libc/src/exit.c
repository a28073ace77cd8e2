/* SPDX-License-Identifier: ISC */
/* The end of the program, where exit() arrives too. In the place of musl's src/exit/_Exit.c and its system call. */

#include <stdlib.h>

#include <atman/libc/exit.h>

_Noreturn void _Exit(int status)
{
    at_libc_exit(status);
}
