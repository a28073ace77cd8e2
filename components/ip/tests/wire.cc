/* SPDX-License-Identifier: ISC */
#include "wire.h"

#include <cstring>

namespace {

const size_t kEthernet = 14;

unsigned Get16(const uint8_t *bytes) { return bytes[0] << 8 | bytes[1]; }

uint32_t Get32(const uint8_t *bytes) { return Get16(bytes) << 16 | Get16(bytes + 2); }

void Put16(uint8_t *bytes, unsigned value) {
  bytes[0] = uint8_t(value >> 8);
  bytes[1] = uint8_t(value);
}

void Put32(uint8_t *bytes, uint32_t value) {
  Put16(bytes, value >> 16);
  Put16(bytes + 2, value & 0xffff);
}

uint32_t Sum(const uint8_t *bytes, size_t size, uint32_t sum) {
  for (size_t i = 0; i + 1 < size; i += 2) sum += Get16(bytes + i);
  if (size % 2 != 0) sum += bytes[size - 1] << 8;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/* Where a packet's payload is: its protocol, and the sum of its pseudo-header. */
struct Layout {
  bool is_ip = false;
  bool is_v6 = false;
  bool is_fragment = false;
  uint8_t protocol = 0;
  size_t header = 0; /* offset of the payload in the frame */
  size_t size = 0;   /* bytes of the payload */
  uint32_t pseudo = 0;
};

Layout LayoutOf(const Bytes &frame) {
  Layout layout;
  const uint8_t *ip = frame.data() + kEthernet;
  unsigned type = Get16(frame.data() + 12);

  if (type == 0x0800) {
    layout.is_ip = true;
    layout.header = kEthernet + (ip[0] & 15) * 4;
    layout.size = Get16(ip + 2) - (ip[0] & 15) * 4;
    layout.protocol = ip[9];
    layout.is_fragment = (Get16(ip + 6) & 0x3fff) != 0;
    layout.pseudo = Sum(ip + 12, 8, uint32_t(layout.protocol + layout.size));
  } else if (type == 0x86dd) {
    layout.is_ip = layout.is_v6 = true;
    layout.header = kEthernet + 40;
    layout.size = Get16(ip + 4);
    layout.protocol = ip[6];
    if (layout.protocol == 0) { /* a hop-by-hop header, as MLD has it */
      layout.protocol = ip[40];
      layout.header += 8;
      layout.size -= 8;
    }
    layout.is_fragment = layout.protocol == 44;
    layout.pseudo = Sum(ip + 8, 32, uint32_t(layout.protocol + layout.size));
  }
  return layout;
}

size_t ChecksumOffset(uint8_t protocol) { return protocol == 6 ? 16 : protocol == 17 ? 6 : 2; }

}  // namespace

uint16_t InternetChecksum(const uint8_t *bytes, size_t size, uint32_t sum) { return uint16_t(~Sum(bytes, size, sum)); }

bool HasRightChecksums(const Bytes &frame) {
  Layout layout = LayoutOf(frame);

  if (!layout.is_ip) return true;
  if (!layout.is_v6 && InternetChecksum(frame.data() + kEthernet, layout.header - kEthernet) != 0) return false;
  if (layout.is_fragment) return true;
  switch (layout.protocol) {
    case 1:
    case 2: return InternetChecksum(frame.data() + layout.header, layout.size) == 0;
    case 17:
      if (!layout.is_v6 && Get16(frame.data() + layout.header + 6) == 0) return true; /* left out, as RFC 768 allows */
                                                                                      /* fall through */
    case 6:
    case 58: return InternetChecksum(frame.data() + layout.header, layout.size, layout.pseudo) == 0;
    default: return true;
  }
}

at_wait Clock::wait() {
  static const at_wait_ops ops = {
      [](void *ctx) { return static_cast<Clock *>(ctx)->now_ns; },
      [](void *ctx, uint64_t deadline_ns) -> at_status {
        Clock *clock = static_cast<Clock *>(ctx);

        clock->sleeps++;
        if (clock->passes && deadline_ns > clock->now_ns) clock->now_ns = deadline_ns;
        return AT_OK;
      },
      [](void *) {},
  };

  return {&ops, this};
}

struct DeviceOps {
  static const struct at_netdev_info *Info(void *ctx) { return &Device::Of(ctx)->info; }

  static at_status Recv(void *ctx, at_netdev_part *parts, size_t capacity, size_t *count) {
    Device *d = Device::Of(ctx);

    *count = 0;
    if (d->ended != AT_OK) return d->ended;
    while (!d->arrived_.empty() && d->arrived_.front().size() <= capacity - *count) {
      for (auto &part : d->arrived_.front()) {
        parts[(*count)++] = part.part;
        d->out_.push_back(std::move(part));
        d->held++;
      }
      d->arrived_.pop_front();
    }
    return AT_OK;
  }

  static void Release(void *ctx, const at_netdev_part *parts, size_t count) {
    Device *d = Device::Of(ctx);

    for (size_t i = 0; i < count; i++) {
      size_t n = 0;

      while (n < d->out_.size() && d->out_[n].part.token != parts[i].token) n++;
      if (n == d->out_.size()) {
        d->faults.push_back("released what is not held");
        continue;
      }
      d->out_.erase(d->out_.begin() + n);
      d->held--;
    }
  }

  static at_status Send(void *ctx, const at_netdev_frame *frame) {
    Device *d = Device::Of(ctx);

    if (d->ended != AT_OK) return d->ended;
    if (d->wire.size() >= d->ring) return AT_AGAIN;
    d->Send(*frame);
    return AT_OK;
  }

  static void Flush(void *ctx) { Device::Of(ctx)->flushes++; }

  static at_status TxDone(void *ctx, void **cookies, size_t capacity, size_t *count) {
    Device *d = Device::Of(ctx);

    *count = 0;
    while (!d->keeps_cookies && !d->cookies.empty() && *count < capacity) {
      cookies[(*count)++] = d->cookies.back();
      d->cookies.pop_back();
    }
    return d->ended;
  }

  static at_status Arm(void *ctx, unsigned events) {
    Device *d = Device::Of(ctx);

    d->armed++;
    d->armed_for = events;
    if (d->ended != AT_OK) return d->ended;
    return ((events & AT_NETDEV_RX) != 0 && !d->arrived_.empty()) ||
                   ((events & AT_NETDEV_TX) != 0 && d->wire.size() < d->ring)
               ? AT_OK
               : AT_AGAIN;
  }

  static at_status Wait(void *, unsigned, uint64_t) { return AT_TIMED_OUT; }

  static void Stats(void *, struct at_netdev_stats *stats) { *stats = {}; }
};

const at_netdev_ops Device::ops = {
    DeviceOps::Info,   DeviceOps::Recv, DeviceOps::Release, DeviceOps::Send,  DeviceOps::Flush,
    DeviceOps::TxDone, DeviceOps::Arm,  DeviceOps::Wait,    DeviceOps::Stats,
};

Device::Device(uint8_t number) {
  const uint8_t mac[] = {0x02, 0, 0, 0, 0, number};

  memcpy(info.mac, mac, sizeof(mac));
  info.mtu = 1500;
  info.max_frame = 1518;
  info.rx_buffers = 64;
  info.tx_slots = 64;
  info.features = AT_NETDEV_TX_PARTS;
}

Device *Device::Of(void *ctx) { return static_cast<Device *>(ctx); }

at_netdev Device::netdev() { return {&ops, this}; }

void Device::Filter(size_t most) {
  most_groups = most;
  info.group = [](void *ctx, const uint8_t *mac, bool joins) -> at_status {
    Device *d = Of(ctx);
    Bytes group(mac, mac + AT_NETDEV_MAC_SIZE);

    if ((mac[0] & 1) == 0) return AT_INVALID;
    if (joins && d->groups.size() == d->most_groups) return AT_NO_SPACE;
    if (!joins && !d->IsMember(group)) return AT_NOT_FOUND;
    if (joins)
      d->groups.insert(group);
    else
      d->groups.erase(d->groups.find(group));
    return AT_OK;
  };
}

void Device::Arrive(const Bytes &frame, uint16_t flags, uint16_t gso_size) {
  std::vector<Part> parts;
  Bytes to(frame.begin(), frame.begin() + std::min<size_t>(frame.size(), AT_NETDEV_MAC_SIZE));

  if (info.group != nullptr && (to[0] & 1) != 0 && to != Bytes(AT_NETDEV_MAC_SIZE, 0xff) && !IsMember(to)) return;

  for (size_t at = 0; at < frame.size(); at += part_size) {
    size_t size = std::min(part_size, frame.size() - at);
    Part part;

    part.data.reset(new uint8_t[size]);
    memcpy(part.data.get(), frame.data() + at, size);
    part.part = {part.data.get(), uint32_t(size), next_token_++, 0, 0};
    if (at + size < frame.size()) part.part.flags = AT_NETDEV_MORE;
    if (at == 0) {
      part.part.flags |= flags | (says_checksum_ok ? AT_NETDEV_CSUM_OK : 0);
      part.part.gso_size = gso_size;
    }
    parts.push_back(std::move(part));
  }
  arrived_.push_back(std::move(parts));
}

void Device::Send(const at_netdev_frame &frame) {
  size_t size = 0;
  Bytes bytes;

  for (size_t i = 0; i < frame.count; i++) size += frame.pieces[i].size;
  bytes.reserve(size);
  for (size_t i = 0; i < frame.count; i++) {
    if (frame.pieces[i].size == 0) faults.push_back("an empty piece");
    bytes.insert(bytes.end(), frame.pieces[i].data, frame.pieces[i].data + frame.pieces[i].size);
  }
  if (bytes.size() < AT_NETDEV_HEADER_SIZE) faults.push_back("a frame that is too short");
  if (bytes.size() > ((frame.flags & (AT_NETDEV_GSO4 | AT_NETDEV_GSO6)) != 0 ? info.max_gso : info.max_frame))
    faults.push_back("a frame that is too long");
  sent_frames++;
  if (frame.cookie != nullptr) {
    cookies.push_back(frame.cookie);
    in_place_frames++;
  }
  if ((frame.flags & AT_NETDEV_CSUM_BLANK) != 0) {
    Layout layout = LayoutOf(bytes);
    uint8_t *field = bytes.data() + layout.header + ChecksumOffset(layout.protocol);

    if ((info.features & (layout.is_v6 ? AT_NETDEV_TX_CSUM6 : AT_NETDEV_TX_CSUM4)) == 0)
      faults.push_back("a blank checksum that the device does not fill in");
    if (Get16(field) != layout.pseudo) faults.push_back("a blank checksum without the pseudo-header's sum");
    Put16(field, InternetChecksum(bytes.data() + layout.header, layout.size));
  }
  if ((frame.flags & (AT_NETDEV_GSO4 | AT_NETDEV_GSO6)) != 0) {
    if ((frame.flags & AT_NETDEV_CSUM_BLANK) == 0) faults.push_back("segmentation without a blank checksum");
    gso_frames++;
    Segment(std::move(bytes), frame.gso_size);
    return;
  }
  wire.push_back(std::move(bytes));
}

/* What a card does: the header over each piece, with its lengths, sequence number and checksums. */
void Device::Segment(Bytes frame, uint16_t gso_size) {
  Layout layout = LayoutOf(frame);
  size_t payload = layout.header + (frame[layout.header + 12] >> 4) * 4;
  uint32_t sequence = Get32(frame.data() + layout.header + 4);
  unsigned id = Get16(frame.data() + kEthernet + 4);

  for (size_t at = payload; at < frame.size(); at += gso_size) {
    size_t size = std::min<size_t>(gso_size, frame.size() - at);
    Bytes segment(frame.begin(), frame.begin() + payload);
    bool is_last = at + size == frame.size();
    uint8_t *ip = segment.data() + kEthernet;
    uint8_t *tcp;

    segment.insert(segment.end(), frame.begin() + at, frame.begin() + at + size);
    ip = segment.data() + kEthernet;
    tcp = segment.data() + layout.header;
    if (layout.is_v6) {
      Put16(ip + 4, unsigned(segment.size() - kEthernet - 40));
    } else {
      Put16(ip + 2, unsigned(segment.size() - kEthernet));
      Put16(ip + 4, id++);
      Put16(ip + 10, 0);
      Put16(ip + 10, InternetChecksum(ip, layout.header - kEthernet));
    }
    Put32(tcp + 4, sequence);
    sequence += uint32_t(size);
    if (!is_last) tcp[13] &= uint8_t(~0x09); /* FIN and PSH belong to the last */
    Put16(tcp + 16, 0);
    Put16(tcp + 16, InternetChecksum(tcp, segment.size() - layout.header, LayoutOf(segment).pseudo));
    wire.push_back(std::move(segment));
  }
}
