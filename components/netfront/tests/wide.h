// SPDX-License-Identifier: ISC
#ifndef ATMAN_NETFRONT_TESTS_WIDE_H
#define ATMAN_NETFRONT_TESTS_WIDE_H

// A guest whose back-end has several queues, and frames of flows to spread over them.

#include <string>

#include "components/netfront/tests/guest.h"

struct Wide : Guest {
  explicit Wide(uint16_t rx = 8, uint16_t tx = 4, uint16_t slots = 0) : Guest(rx, tx, slots) {
    back_config.max_queues = "4";
  }
};

// A frame of a flow: UDP over IPv4, from `port`; `n` stands in it.
inline std::string Udp(uint16_t port, char n, bool tagged = false) {
  std::string frame(12, 'm');
  if (tagged) frame += std::string("\x81\x00\x00\x05", 4);
  frame += std::string("\x08\x00\x45\x00\x00\x40\x00\x00\x00\x00\x40\x11\x00\x00", 14);
  frame += std::string("\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
  frame += {static_cast<char>(port >> 8), static_cast<char>(port), 0, 53};
  return frame + std::string(40, n);
}

#endif  // ATMAN_NETFRONT_TESTS_WIDE_H
