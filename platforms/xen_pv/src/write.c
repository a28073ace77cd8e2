/* SPDX-License-Identifier: ISC */
/* What reports are written with. A kernel with a capsule has capsule.c's in place of these. */

#include <atman/base/console.h>

#include "internal.h"

void at_xen_pv_write(const char *text)
{
    const char *end = text;

    while (*end != '\0')
        end++;
    at_console_write(text, (size_t)(end - text));
}

void at_xen_pv_write_hex(uint64_t value)
{
    char text[18] = {'0', 'x'};
    unsigned i;

    for (i = 0; i < 16; i++)
        text[2 + i] = "0123456789abcdef"[(value >> (60 - 4 * i)) & 15];
    at_console_write(text, sizeof(text));
}

void at_xen_pv_write_bytes(const char *text, size_t size)
{
    at_console_write(text, size);
}
