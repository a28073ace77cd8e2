/* SPDX-License-Identifier: ISC */
/* The least that says something. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    puts("hello");
    exit(0);
}
