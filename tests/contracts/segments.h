/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTS_CONTRACTS_SEGMENTS_H
#define ATMAN_TESTS_CONTRACTS_SEGMENTS_H

/* TCP and UDP frames whose checksums are left open, and a judge of what arrives: for the offloads' cases. */

#include <stdbool.h>
#include <stdint.h>

/* An Ethernet frame to be made, or that was seen. IPv4 without options, IPv6 without extension headers. */
struct segment {
    uint8_t to[6], from[6];
    uint16_t payload; /* bytes after the TCP or UDP header; byte i of the stream is (uint8_t)(i * 7 + (i >> 8)) */
    uint32_t offset;  /* of the payload in the stream (TCP: its sequence number; UDP: 0) */
    bool ipv6;
    bool tcp;
};

#define SEGMENT_HEADERS_MAX (14u + 40 + 20)

/* segment_make writes the frame with its checksum field holding the pseudo-header's sum only. Returns its bytes. */
uint32_t segment_make(uint8_t *frame, const struct segment *segment);

/* segment_read fills in `segment`. Returns whether it is one of segment_make's, of that many bytes, payload and all. */
bool segment_read(struct segment *segment, const uint8_t *frame, uint32_t size);

/* segment_is_summed returns whether the TCP or UDP checksum of a frame that segment_read() took is right. */
bool segment_is_summed(const uint8_t *frame, uint32_t size);

#endif /* ATMAN_TESTS_CONTRACTS_SEGMENTS_H */
