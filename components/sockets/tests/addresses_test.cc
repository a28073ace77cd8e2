// SPDX-License-Identifier: ISC
// Ports and addresses: who may bind what, on a stack that has a network as well, and what names and groups are there.

#include <netdb.h>

#include "network.h"

namespace {

constexpr uint32_t kAny = 0, kLoopback = 0x7f000001, kOwn = 0x0a000001, kForeign = 0x0a000002, kGroup = 0xe0000063;

TEST_F(Addresses, Bind_TakesTheMachinesOwnAndGroups) {
  AddBare();
  const struct {
    uint32_t address;
    long answer;
  } cases[] = {{kAny, 0}, {kLoopback, 0}, {kOwn, 0}, {kGroup, 0}, {kForeign, -EADDRNOTAVAIL}};
  for (const auto &c : cases) {
    at_libc_file *file = Make(SOCK_DGRAM);
    EXPECT_EQ(Bind(file, V4(c.address, 53)), c.answer) << std::hex << c.address;
    Close(file);
  }
  const struct {
    sockaddr_in6 address;
    long answer;
  } cases6[] = {
      {V6({}, 53), 0},
      {V6({1}, 53), 0},
      {V6({0x63}, 53, 0xff), 0},
      {V6({0xff, 0xff, 10, 0, 0, 1}, 53), 0},
      {V6({0xff, 0xff, 10, 0, 0, 2}, 53), -EADDRNOTAVAIL},
      {V6({9}, 53, 0x20), -EADDRNOTAVAIL},
  };
  for (const auto &c : cases6) {
    at_libc_file *file = Make(SOCK_DGRAM, AF_INET6);
    EXPECT_EQ(Bind(file, c.address), c.answer);
    Close(file);
  }
}

// Which pairs of addresses cannot have the same port at once.
TEST_F(Addresses, Ports_CollideWhereTheirAddressesDo) {
  const struct {
    uint32_t first, second;
    bool first_reuses, second_reuses, first_listens;
    long answer;
  } cases[] = {
      {kAny, kAny, false, false, false, -EADDRINUSE}, {kAny, kOwn, false, false, false, -EADDRINUSE},
      {kOwn, kAny, false, false, false, -EADDRINUSE}, {kOwn, kOwn, false, false, false, -EADDRINUSE},
      {kOwn, kLoopback, false, false, false, 0},      {kOwn, kOwn, true, true, false, 0},
      {kOwn, kOwn, true, false, false, -EADDRINUSE},  {kOwn, kOwn, false, true, false, -EADDRINUSE},
      {kOwn, kOwn, true, true, true, -EADDRINUSE},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(&c - cases);
    at_libc_file *first = Make(SOCK_STREAM), *second = Make(SOCK_STREAM), *datagram = Make(SOCK_DGRAM);
    int on = 1;
    if (c.first_reuses) first->ops->socket->setsockopt(first, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (c.second_reuses) second->ops->socket->setsockopt(second, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ASSERT_EQ(Bind(first, V4(c.first, 80)), 0);
    if (c.first_listens) {
      ASSERT_EQ(first->ops->socket->listen(first, 1), 0);
    }
    EXPECT_EQ(Bind(second, V4(c.second, 80)), c.answer);
    EXPECT_EQ(Bind(datagram, V4(c.first, 80)), 0) << "UDP's ports are others";
    for (at_libc_file *each : {first, second, datagram}) Close(each);
  }
}

TEST_F(Addresses, Ports_OfBothFamilies) {
  const struct {
    bool v6_only;
    sockaddr_in6 first;
    uint32_t second;
    long answer;
  } cases[] = {
      {false, V6({}, 80), kOwn, -EADDRINUSE},
      {true, V6({}, 80), kOwn, 0},
      {false, V6({1}, 80), kLoopback, 0},
      {false, V6({0xff, 0xff, 10, 0, 0, 1}, 80), kOwn, -EADDRINUSE},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(&c - cases);
    at_libc_file *six = Make(SOCK_STREAM, AF_INET6), *four = Make(SOCK_STREAM);
    int on = c.v6_only;
    six->ops->socket->setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    ASSERT_EQ(Bind(six, c.first), 0);
    EXPECT_EQ(Bind(four, V4(c.second, 80)), c.answer);
    Close(six);
    Close(four);
    six = Make(SOCK_STREAM, AF_INET6), four = Make(SOCK_STREAM);
    six->ops->socket->setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    ASSERT_EQ(Bind(four, V4(c.second, 80)), 0);
    EXPECT_EQ(Bind(six, c.first), c.answer) << "the other way round";
    Close(six);
    Close(four);
  }
}

TEST_F(Addresses, Names_AreThoseOfBothEnds) {
  at_libc_file *listener = Make(SOCK_STREAM, AF_INET6), *client = Make(SOCK_STREAM, AF_INET6);
  sockaddr_storage address;
  socklen_t size;
  ASSERT_EQ(Bind(listener, V6({1}, 80)), 0);
  ASSERT_EQ(listener->ops->socket->listen(listener, 1), 0);
  ASSERT_EQ(ConnectTo(client, V6({1}, 80)), -EINPROGRESS);
  EXPECT_EQ(client->ops->socket->name(client, &address, &size, true), -ENOTCONN);
  Run();
  at_libc_file *server = Accept(listener);
  ASSERT_NE(server, nullptr);
  const auto *in6 = reinterpret_cast<sockaddr_in6 *>(&address);
  EXPECT_EQ(client->ops->socket->name(client, &address, &size, true), 0);
  EXPECT_EQ(ntohs(in6->sin6_port), 80);
  EXPECT_TRUE(IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr));
  EXPECT_EQ(client->ops->socket->name(client, &address, &size, false), 0);
  EXPECT_LE(49152, ntohs(in6->sin6_port));
  EXPECT_TRUE(IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr));
  Close(client);
  Close(server);
  Close(listener);
  Run(200000000000);
}

TEST_F(Addresses, Groups_AreJoinedOnTheInterfaceThatIsNamed) {
  AddBare();
  at_libc_file *four = Make(SOCK_DGRAM), *six = Make(SOCK_DGRAM, AF_INET6);
  const uint32_t interfaces[] = {kAny, kOwn, kForeign};
  for (uint32_t on : interfaces) {
    ip_mreq group{};
    group.imr_multiaddr.s_addr = htonl(kGroup);
    group.imr_interface.s_addr = htonl(on);
    long answer = on == kForeign ? -ENODEV : 0;
    EXPECT_EQ(four->ops->socket->setsockopt(four, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group), answer);
    EXPECT_EQ(four->ops->socket->setsockopt(four, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof group), answer);
  }
  for (unsigned on : {0u, unsigned(at_ip_interface_number(interface_)), 99u}) {
    ipv6_mreq group{};
    group.ipv6mr_multiaddr = V6({0x63}, 0, 0xff).sin6_addr;
    group.ipv6mr_interface = on;
    long answer = on == 99 ? -ENODEV : 0;
    EXPECT_EQ(six->ops->socket->setsockopt(six, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof group), answer);
    EXPECT_EQ(six->ops->socket->setsockopt(six, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &group, sizeof group), answer);
  }
  ip_mreq group{};
  group.imr_multiaddr.s_addr = htonl(kGroup);
  EXPECT_EQ(four->ops->socket->setsockopt(four, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof group), -EADDRNOTAVAIL)
      << "it is no member";
  group.imr_multiaddr.s_addr = htonl(kForeign);
  EXPECT_EQ(four->ops->socket->setsockopt(four, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group), -EINVAL);
  Close(four);
  Close(six);
}

// A membership is a socket's, and ends with it: the stack has few groups.
TEST_F(Addresses, Groups_AreASocketsOwn) {
  auto set = [](at_libc_file *file, int option, uint32_t address) {
    ip_mreq group{};
    group.imr_multiaddr.s_addr = htonl(address);
    return file->ops->socket->setsockopt(file, IPPROTO_IP, option, &group, sizeof group);
  };
  for (uint32_t i = 0; i < 100; ++i) {
    at_libc_file *file = Make(SOCK_DGRAM);
    ASSERT_EQ(set(file, IP_ADD_MEMBERSHIP, kGroup + 1 + i), 0) << i;
    Close(file);
  }
  for (uint8_t i = 0; i < 100; ++i) {
    at_libc_file *file = Make(SOCK_DGRAM, AF_INET6);
    ipv6_mreq group{};
    group.ipv6mr_multiaddr = V6({i}, 0, 0xff).sin6_addr;
    ASSERT_EQ(file->ops->socket->setsockopt(file, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof group), 0) << i;
    Close(file);
  }
  at_libc_file *one = Make(SOCK_DGRAM), *two = Make(SOCK_DGRAM);
  EXPECT_EQ(set(one, IP_ADD_MEMBERSHIP, kGroup), 0);
  EXPECT_EQ(set(one, IP_ADD_MEMBERSHIP, kGroup), -EADDRINUSE);
  EXPECT_EQ(set(two, IP_DROP_MEMBERSHIP, kGroup), -EADDRNOTAVAIL) << "it is another's";
  EXPECT_EQ(set(two, IP_ADD_MEMBERSHIP, kGroup), 0);
  Close(one);
  EXPECT_EQ(set(two, IP_DROP_MEMBERSHIP, kGroup), 0);
  EXPECT_EQ(set(two, IP_DROP_MEMBERSHIP, kGroup), -EADDRNOTAVAIL);
  Close(two);
}

// A datagram socket that is connected hears its peer only.
TEST_F(Addresses, ConnectedDatagramSocket_HearsNobodyElse) {
  at_libc_file *server = Make(SOCK_DGRAM, AF_INET6), *peer = Make(SOCK_DGRAM), *stranger = Make(SOCK_DGRAM),
               *elsewhere = Make(SOCK_DGRAM), *six = Make(SOCK_DGRAM, AF_INET6);
  int on = 1;
  ASSERT_EQ(Bind(server, V6({}, 53)), 0);
  ASSERT_EQ(Bind(peer, V4(kLoopback, 54)), 0);
  ASSERT_EQ(Bind(elsewhere, V4(kOwn, 54)), 0);
  ASSERT_EQ(six->ops->socket->setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on), 0);
  ASSERT_EQ(Bind(six, V6({1}, 54)), 0);
  ASSERT_EQ(ConnectTo(server, V6({0xff, 0xff, 127, 0, 0, 1}, 54)), 0);
  ASSERT_EQ(ConnectTo(six, V6({1}, 53)), 0);
  ASSERT_EQ(ConnectTo(elsewhere, V4(kOwn, 53)), 0);
  EXPECT_EQ(SendTo(stranger, 53, "no"), 2);
  EXPECT_EQ(Write(elsewhere, "another address"), 15);
  EXPECT_EQ(Write(six, "another family"), 14);
  EXPECT_EQ(SendTo(peer, 53, "yes"), 3);
  Run();
  EXPECT_EQ(Read(server, 99), "yes");
  EXPECT_EQ(Read(server, 99), "");
  ASSERT_EQ(server->ops->socket->shutdown(server, SHUT_RD), 0);
  EXPECT_EQ(SendTo(peer, 53, "late"), 4);
  Run();
  EXPECT_EQ(Read(server, 9), "");
  EXPECT_EQ(Write(server, "still"), 5) << "the other direction is open";
  Run();
  EXPECT_EQ(Read(peer, 9), "still");
  ASSERT_EQ(server->ops->socket->shutdown(server, SHUT_WR), 0);
  EXPECT_EQ(Write(server, "x"), -EPIPE);
  for (at_libc_file *each : {server, peer, stranger, elsewhere, six}) Close(each);
}

// A datagram socket of IPv6 that was not bound sends to both families.
TEST_F(Addresses, Ipv6DatagramSocket_SendsToBothFamilies) {
  at_libc_file *server = Make(SOCK_DGRAM, AF_INET6), *client = Make(SOCK_DGRAM, AF_INET6);
  ASSERT_EQ(Bind(server, V6({}, 53)), 0);
  for (const auto &to : {V6({1}, 53), V6({0xff, 0xff, 127, 0, 0, 1}, 53)}) {
    ASSERT_EQ(ConnectTo(client, to), 0);
    EXPECT_EQ(Write(client, "hello"), 5);
    Run();
    EXPECT_EQ(Read(server, 9), "hello");
  }
  ASSERT_EQ(ConnectTo(client, V6({1}, 53)), 0);
  for (size_t size : {65488, 65508}) EXPECT_EQ(Write(client, std::string(size, 'x')), -EMSGSIZE) << size;
  Close(server);
  Close(client);
}

// A server of names that says nothing is given up.
TEST_F(Addresses, Getaddrinfo_OfASilentServer_EndsWithNoName) {
  const at_sockets_config sockets = {ip_, &heap_, at_ip_waiter(ip_)};
  addrinfo hints{}, *list = nullptr;
  at_sockets_start(&sockets);
  ASSERT_EQ(getaddrinfo("127.0.0.1", "80", nullptr, &list), 0) << "an address needs none";
  freeaddrinfo(list); /* which also makes the linker take ours, and not ASan's, whose library has no such function */
  for (int family : {AF_UNSPEC, AF_INET, AF_INET6}) {
    hints.ai_family = family;
    EXPECT_EQ(getaddrinfo("a.example", "80", &hints, &list), EAI_NONAME) << family;
  }
}

TEST_F(Addresses, NetworkThatLeadsNowhere_TimesOut) {
  at_libc_file *file = Make(SOCK_STREAM);
  long result;
  ASSERT_EQ(ConnectTo(file, V4(kForeign, 80)), -EINPROGRESS);
  Run(300000000000);
  Read(file, 1, &result);
  EXPECT_EQ(result, -ETIMEDOUT);
  Close(file);
}

}  // namespace
