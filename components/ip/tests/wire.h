/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_TESTS_WIRE_H
#define ATMAN_IP_TESTS_WIRE_H

/* Two network devices with a cable between them that can do everything a device may, and virtual time. */

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <atman/base/wait.h>
#include <atman/netdev/netdev.h>

typedef std::vector<uint8_t> Bytes;

/* The time, which moves when a test says so. Sleeping moves nothing: stacks are run one pass at a time; unless
 * `passes`.
 */
struct Clock {
  uint64_t now_ns = 1000000000;
  bool passes = false;
  unsigned sleeps = 0;

  at_wait wait();
};

/* One end. What is sent is a frame on the wire, finished: checksums filled in, cut to segments. */
class Device {
 public:
  explicit Device(uint8_t number);

  at_netdev netdev();

  /* A frame arrives, in parts of at most `part_size` bytes (netfront's are at most a page). */
  void Arrive(const Bytes &frame, uint16_t flags = 0, uint16_t gso_size = 0);

  /* From now on frames to groups arrive only if they were joined, of which there may be so many. */
  void Filter(size_t most);
  bool IsMember(const Bytes &mac) const { return groups.count(mac) != 0; }

  struct at_netdev_info info = {};
  size_t part_size = 4096;
  size_t ring = 64; /* frames that are accepted until Deliver() */
  bool says_checksum_ok = false;
  at_status ended = AT_OK;
  std::deque<Bytes> wire;          /* what was sent, as the wire would carry it */
  std::vector<std::string> faults; /* broken contracts */
  size_t held = 0;                 /* received parts that the user has */
  size_t armed = 0;                /* calls of arm */
  unsigned armed_for = 0;          /* the events of the last */
  size_t flushes = 0;
  size_t gso_frames = 0;
  size_t in_place_frames = 0;
  uint64_t sent_frames = 0;
  std::vector<void *> cookies; /* to be given back */
  bool keeps_cookies = false;  /* the peer reads slowly */
  std::multiset<Bytes> groups; /* joined, with Filter() */
  size_t most_groups = 0;

 private:
  struct Part {
    std::unique_ptr<uint8_t[]> data;
    at_netdev_part part;
  };

  static const at_netdev_ops ops;
  static Device *Of(void *ctx);
  void Send(const at_netdev_frame &frame);
  void Segment(Bytes frame, uint16_t gso_size);

  uint32_t next_token_ = 0;
  std::deque<std::vector<Part>> arrived_;
  std::vector<Part> out_; /* with the user */
  friend struct DeviceOps;
};

/* The internet checksum of RFC 1071 over `bytes`, begun with `sum`; independent of the stack's. */
uint16_t InternetChecksum(const uint8_t *bytes, size_t size, uint32_t sum = 0);

/* Whether every checksum in `frame` (IPv4's header, TCP, UDP, ICMP, ICMPv6) is right. */
bool HasRightChecksums(const Bytes &frame);

#endif
