/* SPDX-License-Identifier: ISC */
/* RFC 791 (IPv4), 8200 (IPv6), 9293 (TCP), 768 (UDP), 1071 (the sum). */
#include "segments.h"

#include <string.h>

#define ETHERNET 14u
#define PORT 9 /* discard */

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t add(uint32_t sum, const uint8_t *data, uint32_t size)
{
    for (uint32_t i = 0; i < size; i += 2)
        sum += (uint32_t)data[i] << 8 | (i + 1 < size ? data[i + 1] : 0u);
    return sum;
}

static uint32_t fold(uint32_t sum)
{
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static bool is_ipv6(const uint8_t *frame)
{
    return get16(frame + 12) == 0x86dd;
}

static uint8_t *transport(const uint8_t *frame)
{
    return (uint8_t *)frame + ETHERNET + (is_ipv6(frame) ? 40 : 20);
}

/* Of a frame whose IP header is there: addresses, protocol, and length of what follows it. */
static uint32_t pseudo_header(const uint8_t *frame, uint32_t size)
{
    const uint8_t *ip = frame + ETHERNET;
    uint32_t length = (uint32_t)(frame + size - transport(frame));

    return is_ipv6(frame) ? add(length + ip[6], ip + 8, 32) : add(length + ip[9], ip + 12, 8);
}

static uint8_t stream(uint32_t i)
{
    return (uint8_t)(i * 7 + (i >> 8));
}

static void make_ip(uint8_t *ip, const struct segment *s, uint32_t length)
{
    uint8_t protocol = s->tcp ? 6 : 17;

    if (s->ipv6) {
        ip[0] = 0x60;
        put16(ip + 4, length);
        ip[6] = protocol;
        ip[7] = 64;
        memcpy(ip + 8, (const uint8_t[]){0x20, 0x01, 0x0d, 0xb8}, 4); /* RFC 3849 */
        memcpy(ip + 24, ip + 8, 4);
        ip[23] = 1;
        ip[39] = 2;
    } else {
        ip[0] = 0x45;
        put16(ip + 2, 20 + length);
        ip[6] = 0x40;
        ip[8] = 64;
        ip[9] = protocol;
        memcpy(ip + 12, (const uint8_t[]){192, 0, 2, 1, 192, 0, 2, 2}, 8); /* RFC 5737 */
        put16(ip + 10, ~fold(add(0, ip, 20)));
    }
}

uint32_t segment_make(uint8_t *frame, const struct segment *s)
{
    uint32_t header = s->tcp ? 20 : 8, size = ETHERNET + (s->ipv6 ? 40u : 20u) + header + s->payload;
    uint8_t *at;

    memset(frame, 0, size - s->payload);
    memcpy(frame, s->to, 6);
    memcpy(frame + 6, s->from, 6);
    put16(frame + 12, s->ipv6 ? 0x86dd : 0x0800);
    make_ip(frame + ETHERNET, s, header + s->payload);
    at = transport(frame);
    put16(at, PORT);
    put16(at + 2, PORT);
    if (s->tcp) {
        put16(at + 4, s->offset >> 16);
        put16(at + 6, s->offset);
        at[12] = 5 << 4;
        at[13] = 0x10; /* ACK */
    } else {
        put16(at + 4, header + s->payload);
    }
    put16(at + (s->tcp ? 16 : 6), fold(pseudo_header(frame, size)));
    for (uint32_t i = 0; i < s->payload; i++)
        at[header + i] = stream(s->offset + i);
    return size;
}

bool segment_read(struct segment *s, const uint8_t *frame, uint32_t size)
{
    const uint8_t *at = transport(frame);
    uint32_t header, length;

    if (size < SEGMENT_HEADERS_MAX || get16(at) != PORT || get16(at + 2) != PORT)
        return false;
    memset(s, 0, sizeof *s);
    s->ipv6 = is_ipv6(frame);
    s->tcp = frame[ETHERNET + (s->ipv6 ? 6 : 9)] == 6;
    header = s->tcp ? 20 : 8;
    length = s->ipv6 ? get16(frame + ETHERNET + 4) : get16(frame + ETHERNET + 2) - 20;
    if (length < header || at + length != frame + size)
        return false;
    s->payload = (uint16_t)(length - header);
    s->offset = s->tcp ? get16(at + 4) << 16 | get16(at + 6) : 0;
    for (uint32_t i = 0; i < s->payload; i++) {
        if (at[header + i] != stream(s->offset + i))
            return false;
    }
    return true;
}

bool segment_is_summed(const uint8_t *frame, uint32_t size)
{
    const uint8_t *at = transport(frame);

    return fold(add(pseudo_header(frame, size), at, (uint32_t)(frame + size - at))) == 0xffff;
}
