/* SPDX-License-Identifier: ISC */
/* The checksum of IP, ICMP, UDP and TCP where no device does it. */

#include "internal.h"

/* Words of any size add up to the same once the sum is folded (RFC 1071, 2): here of eight bytes, with end-around
 * carry.
 */
uint64_t at_ip_sum(uint64_t sum, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t eight, rest = 0;
    uint32_t four;

    /* A guest is compiled as freestanding, where gcc would call memcpy() for eight bytes. */
    for (; size >= sizeof(eight); size -= sizeof(eight), at += sizeof(eight)) {
        __builtin_memcpy(&eight, at, sizeof(eight));
        sum += eight;
        sum += sum < eight;
    }
    if (size >= sizeof(four)) {
        __builtin_memcpy(&four, at, sizeof(four));
        rest = four;
        size -= sizeof(four);
        at += sizeof(four);
    }
    for (unsigned shift = 0; size > 0; size--, shift += 8)
        rest += (uint64_t)*at++ << shift;
    sum += rest;
    return sum + (sum < rest);
}

uint16_t at_ip_sum_fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* lwIP's call, by LWIP_CHKSUM. */
uint16_t at_ip_checksum(const void *bytes, int size)
{
    return at_ip_sum_fold(at_ip_sum(0, bytes, (size_t)size));
}
