// SPDX-License-Identifier: ISC
// Messages in parts: sent from several, received into several, looked at without being taken, cut.

#include <sys/ioctl.h>

#include "loopback.h"

namespace {

class Messages : public Sockets {
 protected:
  static long Send(at_libc_file *file, const std::vector<std::string> &texts, int flags = 0) {
    std::vector<iovec> parts;
    for (const auto &text : texts) parts.push_back({const_cast<char *>(text.data()), text.size()});
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = static_cast<int>(parts.size());
    return file->ops->socket->send(file, &message, flags);
  }

  // What came in parts of these sizes, with a bar between them.
  std::string Receive(at_libc_file *file, const std::vector<size_t> &sizes, int flags = 0) {
    std::vector<std::string> texts;
    std::vector<iovec> parts;
    for (size_t size : sizes) texts.emplace_back(size, '-');
    for (auto &text : texts) parts.push_back({&text[0], text.size()});
    message_ = {};
    message_.msg_iov = parts.data();
    message_.msg_iovlen = static_cast<int>(parts.size());
    message_.msg_name = &from_;
    message_.msg_namelen = sizeof from_;
    result_ = file->ops->socket->receive(file, &message_, flags);
    std::string all;
    for (const auto &text : texts) all += text + "|";
    return all;
  }

  msghdr message_{};
  sockaddr_storage from_{};
  long result_ = 0;
};

TEST_F(Messages, OfAStream_AreItsBytes) {
  at_libc_file *listener = Listen(80, 1), *client = Connect(80), *server = Accept(listener);
  int waiting = 0;
  EXPECT_EQ(Send(client, {"ab", "", "cdef"}, MSG_MORE), 6);
  EXPECT_EQ(Send(client, {"g", "h"}), 2);
  Run(1000000000);
  EXPECT_EQ(server->ops->ioctl(server, FIONREAD, &waiting), 0);
  EXPECT_EQ(waiting, 8);
  EXPECT_NE(server->ops->ready(server) & POLLIN, 0);
  EXPECT_EQ(Receive(server, {3, 20}, MSG_PEEK), "abc|defgh---------------|");
  EXPECT_EQ(result_, 8);
  EXPECT_EQ(Receive(server, {3, 2}), "abc|de|");
  EXPECT_EQ(Receive(server, {3, 2}), "fgh|--|");
  EXPECT_EQ(result_, 3);
  EXPECT_EQ(message_.msg_namelen, 0u) << "who sent it is known";
  EXPECT_EQ(Send(client, {"never read"}), 10);
  Run(1000000000);
  Close(server);  // with bytes that nobody read: the client is reset
  Run(1000000000);
  EXPECT_EQ(Send(client, {"x"}), -ECONNRESET);
  EXPECT_EQ(Send(client, {"x"}), -EPIPE);
  Close(client);
  Close(listener);
  Run(10000000000);
}

TEST_F(Messages, OfDatagrams_AreWholeOrCut) {
  at_libc_file *server = Make(SOCK_DGRAM), *client = Make(SOCK_DGRAM);
  sockaddr_in address = Local(53);
  int waiting = -1;
  ASSERT_EQ(server->ops->socket->bind(server, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
  EXPECT_EQ(server->ops->ioctl(server, FIONREAD, &waiting), 0);
  EXPECT_EQ(waiting, 0);
  ASSERT_EQ(client->ops->socket->connect(client, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
  EXPECT_EQ(Send(client, {"ab", "cd"}), 4);
  EXPECT_EQ(Send(client, {"efghij"}), 6);
  EXPECT_EQ(Send(client, {"x"}, MSG_OOB), -EOPNOTSUPP);
  EXPECT_EQ(Send(client, {std::string(40000, 'x'), std::string(40000, 'x')}), -EMSGSIZE);
  Run();
  EXPECT_EQ(Receive(server, {3, 9}, MSG_PEEK), "abc|d--------|");
  EXPECT_EQ(result_, 4);
  EXPECT_EQ(message_.msg_flags, 0);
  EXPECT_EQ(reinterpret_cast<sockaddr_in *>(&from_)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  EXPECT_EQ(Receive(server, {3, 9}), "abc|d--------|");
  EXPECT_EQ(Receive(server, {7, 1}, MSG_PEEK), "efghij-|-|");
  EXPECT_EQ(Receive(server, {2}, MSG_TRUNC), "ef|");
  EXPECT_EQ(result_, 6) << "what it was";
  EXPECT_EQ(message_.msg_flags, MSG_TRUNC);
  Receive(server, {2});
  EXPECT_EQ(result_, -EAGAIN);
  EXPECT_EQ(Send(client, {"never read"}), 10);
  Run();
  Close(client);
  Close(server);
}

TEST_F(Messages, Readiness_FollowsTheEnds) {
  at_libc_file *listener = Listen(80, 1);
  EXPECT_EQ(listener->ops->ready(listener), 0);
  at_libc_file *client = Connect(80);
  EXPECT_EQ(listener->ops->ready(listener) & POLLIN, POLLIN);
  at_libc_file *server = Accept(listener);
  EXPECT_EQ(server->ops->ready(server), POLLOUT | POLLWRNORM);
  EXPECT_EQ(client->ops->socket->shutdown(client, SHUT_WR), 0);
  Run();
  EXPECT_EQ(server->ops->ready(server) & (POLLIN | POLLRDHUP | POLLHUP), POLLIN | POLLRDHUP);
  EXPECT_EQ(server->ops->socket->shutdown(server, SHUT_WR), 0);
  EXPECT_NE(server->ops->ready(server) & POLLHUP, 0);
  Run();
  EXPECT_NE(server->ops->ready(server) & POLLHUP, 0);
  sockaddr_storage address;
  socklen_t size;
  EXPECT_EQ(server->ops->socket->name(server, &address, &size, true), -ENOTCONN) << "it is over";
  EXPECT_EQ(listener->ops->socket->listen(listener, 5), 0) << "again, with another backlog";
  EXPECT_EQ(listener->ops->socket->shutdown(listener, SHUT_WR), 0);
  for (at_libc_file *each : {client, server, listener}) Close(each);
  Run(200000000000);
}

}  // namespace
