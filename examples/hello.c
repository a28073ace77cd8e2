/* SPDX-License-Identifier: ISC */
/* The smallest guest: says hello, shows what it was started with, and ends. */

#include <stdio.h>

int main(int argc, char **argv)
{
    puts("Hello from a Xen guest with nothing below it.");
    for (int i = 1; i < argc; i++)
        puts(argv[i]);
    return 0;
}
