/* SPDX-License-Identifier: ISC */
/* An image with so many pages of constants more than it needs. */

#include <stdio.h>

#define PAGE 4096

static const char padding[PAGES * PAGE] = {1};

int main(int argc, char **argv)
{
    (void)argv;
    return padding[(unsigned)argc % sizeof(padding)] != 0 || puts("up") < 0;
}
