/* SPDX-License-Identifier: ISC */
/* Text by stpcpy() and a few digits: printf() would be half as much as all the rest of the image. */
#define _GNU_SOURCE
#include "net_line.h"

#include <string.h>

static char *put_hex(char *to, unsigned value, unsigned digits)
{
    while (digits-- > 0)
        *to++ = "0123456789abcdef"[(value >> (4 * digits)) & 15];
    *to = '\0';
    return to;
}

char *net_mac(char *text, const uint8_t mac[6])
{
    for (int i = 0; i < 6; i++) {
        if (i > 0)
            *text++ = ':';
        text = put_hex(text, mac[i], 2);
    }
    return text;
}

/* The names of IEEE 802's numbers; NULL for one that stands for itself. */
static const char *type_name(unsigned type)
{
    switch (type) {
    case 0x0800: return "IPV4";
    case 0x0806: return "ARP";
    case 0x8100: return "VLAN";
    case 0x86dd: return "IPV6";
    default: return NULL;
    }
}

static char *put_type(char *to, unsigned type)
{
    return put_hex(stpcpy(to, "0x"), type, 4);
}

void net_line(char line[NET_LINE_SIZE], const uint8_t *frame, size_t size)
{
    uint8_t header[14];
    const char *name;
    unsigned type;

    if (size < sizeof header) {
        strcpy(line, "rx: runt, shorter than an Ethernet header\n");
        return;
    }
    memcpy(header, frame, sizeof header);
    type = (unsigned)header[12] << 8 | header[13];
    name = type_name(type);

    line = net_mac(stpcpy(line, "rx: packet from=\""), header + 6);
    line = net_mac(stpcpy(line, "\" to=\""), header);
    line = stpcpy(put_type(stpcpy(line, "\" type="), type), " (");
    line = name != NULL ? stpcpy(line, name) : put_type(line, type);
    strcpy(line, ")\n");
}
