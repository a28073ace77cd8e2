/* SPDX-License-Identifier: ISC */
#include "net_line.h"

#include <stdio.h>
#include <string.h>

char *net_mac(char text[NET_MAC_SIZE], const uint8_t mac[6])
{
    snprintf(text, NET_MAC_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    return text;
}

/* The names of IEEE 802's numbers; a number stands for itself, in `number`. */
static const char *type_name(unsigned type, char number[sizeof "0x0000"])
{
    switch (type) {
    case 0x0800:
        return "IPV4";
    case 0x0806:
        return "ARP";
    case 0x8100:
        return "VLAN";
    case 0x86dd:
        return "IPV6";
    default:
        snprintf(number, sizeof "0x0000", "0x%04x", type);
        return number;
    }
}

void net_line(char line[NET_LINE_SIZE], const uint8_t *frame, size_t size)
{
    uint8_t header[14];
    char to[NET_MAC_SIZE], from[NET_MAC_SIZE], number[sizeof "0x0000"];
    unsigned type;

    if (size < sizeof header) {
        snprintf(line, NET_LINE_SIZE, "rx: runt of %u bytes", (unsigned)size);
        return;
    }
    memcpy(header, frame, sizeof header);
    type = (unsigned)header[12] << 8 | header[13];
    snprintf(line, NET_LINE_SIZE, "rx: packet from=\"%s\" to=\"%s\" type=0x%04x (%s)", net_mac(from, header + 6),
             net_mac(to, header), type, type_name(type, number));
}
