/* SPDX-License-Identifier: ISC */
/* The end of a program with the guest's C library. */

#include <atman/libc/exit.h>

#include <stdlib.h>

void at_libc_exit(int status)
{
    exit(status);
}
