/* SPDX-License-Identifier: ISC */
/*
 * errno: one cell. In the place of musl's src/errno/__errno_location.c, which keeps it in the thread's state: that
 * state is 200 bytes of initialised data, and most programs need nothing else of it.
 */

static int cell;

int *__errno_location(void)
{
    return &cell;
}

/* The name by which musl's own sources call it. */
int *___errno_location(void) __attribute__((alias("__errno_location")));
