/* SPDX-License-Identifier: ISC */
/* What takes memory and gives it back. */
#include <stdlib.h>

int main(int argc, char **argv)
{
    (void)argv;
    free(malloc((size_t)argc));
    return 0;
}
