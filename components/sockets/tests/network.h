// SPDX-License-Identifier: ISC
#ifndef ATMAN_SOCKETS_TESTS_NETWORK_H
#define ATMAN_SOCKETS_TESTS_NETWORK_H

// Sockets of a stack that has a network as well, on which nobody answers.

#include <atman/netdev/netdev.h>

#include <algorithm>

#include "loopback.h"

// A network on which nobody answers.
struct SilentDevice {
  struct at_netdev_info info = {};

  SilentDevice() {
    const uint8_t mac[] = {2, 0, 0, 0, 0, 1};
    memcpy(info.mac, mac, sizeof mac);
    info.mtu = 1500;
    info.max_frame = 1518;
    info.rx_buffers = 64;
  }

  at_netdev netdev() {
    static const at_netdev_ops ops = {
        [](void *ctx) -> const struct at_netdev_info *{return &static_cast<SilentDevice *>(ctx)->info;
  }
  ,
      [](void *, at_netdev_part *, size_t, size_t *count) -> at_status {
        *count = 0;
        return AT_OK;
      },
      [](void *, const at_netdev_part *, size_t) {}, [](void *, const at_netdev_frame *) -> at_status { return AT_OK; },
      [](void *) {},
      [](void *ctx, void **cookies, size_t capacity, size_t *count) -> at_status {
        (void)ctx, (void)cookies, (void)capacity;
        *count = 0;
        return AT_OK;
      },
      [](void *, unsigned) -> at_status { return AT_AGAIN; },
      [](void *, unsigned, uint64_t) -> at_status { return AT_TIMED_OUT; },
      [](void *, struct at_netdev_stats *stats) { *stats = {}; },
};
return {&ops, this};
}
}
;

// Before Sockets, whose end still talks to the device.
struct Network {
  SilentDevice device_, bare_device_;
};

class Addresses : public Network, public Sockets {
 protected:
  Addresses() {
    at_ip_settings settings = {};
    settings.address = at_ip_address_v4(10, 0, 0, 1);
    settings.prefix = 24;
    settings.dns[0] = at_ip_address_v4(10, 0, 0, 9);
    settings.ipv6 = true;
    EXPECT_EQ(at_ip_interface_add(ip_, &interface_, device_.netdev(), &settings), AT_OK);
    Run(3000000000);
  }

  // Beside it one without an address, and with this machine for a name server.
  void AddBare() {
    at_ip_settings settings = {};
    at_ip_interface *bare;
    settings.dns[0] = at_ip_address_v4(127, 0, 0, 1);
    ASSERT_EQ(at_ip_interface_add(ip_, &bare, bare_device_.netdev(), &settings), AT_OK);
  }

  static sockaddr_in V4(uint32_t address, uint16_t port) {
    sockaddr_in in = Local(port);
    in.sin_addr.s_addr = htonl(address);
    return in;
  }

  static sockaddr_in6 V6(const std::vector<uint8_t> &last, uint16_t port, uint8_t first = 0) {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    in6.sin6_addr.s6_addr[0] = first;
    std::copy(last.begin(), last.end(), in6.sin6_addr.s6_addr + 16 - last.size());
    return in6;
  }

  template <typename Address>
  static long Bind(at_libc_file *file, const Address &address) {
    return file->ops->socket->bind(file, reinterpret_cast<const sockaddr *>(&address), sizeof address);
  }

  template <typename Address>
  static long ConnectTo(at_libc_file *file, const Address &address) {
    return file->ops->socket->connect(file, reinterpret_cast<const sockaddr *>(&address), sizeof address);
  }

  at_ip_interface *interface_ = nullptr;
};

#endif  // ATMAN_SOCKETS_TESTS_NETWORK_H
