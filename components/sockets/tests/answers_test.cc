// SPDX-License-Identifier: ISC
// What an application is told of its mistakes, its options and its addresses, without a device.

#include <atman/host/seams.h>

#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include "loopback.h"

namespace {

class Answers : public Sockets {
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

TEST_F(Answers, Socket_OfAKindThatIsNotThere_IsRefused) {
  const struct {
    int domain, type, protocol;
    long answer;
  } cases[] = {
      {AF_UNIX, SOCK_STREAM, 0, -EAFNOSUPPORT},
      {AF_INET, SOCK_RAW, 0, -ESOCKTNOSUPPORT},
      {AF_INET, SOCK_SEQPACKET, 0, -ESOCKTNOSUPPORT},
      {AF_INET, 99, 0, -EINVAL},
      {AF_INET, SOCK_STREAM, 17, -EPROTONOSUPPORT},
      {AF_INET6, SOCK_DGRAM, 6, -EPROTONOSUPPORT},
      {AF_INET, SOCK_STREAM, 6, 0},
      {AF_INET6, SOCK_DGRAM, 17, 0},
  };
  for (const auto &c : cases) {
    at_libc_file *file = nullptr;
    EXPECT_EQ(make_socket(&file, c.domain, c.type, c.protocol), c.answer);
    if (file != nullptr) Close(file);
  }
}

TEST_F(Answers, Bind_SaysWhatIsWrong) {
  at_libc_file *file = Make(SOCK_STREAM), *six = Make(SOCK_STREAM, AF_INET6), *other = Make(SOCK_STREAM);
  sockaddr_in address = Local(80), far = Local(80);
  sockaddr_in6 address6{};
  far.sin_addr.s_addr = htonl(0xc0000201);
  address6.sin6_family = AF_INET6;
  EXPECT_EQ(Bind(file, &address, 1), -EINVAL);
  EXPECT_EQ(Bind(file, &address, 8), -EINVAL);
  EXPECT_EQ(Bind(file, &address6, sizeof address6), -EAFNOSUPPORT);
  EXPECT_EQ(Bind(six, &address, 8), -EINVAL);
  EXPECT_EQ(Bind(six, &address6, 20), -EINVAL);
  EXPECT_EQ(Bind(file, &far, sizeof far), -EADDRNOTAVAIL);
  EXPECT_EQ(Bind(file, &address, sizeof address), 0);
  EXPECT_EQ(Bind(file, &address, sizeof address), -EINVAL) << "it is bound";
  EXPECT_EQ(Bind(other, &address, sizeof address), -EADDRINUSE);
  for (at_libc_file *each : {file, six, other}) Close(each);
}

TEST_F(Answers, Stream_BeforeItIsConnected) {
  at_libc_file *file = Make(SOCK_STREAM), *made;
  sockaddr_storage address;
  socklen_t size;
  long result;
  int waiting;
  const at_libc_socket_ops *ops = file->ops->socket;
  Read(file, 1, &result);
  EXPECT_EQ(result, -ENOTCONN);
  EXPECT_EQ(Write(file, "x"), -EPIPE);
  EXPECT_EQ(ops->accept(file, &made, &address, &size), -EINVAL);
  EXPECT_EQ(ops->shutdown(file, SHUT_RD), -ENOTCONN);
  EXPECT_EQ(ops->shutdown(file, 99), -EINVAL);
  EXPECT_EQ(ops->name(file, &address, &size, true), -ENOTCONN);
  EXPECT_EQ(file->ops->ready(file) & (POLLHUP | POLLIN), POLLHUP);
  EXPECT_EQ(file->ops->ioctl(file, FIONREAD, &waiting), 0);
  EXPECT_EQ(waiting, 0);
  EXPECT_EQ(file->ops->ioctl(file, 12345, &waiting), -ENOTTY);
  Close(file);
}

TEST_F(Answers, Connect_ToNobody_IsRefusedOnce_AndKnowsItsStates) {
  at_libc_file *file = Make(SOCK_STREAM), *listener = Listen(80, 1);
  sockaddr_in nobody = Local(81), zero = Local(0), server = Local(80);
  const at_libc_socket_ops *ops = file->ops->socket;
  auto connect = [&](sockaddr_in &to) { return ops->connect(file, reinterpret_cast<sockaddr *>(&to), sizeof to); };
  EXPECT_EQ(connect(zero), -ECONNREFUSED);
  EXPECT_EQ(ops->connect(file, reinterpret_cast<sockaddr *>(&nobody), 8), -EINVAL);
  EXPECT_EQ(connect(nobody), -EINPROGRESS);
  EXPECT_EQ(connect(nobody), -EALREADY);
  EXPECT_EQ(Write(file, "x"), -EAGAIN);
  Run();
  EXPECT_NE(file->ops->ready(file) & POLLERR, 0);
  EXPECT_EQ(Get(file, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
  EXPECT_EQ(Get(file, SOL_SOCKET, SO_ERROR), 0) << "once";
  EXPECT_EQ(connect(nobody), -EINPROGRESS);
  Run();
  EXPECT_EQ(connect(server), -ECONNREFUSED) << "of the time before";
  server.sin_addr.s_addr = 0;
  EXPECT_EQ(connect(server), -EINPROGRESS) << "to nowhere is to here";
  Run();
  EXPECT_EQ(connect(server), 0);
  EXPECT_EQ(connect(server), -EISCONN);
  EXPECT_EQ(ops->listen(file, 1), -EINVAL);
  EXPECT_EQ(Bind(file, &zero, sizeof zero), -EINVAL) << "it has its port";
  EXPECT_EQ(listener->ops->socket->connect(listener, reinterpret_cast<sockaddr *>(&server), sizeof server), -EISCONN);
  Close(Accept(listener));
  Close(file);
  Close(listener);
  Run(10000000000);
}

TEST_F(Answers, Connect_OfIpv6ToNowhere_IsToHere) {
  at_libc_file *listener = Listen(80, 1), *six = Make(SOCK_STREAM, AF_INET6);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(80);
  EXPECT_EQ(six->ops->socket->connect(six, reinterpret_cast<sockaddr *>(&any), sizeof any), -EINPROGRESS);
  Run();
  Close(Accept(listener));
  Close(six);
  Close(listener);
  Run(200000000000);
}

TEST_F(Answers, WithoutANetwork_NothingIsReached) {
  at_libc_file *stream = Make(SOCK_STREAM), *datagram = Make(SOCK_DGRAM);
  sockaddr_in far = Local(80);
  far.sin_addr.s_addr = htonl(0xc0000201);
  for (at_libc_file *file : {stream, datagram}) {
    long result = file->ops->socket->connect(file, reinterpret_cast<sockaddr *>(&far), sizeof far);
    EXPECT_EQ(file == stream ? result : Write(file, "x"), -ENETUNREACH);
    Close(file);
  }
}

// Two that want to share a port, and of which the stack gives it to one.
TEST_F(Answers, PortThatTheStackHasGivenAway_IsInUse) {
  for (int type : {SOCK_DGRAM, SOCK_STREAM}) {
    at_libc_file *first = Make(type), *second = Make(type);
    sockaddr_in address = Local(53);
    for (at_libc_file *file : {first, second}) {
      EXPECT_EQ(Set(file, SOL_SOCKET, SO_REUSEADDR, 1), 0);
      EXPECT_EQ(Bind(file, &address, sizeof address), file == first || type == SOCK_STREAM ? 0 : -EADDRINUSE);
    }
    for (at_libc_file *file : {first, second}) {
      if (type == SOCK_DGRAM) continue;
      EXPECT_EQ(file->ops->socket->listen(file, 1), file == first ? 0 : -EADDRINUSE);
    }
    Close(first);
    Close(second);
  }
}

// A source of random numbers that repeats itself finds one port for connections, and then none.
TEST_F(Answers, Connect_WithoutAFreePort_IsRefused) {
  at_libc_file *first = Make(SOCK_STREAM), *second = Make(SOCK_STREAM);
  sockaddr_in nobody = Local(81);
  auto connect = [&](at_libc_file *file) {
    return file->ops->socket->connect(file, reinterpret_cast<sockaddr *>(&nobody), sizeof nobody);
  };
  at_host_entropy_redirect(
      [](void *, void *out, size_t size) -> at_status {
        memset(out, 7, size);
        return AT_OK;
      },
      nullptr);
  EXPECT_EQ(connect(first), -EINPROGRESS);
  EXPECT_EQ(connect(second), -EADDRNOTAVAIL);
  at_host_entropy_redirect(nullptr, nullptr);
  Close(first);
  Close(second);
}

TEST_F(Answers, Connection_OfAStackThatEnds_HasNoNetwork) {
  at_libc_file *listener = Listen(80, 1), *client = Connect(80), *server = Accept(listener);
  at_ip_config config{};
  long result;
  Close(listener);
  ASSERT_EQ(at_ip_fini(ip_), AT_OK);
  for (at_libc_file *file : {client, server}) {
    Read(file, 1, &result);
    EXPECT_EQ(result, -ENETDOWN);
    Close(file);
  }
  config.wait = at_wait{&kLoopbackWait, nullptr};
  config.heap = &heap_;
  ASSERT_EQ(at_ip_init(&ip_, &config), AT_OK); /* for the fixture's end */
}

TEST_F(Answers, Shutdown_EndsOneDirection) {
  at_libc_file *listener = Listen(80, -1), *client = Connect(80), *server = Accept(listener);
  long result;
  char byte;
  iovec part = {&byte, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  EXPECT_EQ(client->ops->socket->receive(client, &message, MSG_OOB), -EINVAL);
  EXPECT_EQ(client->ops->socket->send(client, &message, MSG_OOB), -EOPNOTSUPP);
  EXPECT_EQ(client->ops->socket->shutdown(client, SHUT_WR), 0);
  EXPECT_EQ(client->ops->socket->shutdown(client, SHUT_WR), 0);
  EXPECT_EQ(Write(client, "x"), -EPIPE);
  EXPECT_EQ(client->ops->ready(client), POLLOUT | POLLWRNORM) << "a write would not wait to fail";
  Run();
  Read(server, 1, &result);
  EXPECT_EQ(result, 0);
  EXPECT_NE(server->ops->ready(server) & POLLRDHUP, 0);
  EXPECT_EQ(Write(server, "abc"), 3);
  Run();
  message.msg_iovlen = 1;
  EXPECT_EQ(client->ops->socket->receive(client, &message, MSG_PEEK), 1);
  EXPECT_EQ(Read(client, 9), "abc") << "a peek takes nothing";
  EXPECT_EQ(client->ops->socket->shutdown(client, SHUT_RD), 0);
  EXPECT_NE(client->ops->ready(client) & POLLRDHUP, 0);
  EXPECT_EQ(Write(server, "lost"), 4);
  Run(1000000000);
  Read(client, 9, &result);
  EXPECT_EQ(result, 0);
  EXPECT_EQ(listener->ops->socket->shutdown(listener, SHUT_RDWR), 0);
  sockaddr_storage address;
  socklen_t size;
  at_libc_file *made;
  EXPECT_EQ(listener->ops->socket->accept(listener, &made, &address, &size), -EINVAL);
  for (at_libc_file *each : {client, server, listener}) Close(each);
  Run(200000000000);
}

TEST_F(Answers, Datagrams_AreSentAsTheSocketAllows) {
  at_libc_file *server = Make(SOCK_DGRAM), *client = Make(SOCK_DGRAM);
  sockaddr_in own = Local(53), all = Local(53), unspecified{};
  const at_libc_socket_ops *ops = client->ops->socket;
  sockaddr_storage address;
  socklen_t size;
  at_libc_file *made;
  int waiting = -1;
  long result;
  ASSERT_EQ(Bind(server, &own, sizeof own), 0);
  EXPECT_EQ(ops->listen(client, 1), -EOPNOTSUPP);
  EXPECT_EQ(ops->accept(client, &made, &address, &size), -EOPNOTSUPP);
  EXPECT_EQ(ops->shutdown(client, SHUT_WR), -ENOTCONN);
  EXPECT_EQ(ops->shutdown(client, 99), -EINVAL);
  EXPECT_EQ(ops->connect(client, reinterpret_cast<sockaddr *>(&own), 1), -EINVAL);
  EXPECT_EQ(Write(client, "x"), -EDESTADDRREQ);
  EXPECT_EQ(SendTo(client, 0, "x"), -EINVAL);
  EXPECT_EQ(SendTo(client, 53, "x", 8), -EINVAL) << "half an address";
  EXPECT_EQ(SendTo(client, 53, std::string(65508, 'x')), -EMSGSIZE);
  all.sin_addr.s_addr = INADDR_BROADCAST;
  ASSERT_EQ(ops->connect(client, reinterpret_cast<sockaddr *>(&all), sizeof all), 0);
  EXPECT_EQ(Write(client, "x"), -EACCES);
  ASSERT_EQ(Set(client, SOL_SOCKET, SO_BROADCAST, 1), 0);
  EXPECT_EQ(Write(client, "x"), -ENETUNREACH) << "allowed, and there is no network";
  unspecified.sin_family = AF_UNSPEC;
  EXPECT_EQ(ops->connect(client, reinterpret_cast<sockaddr *>(&unspecified), sizeof unspecified), 0);
  EXPECT_EQ(Write(client, "x"), -EDESTADDRREQ);
  ASSERT_EQ(ops->connect(client, reinterpret_cast<sockaddr *>(&own), sizeof own), 0);
  EXPECT_EQ(Write(client, "four"), 4);
  Run();
  EXPECT_EQ(server->ops->ioctl(server, FIONREAD, &waiting), 0);
  EXPECT_EQ(waiting, 4);
  EXPECT_EQ(server->ops->ioctl(server, 12345, &waiting), -ENOTTY);
  EXPECT_NE(server->ops->ready(server) & POLLIN, 0);
  EXPECT_EQ(Read(server, 2), "fo") << "and the rest of it is lost";
  Read(server, 2, &result);
  EXPECT_EQ(result, -EAGAIN);
  EXPECT_EQ(server->ops->ready(server) & POLLIN, 0);
  EXPECT_EQ(SendTo(server, 53, "to itself"), 9);
  Run();
  EXPECT_EQ(Read(server, 20), "to itself");
  EXPECT_EQ(ops->shutdown(client, SHUT_RDWR), 0);
  EXPECT_EQ(Write(client, "x"), -EPIPE);
  Read(client, 1, &result);
  EXPECT_EQ(result, 0);
  EXPECT_NE(client->ops->ready(client) & POLLRDHUP, 0);
  Close(client);
  Close(server);
}

TEST_F(Answers, Ipv6Sockets_HaveIpv4sMapped_UnlessTheyAreOfIpv6Only) {
  at_libc_file *six = Make(SOCK_STREAM, AF_INET6), *client;
  sockaddr_in6 any{};
  sockaddr_storage address{};
  socklen_t size = 0;
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(80);
  ASSERT_EQ(Bind(six, &any, sizeof any), 0);
  EXPECT_EQ(Set(six, IPPROTO_IPV6, IPV6_V6ONLY, 1), -EINVAL) << "too late";
  ASSERT_EQ(six->ops->socket->listen(six, 1), 0);
  client = Connect(80);
  at_libc_file *server = Accept(six);
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(server->ops->socket->name(server, &address, &size, true), 0);
  const auto *peer = reinterpret_cast<sockaddr_in6 *>(&address);
  EXPECT_EQ(size, sizeof *peer);
  EXPECT_TRUE(IN6_IS_ADDR_V4MAPPED(&peer->sin6_addr));
  for (at_libc_file *each : {client, server, six}) Close(each);
  Run(200000000000);
}

TEST_F(Answers, Getaddrinfo_WithoutAServer) {
  const struct {
    const char *name, *service;
    int flags, family, type, protocol, answer;
    size_t count;
  } cases[] = {
      {nullptr, nullptr, 0, AF_UNSPEC, 0, 0, EAI_NONAME, 0},
      {"127.0.0.1", nullptr, 0, AF_UNIX, 0, 0, EAI_FAMILY, 0},
      {"127.0.0.1", nullptr, 0, AF_UNSPEC, SOCK_RAW, 0, EAI_SOCKTYPE, 0},
      {"127.0.0.1", "gopher", 0, AF_UNSPEC, 0, 0, EAI_SERVICE, 0},
      {"127.0.0.1", "http", AI_NUMERICSERV, AF_UNSPEC, 0, 0, EAI_NONAME, 0},
      {"127.0.0.1", "65536", 0, AF_UNSPEC, 0, 0, EAI_SERVICE, 0},
      {"127.0.0.1", "80x", 0, AF_UNSPEC, 0, 0, EAI_SERVICE, 0},
      {"127.0.0.1", "", 0, AF_UNSPEC, 0, 0, EAI_SERVICE, 0},
      {"127.0.0.1", "http", 0, AF_UNSPEC, 0, 0, 0, 2},
      {"127.0.0.1", "ntp", 0, AF_UNSPEC, SOCK_DGRAM, 0, 0, 1},
      {"127.0.0.1", "80", AI_CANONNAME, AF_INET, SOCK_STREAM, 0, 0, 1},
      {"127.0.0.1", "80", 0, AF_INET6, 0, 0, EAI_NONAME, 0},
      {"::1", "80", 0, AF_UNSPEC, 0, IPPROTO_UDP, 0, 1},
      {"::1", "80", 0, AF_INET, 0, 0, EAI_NONAME, 0},
      {"::1", "80", 0, AF_UNSPEC, SOCK_STREAM, IPPROTO_UDP, EAI_SERVICE, 0},
      {nullptr, "80", 0, AF_UNSPEC, 0, 0, 0, 4},
      {nullptr, "80", AI_PASSIVE, AF_INET6, SOCK_STREAM, 0, 0, 1},
      {nullptr, "80", AI_CANONNAME, AF_INET, SOCK_STREAM, 0, 0, 1},
      {"a.example", "80", AI_NUMERICHOST, AF_UNSPEC, 0, 0, EAI_NONAME, 0},
      {"a.example", "80", 0, AF_UNSPEC, 0, 0, EAI_NONAME, 0},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(std::string(c.name != nullptr ? c.name : "-") + " " + (c.service != nullptr ? c.service : "-"));
    addrinfo hints{}, *list = nullptr;
    size_t count = 0;
    hints.ai_flags = c.flags;
    hints.ai_family = c.family;
    hints.ai_socktype = c.type;
    hints.ai_protocol = c.protocol;
    ASSERT_EQ(getaddrinfo(c.name, c.service, &hints, &list), c.answer);
    if (c.answer != 0) continue;
    for (const addrinfo *each = list; each != nullptr; each = each->ai_next) ++count;
    EXPECT_EQ(count, c.count);
    EXPECT_STREQ(list->ai_canonname, (c.flags & AI_CANONNAME) != 0 ? c.name : nullptr);
    freeaddrinfo(list);
  }
  EXPECT_EQ(getaddrinfo(std::string(300, 'a').c_str(), nullptr, nullptr, nullptr), EAI_NONAME);
}

}  // namespace
