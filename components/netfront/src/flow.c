/* SPDX-License-Identifier: ISC */
/*
 * Which frames belong together: those between the same two addresses, and of TCP and UDP between the same two ports.
 * Fragments have no ports, the first one's would separate it from the others: they go by their addresses.
 */
#include <string.h>

#include "queues.h"

#define TYPE 12u /* offsets in an Ethernet header */
#define VLAN 4u  /* bytes of a tag */
#define IPV4_LEAST 20u
#define IPV6_HEADER 40u
#define HEAD (AT_NETDEV_HEADER_SIZE + VLAN + 60u + 4u) /* the longest IPv4 header, and the ports */

enum { TCP = 6, UDP = 17 };

/* The beginning of a frame, as far as it is there; 0 behind that. */
struct head {
    uint8_t bytes[HEAD];
    uint32_t size;
};

static void gather(struct head *head, const struct at_netdev_frame *frame)
{
    memset(head, 0, sizeof *head);
    for (uint32_t i = 0; i < frame->count && head->size < HEAD; i++) {
        uint32_t left = HEAD - head->size, size = frame->pieces[i].size < left ? frame->pieces[i].size : left;

        memcpy(head->bytes + head->size, frame->pieces[i].data, size);
        head->size += size;
    }
}

static uint32_t u16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

/* Goes on with a hash over `words` words of 4 bytes. */
static uint32_t mix(uint32_t hash, const uint8_t *at, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++, at += 4) {
        uint32_t word;

        memcpy(&word, at, sizeof word);
        hash = (hash ^ word) * 0x9e3779b1u;
        hash ^= hash >> 15;
    }
    return hash;
}

uint32_t at_netfront_flow(const struct at_netdev_frame *frame)
{
    struct head head;
    const uint8_t *ip = head.bytes + AT_NETDEV_HEADER_SIZE;
    uint32_t type, hash = 1, header = 0, protocol = 0;

    gather(&head, frame);
    type = u16(head.bytes + TYPE);
    if (type == 0x8100) {
        type = u16(head.bytes + TYPE + VLAN);
        ip += VLAN;
    }
    if (type == 0x0800 && (ip[0] & 0xf) * 4u >= IPV4_LEAST) {
        hash = mix(hash, ip + 12, 2);
        header = (ip[0] & 0xf) * 4u;
        protocol = (u16(ip + 6) & 0x3fff) == 0 ? ip[9] : 0; /* neither an offset nor more to come */
    } else if (type == 0x86dd) {
        hash = mix(hash, ip + 8, 8);
        header = IPV6_HEADER;
        protocol = ip[6];
    } else {
        return 0;
    }
    return protocol == TCP || protocol == UDP ? mix(hash, ip + header, 1) : hash;
}
