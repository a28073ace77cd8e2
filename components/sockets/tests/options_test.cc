// SPDX-License-Identifier: ISC
// Options of sockets: which are kept, which refused, and what SO_LINGER does.

#include <netinet/tcp.h>

#include "loopback.h"

namespace {

class Options : public Sockets {
 protected:
  static long Bind(at_libc_file *file, const void *address, socklen_t size) {
    return file->ops->socket->bind(file, static_cast<const sockaddr *>(address), size);
  }

  static long Set(at_libc_file *file, int level, int option, int value) {
    return file->ops->socket->setsockopt(file, level, option, &value, sizeof value);
  }

  static int Get(at_libc_file *file, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(file->ops->socket->getsockopt(file, level, option, &value, &size), 0);
    EXPECT_EQ(size, sizeof value);
    return value;
  }
};

TEST_F(Options, Numbers_AreKept_AndOthersRefused) {
  at_libc_file *listener = Listen(80, 1), *stream = Connect(80), *six = Make(SOCK_STREAM, AF_INET6);
  const struct {
    int level, option, value;
  } kept[] = {
      {SOL_SOCKET, SO_REUSEADDR, 1}, {SOL_SOCKET, SO_BROADCAST, 1},    {SOL_SOCKET, SO_KEEPALIVE, 1},
      {IPPROTO_TCP, TCP_NODELAY, 1}, {IPPROTO_TCP, TCP_KEEPIDLE, 100}, {IPPROTO_TCP, TCP_KEEPINTVL, 10},
      {IPPROTO_TCP, TCP_KEEPCNT, 5}, {SOL_SOCKET, SO_KEEPALIVE, 0},
  };
  for (const auto &option : kept) {
    EXPECT_EQ(Set(stream, option.level, option.option, option.value), 0);
    EXPECT_EQ(Get(stream, option.level, option.option), option.value);
  }
  EXPECT_EQ(Set(six, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
  EXPECT_EQ(Get(six, IPPROTO_IPV6, IPV6_V6ONLY), 1);
  at_libc_file *datagram = Make(SOCK_DGRAM);
  for (int taken : {SO_RCVBUF, SO_SNDBUF, SO_REUSEPORT, SO_PRIORITY}) EXPECT_EQ(Set(stream, SOL_SOCKET, taken, 1), 0);
  EXPECT_EQ(Get(stream, SOL_SOCKET, SO_RCVBUF), Get(stream, SOL_SOCKET, SO_SNDBUF));
  EXPECT_EQ(Get(datagram, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
  EXPECT_EQ(Set(datagram, IPPROTO_TCP, TCP_NODELAY, 1), -ENOPROTOOPT);
  EXPECT_EQ(Set(datagram, IPPROTO_TCP, TCP_KEEPIDLE, 1), -ENOPROTOOPT);
  Close(datagram);
  EXPECT_EQ(Get(stream, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
  EXPECT_EQ(Get(stream, SOL_SOCKET, SO_DOMAIN), AF_INET);
  EXPECT_EQ(Get(stream, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
  EXPECT_EQ(Get(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
  EXPECT_GT(Get(stream, SOL_SOCKET, SO_SNDBUF), 0);
  const struct {
    int level, option, value;
    long answer;
  } refused[] = {
      {IPPROTO_TCP, TCP_KEEPIDLE, 0, -EINVAL},
      {IPPROTO_TCP, TCP_KEEPIDLE, 32768, -EINVAL},
      {IPPROTO_TCP, TCP_KEEPCNT, 128, -EINVAL},
      {IPPROTO_TCP, TCP_MAXSEG, 1, -ENOPROTOOPT},
      {IPPROTO_IPV6, IPV6_V6ONLY, 1, -ENOPROTOOPT},
      {SOL_SOCKET, SO_TYPE, 1, -ENOPROTOOPT},
      {12345, 1, 1, -ENOPROTOOPT},
      {IPPROTO_IP, IP_ADD_MEMBERSHIP, 1, -EINVAL},
      {IPPROTO_IP, IP_TOS, 1, -ENOPROTOOPT},
      {IPPROTO_IPV6, IPV6_TCLASS, 1, -ENOPROTOOPT},
      {IPPROTO_IPV6, IPV6_JOIN_GROUP, 1, -EINVAL},
  };
  for (const auto &option : refused) EXPECT_EQ(Set(stream, option.level, option.option, option.value), option.answer);
  int value;
  socklen_t size = sizeof value;
  EXPECT_EQ(stream->ops->socket->getsockopt(stream, 12345, 1, &value, &size), -ENOPROTOOPT);
  EXPECT_EQ(stream->ops->socket->getsockopt(stream, SOL_SOCKET, 12345, &value, &size), -ENOPROTOOPT);
  EXPECT_EQ(stream->ops->socket->setsockopt(stream, SOL_SOCKET, SO_KEEPALIVE, &value, 1), -EINVAL);
  EXPECT_EQ(stream->ops->socket->setsockopt(stream, SOL_SOCKET, SO_LINGER, &value, 1), -EINVAL);
  char large[16];
  size = sizeof large;
  EXPECT_EQ(stream->ops->socket->getsockopt(stream, SOL_SOCKET, SO_TYPE, large, &size), 0);
  EXPECT_EQ(size, sizeof value) << "what there is of it";
  size = 1;
  EXPECT_EQ(stream->ops->socket->getsockopt(stream, SOL_SOCKET, SO_TYPE, large, &size), 0);
  EXPECT_EQ(size, 1u);
  ip_mreq group{};
  ipv6_mreq group6{};
  EXPECT_EQ(stream->ops->socket->setsockopt(stream, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group), -ENODEV);
  EXPECT_EQ(stream->ops->socket->setsockopt(stream, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &group6, sizeof group6), -ENODEV);
  Close(Accept(listener));
  for (at_libc_file *each : {stream, six, listener}) Close(each);
  Run(10000000000);
}

TEST_F(Options, LingerOfSomeTime_IsAnEnd) {
  at_libc_file *listener = Listen(80, 1), *client = Connect(80), *server = Accept(listener);
  const struct linger later = {1, 5};
  long result;
  ASSERT_EQ(client->ops->socket->setsockopt(client, SOL_SOCKET, SO_LINGER, &later, sizeof later), 0);
  Close(client);
  Run();
  Read(server, 1, &result);
  EXPECT_EQ(result, 0);
  Close(server);
  Close(listener);
  Run(200000000000);
}

TEST_F(Options, LingerOfNoTime_IsAReset) {
  at_libc_file *listener = Listen(80, 1), *client = Connect(80), *server = Accept(listener);
  const struct linger now = {1, 0};
  struct linger said = {0, 9};
  socklen_t size = sizeof said;
  long result;
  ASSERT_EQ(client->ops->socket->setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
  ASSERT_EQ(client->ops->socket->getsockopt(client, SOL_SOCKET, SO_LINGER, &said, &size), 0);
  EXPECT_EQ(said.l_onoff, 1);
  EXPECT_EQ(said.l_linger, 0);
  Close(client);
  Run();
  Read(server, 1, &result);
  EXPECT_EQ(result, -ECONNRESET);
  Close(server);
  Close(listener);
}

}  // namespace
