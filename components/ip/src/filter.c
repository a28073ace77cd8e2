/* SPDX-License-Identifier: ISC */
/*
 * What is looked at before lwIP sees a frame, in a copy that nobody else can change. lwIP checks most of a packet
 * itself; here is what it relies on without a check, and what decides how the frame is handed over.
 */

#include "internal.h"

#define ETHERNET 14u
#define ARP 28u
#define IPV4 20u
#define IPV6 40u
#define TCP 20u

#define TYPE_IPV4 0x0800u
#define TYPE_ARP 0x0806u
#define TYPE_IPV6 0x86ddu
#define PROTOCOL_TCP 6u

/* A header that lies within the frame lies within its copy. */
_Static_assert(AT_IP_HEAD >= ETHERNET + 60 + 60, "the longest headers of IPv4 and TCP are copied");

static unsigned get16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* The TCP header at `offset`, in a segment of `size` bytes of the frame: whole, and so within what was copied. */
static bool is_tcp_whole(const uint8_t *frame, size_t offset, size_t size)
{
    size_t header;

    if (size < TCP)
        return false;
    header = (frame[offset + 12] >> 4) * 4u;
    return header >= TCP && header <= size;
}

static enum at_ip_kind ipv4(const uint8_t *frame, size_t have, size_t total)
{
    const uint8_t *ip = frame + ETHERNET;
    size_t header, size;

    if (have < ETHERNET + IPV4 || ip[0] >> 4 != 4)
        return AT_IP_DROP;
    header = (ip[0] & 15u) * 4u;
    size = get16(ip + 2);
    if (header < IPV4 || header > size || ETHERNET + size > total)
        return AT_IP_DROP;
    /* A fragment (its offset, or more to come) shows no header of TCP's, or one that lwIP sees when it is whole. */
    if (ip[9] != PROTOCOL_TCP || (get16(ip + 6) & 0x3fff) != 0)
        return AT_IP_IPV4;
    return is_tcp_whole(frame, ETHERNET + header, size - header) ? AT_IP_TCP4 : AT_IP_DROP;
}

static enum at_ip_kind ipv6(const uint8_t *frame, size_t have, size_t total)
{
    const uint8_t *ip = frame + ETHERNET;
    size_t size;

    if (have < ETHERNET + IPV6 || ip[0] >> 4 != 6)
        return AT_IP_DROP;
    size = get16(ip + 4);
    if (ETHERNET + IPV6 + size > total)
        return AT_IP_DROP;
    if (ip[6] != PROTOCOL_TCP)
        return AT_IP_IPV6;
    return is_tcp_whole(frame, ETHERNET + IPV6, size) ? AT_IP_TCP6 : AT_IP_DROP;
}

enum at_ip_kind at_ip_filter(const uint8_t *frame, size_t have, size_t total)
{
    if (have < ETHERNET)
        return AT_IP_DROP;
    switch (get16(frame + 12)) {
    case TYPE_IPV4: return ipv4(frame, have, total);
    case TYPE_IPV6: return ipv6(frame, have, total);
    case TYPE_ARP: return have >= ETHERNET + ARP ? AT_IP_ARP : AT_IP_DROP;
    default: return AT_IP_DROP;
    }
}
