// SPDX-License-Identifier: ISC
#include "network.h"

#include <cstring>

namespace {

constexpr size_t kEthernet = 14;

const uint8_t kOurMac[] = {2, 0, 0, 0, 0, 1}, kPeerMac[] = {2, 0, 0, 0, 0, 9};
const uint8_t kOur4[] = {10, 0, 0, 1}, kPeer4[] = {10, 0, 0, 9};
const uint8_t kOur6[] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 1};
const uint8_t kPeer6[] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 9};

unsigned Get16(const uint8_t *bytes) { return bytes[0] << 8 | bytes[1]; }

uint32_t Get32(const uint8_t *bytes) { return uint32_t(Get16(bytes)) << 16 | Get16(bytes + 2); }

// Nothing yet, in the memory that `bytes` has. What frames are put together in is static: to get memory and give it
// back was what the fuzzer did most.
Bytes &Empty(Bytes &bytes) {
  bytes.reserve(2100);
  bytes.clear();
  return bytes;
}

void Add(Bytes *to, unsigned size, uint32_t value) {
  while (size-- > 0) to->push_back(uint8_t(value >> size * 8));
}

void Add(Bytes *to, const uint8_t *bytes, size_t size) { to->insert(to->end(), bytes, bytes + size); }

void Put16(uint8_t *bytes, unsigned value) {
  bytes[0] = uint8_t(value >> 8);
  bytes[1] = uint8_t(value);
}

void AddInput(Network *network, Bytes *to, size_t size) {
  size_t before = to->size();

  to->resize(before + size);
  at_fuzz_bytes(network->peer, to->data() + before, size);
}

// Makes a packet with right lengths and checksums; the bits of `how` make it a fragment or give it an option.
void MakePacket(Network *network, Bytes *made, bool is_v6, uint8_t protocol, Bytes &payload, uint8_t how) {
  static Bytes ip_memory, ends_memory, options_memory;
  size_t field = protocol == 6 ? 16 : protocol == 17 ? 6 : 2;
  uint16_t fragment = (how & 1) != 0 ? at_fuzz_u16(network->peer) : 0;
  bool to_all = (how & 2) != 0;
  Bytes &frame = Empty(*made), &ip = Empty(ip_memory), &more = Empty(options_memory);
  uint8_t to6[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  uint8_t to4[4] = {255, 255, 255, 255};

  if (!to_all) memcpy(to6, kOur6, 16), memcpy(to4, kOur4, 4);
  if (payload.size() >= field + 2) {
    uint32_t sum = is_v6 || protocol != 1 ? uint32_t(protocol + payload.size()) : 0;
    Bytes &ends = Empty(ends_memory);

    if (is_v6) Add(&ends, kPeer6, 16), Add(&ends, to6, 16);
    if (!is_v6 && protocol != 1 && protocol != 2) Add(&ends, kPeer4, 4), Add(&ends, to4, 4);
    Put16(&payload[field], 0);
    ends.insert(ends.end(), payload.begin(), payload.end());
    Put16(&payload[field], InternetChecksum(ends.data(), ends.size(), protocol == 2 && !is_v6 ? 0 : sum));
  }
  Add(&frame, to_all ? to4 : kOurMac, to_all ? 4 : 6);
  if (to_all) Add(&frame, 2, 0xffff);
  Add(&frame, kPeerMac, 6);
  Add(&frame, 2, is_v6 ? 0x86dd : 0x0800);
  if (is_v6) {
    if ((how & 4) != 0) {  // a hop-by-hop or destination header of eight bytes
      Add(&more, 2, uint32_t((how & 1) != 0 ? 44 : protocol) << 8);
      AddInput(network, &more, 6);
    }
    if ((how & 1) != 0) Add(&more, 2, uint32_t(protocol) << 8), Add(&more, 2, fragment), Add(&more, 4, 7);
    Add(&ip, 4, 0x60000000);
    Add(&ip, 2, uint32_t(more.size() + payload.size()));
    Add(&ip, 2, uint32_t((how & 4) != 0 ? ((how & 8) != 0 ? 60 : 0) : (how & 1) != 0 ? 44 : protocol) << 8 | 255);
    Add(&ip, kPeer6, 16);
    Add(&ip, to6, 16);
    ip.insert(ip.end(), more.begin(), more.end());
  } else {
    if ((how & 4) != 0) AddInput(network, &more, 4);
    Add(&ip, 2, uint32_t(0x45 + more.size() / 4) << 8);
    Add(&ip, 2, uint32_t(20 + more.size() + payload.size()));
    Add(&ip, 2, 7);
    Add(&ip, 2, fragment);
    Add(&ip, 4, uint32_t(64) << 24 | uint32_t(protocol) << 16);
    Add(&ip, kPeer4, 4);
    Add(&ip, to4, 4);
    ip.insert(ip.end(), more.begin(), more.end());
    Put16(&ip[10], InternetChecksum(ip.data(), ip.size()));
  }
  frame.insert(frame.end(), ip.begin(), ip.end());
  frame.insert(frame.end(), payload.begin(), payload.end());
}

// The next segment of a connection, or one that is off by what the input says.
void MakeTcpSegment(Network *network, Bytes *made) {
  static Bytes memory;
  at_fuzz_peer *peer = network->peer;
  uint8_t which = at_fuzz_u8(peer), flags = at_fuzz_u8(peer), how = at_fuzz_u8(peer);
  size_t index = which % kLinks, options = (which >> 2 & 15) % 11 * 4;
  Link *link = &network->links[index];
  size_t size = (how & 8) != 0 ? at_fuzz_u16(peer) % 1461 : at_fuzz_u8(peer) % 16;
  uint32_t seq = link->seq + ((how & 16) != 0 ? uint32_t(int32_t(int16_t(at_fuzz_u16(peer)))) : 0);
  uint32_t ack = link->ack + ((how & 32) != 0 ? uint32_t(int32_t(int16_t(at_fuzz_u16(peer)))) : 0);
  unsigned window = (how & 64) != 0 ? at_fuzz_u16(peer) : 8192;
  Bytes &tcp = Empty(memory);

  Add(&tcp, 2, link->remote);
  Add(&tcp, 2, link->local);
  Add(&tcp, 4, seq);
  Add(&tcp, 4, ack);
  Add(&tcp, 2, uint32_t(5 + options / 4) << 12 | flags);
  Add(&tcp, 2, window);
  Add(&tcp, 4, (how & 128) != 0 ? at_fuzz_u16(peer) : 0);
  AddInput(network, &tcp, options);
  tcp.resize(tcp.size() + size, 'x');
  if ((how & 16) == 0) link->seq += uint32_t(size) + (flags & 1) + (flags >> 1 & 1);
  MakePacket(network, made, index % 2 == 1, 6, tcp, how & 5);
}

// A datagram to the socket, or as an answer of DHCP's or DNS's to what was asked.
void MakeUdpDatagram(Network *network, Bytes *made, uint8_t how) {
  static Bytes udp_memory, payload_memory;
  at_fuzz_peer *peer = network->peer;
  size_t size = at_fuzz_u8(peer);
  Bytes &udp = Empty(udp_memory), &payload = Empty(payload_memory);
  unsigned from = 9, to = 7;

  if ((how >> 3 & 3) == 1) {
    from = 53, to = network->dns_port;
    Add(&payload, 2, network->dns_id);
  } else if ((how >> 3 & 3) == 2) {
    from = 67, to = 68;
    Add(&payload, 4, 0x02010600);
    Add(&payload, 4, network->dhcp_id);
    Add(&payload, 4, 0), Add(&payload, 4, 0), Add(&payload, 4, 0x0a000001), Add(&payload, 4, 0x0a000009);
    Add(&payload, 4, 0);
    Add(&payload, kOurMac, 6);
    payload.resize(236);
    Add(&payload, 4, 0x63825363);
  } else if ((how >> 3 & 3) == 3) {
    from = 547, to = 546;
  }
  AddInput(network, &payload, size);
  Add(&udp, 2, from);
  Add(&udp, 2, to);
  Add(&udp, 2, uint32_t(8 + payload.size()));
  Add(&udp, 2, 0);
  udp.insert(udp.end(), payload.begin(), payload.end());
  MakePacket(network, made, (how & 32) != 0, 17, udp, how & 7);
}

void MakeArp(Network *network, Bytes *made) {
  Bytes &frame = Empty(*made);
  uint8_t what = at_fuzz_u8(network->peer);

  Add(&frame, kOurMac, 6);
  Add(&frame, kPeerMac, 6);
  Add(&frame, 2, 0x0806);
  Add(&frame, 4, 0x00010800);
  Add(&frame, 4, 0x06040000u | (what & 3));
  Add(&frame, kPeerMac, 6);
  Add(&frame, kPeer4, 4);
  Add(&frame, kOurMac, 6);
  Add(&frame, kOur4, 4);
  if ((what & 4) != 0) frame[kEthernet + at_fuzz_u8(network->peer) % 28] = at_fuzz_u8(network->peer);
}

}  // namespace

void Learn(Network *network, const Bytes &frame) {
  unsigned type = Get16(&frame[12]);
  bool is_v6 = type == 0x86dd;
  if (!is_v6 && type != 0x0800) return;
  size_t header = kEthernet + (is_v6 ? 40 : (frame[kEthernet] & 15) * 4);
  uint8_t protocol = frame[kEthernet + (is_v6 ? 6 : 9)];
  if (frame.size() < header + 20) return;
  const uint8_t *payload = &frame[header];
  if (protocol == 17 && Get16(payload + 2) == 53) {
    network->dns_port = uint16_t(Get16(payload));
    network->dns_id = uint16_t(Get16(payload + 8));
  } else if (protocol == 17 && Get16(payload + 2) == 67) {
    network->dhcp_id = Get32(payload + 12);
  } else if (protocol == 6) {
    for (Link &link : network->links) {
      if (link.remote != Get16(payload + 2)) continue;
      link.local = uint16_t(Get16(payload));
      link.ack = Get32(payload + 4) + uint32_t(frame.size() - header - (payload[12] >> 4) * 4) + (payload[13] & 1) +
                 (payload[13] >> 1 & 1);
      if ((payload[13] & 16) != 0) link.seq = Get32(payload + 8);
    }
  }
}

const Bytes &NextFrame(Network *network) {
  static Bytes memory, payload_memory;
  at_fuzz_peer *peer = network->peer;
  uint8_t what = at_fuzz_u8(peer);
  Bytes &frame = Empty(memory);

  switch (what & 7) {
    case 0: AddInput(network, &frame, 1 + at_fuzz_u16(peer) % 2000); break;
    case 1: MakeArp(network, &frame); break;
    case 2: MakeUdpDatagram(network, &frame, what >> 3 | (at_fuzz_u8(peer) & 1) << 5); break;
    case 3: {  // ICMP, IGMP, ICMPv6 with neighbour discovery and MLD, and protocols that nobody knows
      const uint8_t protocols[] = {1, 2, 58, 58};
      uint8_t how = at_fuzz_u8(peer), protocol = protocols[how >> 4 & 3];
      Bytes &payload = Empty(payload_memory);

      if ((how & 64) != 0) protocol = at_fuzz_u8(peer);
      AddInput(network, &payload, at_fuzz_u8(peer));
      MakePacket(network, &frame, protocol == 58 || (how & 128) != 0, protocol, payload, how & 15);
      break;
    }
    default: MakeTcpSegment(network, &frame); break;
  }
  if (frame.size() > kEthernet && (what & 0xc0) == 0xc0) frame[at_fuzz_u16(peer) % frame.size()] ^= at_fuzz_u8(peer);
  return frame;
}
