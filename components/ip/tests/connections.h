/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_TESTS_CONNECTIONS_H
#define ATMAN_IP_TESTS_CONNECTIONS_H

/* A server on our stack and a client on the peer's. */
#include "stacks.h"

class TcpTest : public StacksTest {
 protected:
  void SetUp() override {
    Prepare();
    StartBoth();
  }

  virtual void Prepare() {}

  void Listen(uint16_t port = 80) {
    at_ip_address any = {};

    ASSERT_EQ(AT_OK, at_ip_tcp_listen(
                         us.ip, &listener, &any, port, 16,
                         [](at_ip_tcp *tcp, void *user) { static_cast<TcpTest *>(user)->server.Own(tcp); }, this));
  }

  void Establish() {
    Listen();
    ASSERT_EQ(AT_OK, client.Connect(peer, us.Address(), 80));
    ASSERT_TRUE(Run([&] { return client.connected && server.connected; }));
  }

  void TearDown() override {
    if (client.tcp != nullptr) client.f.at_ip_tcp_close(client.tcp);
    if (server.tcp != nullptr) server.f.at_ip_tcp_close(server.tcp);
    Run([] { return false; }, 1000000000);
    StacksTest::TearDown();
  }

  at_ip_tcp_listener *listener = nullptr;
  Connection server{kOurs}, client{kPeers};
};

inline std::string Pattern(size_t size) {
  std::string text(size, 0);
  uint32_t x = 12345;

  for (auto &c : text) {
    x = x * 1664525 + 1013904223;
    c = char(x >> 24);
  }
  return text;
}

/* The same on devices that do checksums and cut segments. */
class OffloadTest : public TcpTest {
 protected:
  void Prepare() override {
    for (Device *device : {&us.device, &peer.device}) {
      device->info.features |= AT_NETDEV_TX_CSUM4 | AT_NETDEV_TX_CSUM6 | AT_NETDEV_TX_GSO4 | AT_NETDEV_TX_GSO6;
      device->info.max_gso = 65535 + 14;
      device->says_checksum_ok = true;
    }
  }

  /* Loses one in `n` frames. */
  void Lose(unsigned n) {
    carries = [this, n](Bytes &, bool) { return ++carried_ % n != 0; };
  }

  unsigned carried_ = 0;
};

#endif /* ATMAN_IP_TESTS_CONNECTIONS_H */
