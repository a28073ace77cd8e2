/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_FUZZ_NETWORK_H
#define ATMAN_IP_FUZZ_NETWORK_H

/* What frame_fuzz's input sends: frames of any bytes, and such as fit what the stack has sent before. */

#include <atman/fuzz/peer.h>

#include <cstddef>
#include <cstdint>

#include "wire.h"

constexpr size_t kLinks = 4; /* of IPv4 if even, else of IPv6 */

/* The next numbers of one connection, as seen in what the stack sent. */
struct Link {
    uint16_t local, remote; /* the stack's port, and the network's */
    uint32_t seq, ack;
};

/* The network: who is at 10.0.0.9 and fe80::ff:fe00:9, and speaks to 10.0.0.1 and fe80::ff:fe00:1. */
struct Network {
    at_fuzz_peer *peer;
    Link links[kLinks];
    uint16_t dns_port, dns_id;
    uint32_t dhcp_id;
};

/* Notes the numbers in what the stack sent, for the answers. */
void Learn(Network *network, const Bytes &frame);

/* A frame to the stack, as the input says; there until the next one. */
const Bytes &NextFrame(Network *network);

#endif
