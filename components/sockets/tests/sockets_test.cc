// SPDX-License-Identifier: ISC
// That the answers are those of Linux is asked on real Xen (tests/sockets); here it is what only the inside shows:
// bounds, memory, the ends of things.

#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "loopback.h"

namespace {

TEST_F(Sockets, Stream_BytesInPieces_AreReadInOrderAndOnce) {
  at_libc_file *listener = Listen(80, 4), *client = Connect(80), *server = Accept(listener);
  EXPECT_EQ(Write(client, "abc"), 3);
  EXPECT_EQ(Write(client, "defgh"), 5);
  Run(1000000000); /* Nagle waits for the acknowledgement, and that is delayed */
  EXPECT_EQ(Read(server, 2), "ab");
  EXPECT_EQ(Read(server, 4), "cdef");
  EXPECT_EQ(Read(server, 100), "gh");
  long result;
  Read(server, 1, &result);
  EXPECT_EQ(result, -EAGAIN);
  Close(client);
  Run();
  Read(server, 1, &result);
  EXPECT_EQ(result, 0);
  Close(server);
  Close(listener);
  Run(10000000000);
}

TEST_F(Sockets, Stream_ThatNobodyReads_TakesNoMoreThanItsWindow) {
  at_libc_file *listener = Listen(80, 4), *client = Connect(80), *server = Accept(listener);
  const std::string block(32768, 'x');
  size_t taken = 0;
  for (int i = 0; i < 400; ++i) {
    long got = Write(client, block);
    if (got > 0) taken += static_cast<size_t>(got);
    Run();
  }
  EXPECT_LE(taken, 1u << 20) << "a sender without a reader is not held back";
  EXPECT_EQ(client->ops->ready(client) & POLLOUT, 0);
  size_t read = 0;
  for (int i = 0; i < 200; ++i) {
    read += Read(server, 65536).size();
    Run();
  }
  EXPECT_EQ(read, taken) << "all that was taken comes";
  EXPECT_NE(client->ops->ready(client) & POLLOUT, 0);
  Close(client);
  Close(server);
  Close(listener);
  Run(10000000000);
}

TEST_F(Sockets, Listener_ThatEnds_ResetsWhatNobodyAccepted) {
  at_libc_file *listener = Listen(80, 4), *client = Connect(80);
  EXPECT_NE(listener->ops->ready(listener) & POLLIN, 0);
  Close(listener);
  Run();
  long result;
  Read(client, 1, &result);
  EXPECT_EQ(result, -ECONNRESET);
  Close(client);
}

// It is a new socket again, bound: what it reads later is not what a listener would not hear.
TEST_F(Sockets, Listener_ThatIsShut_ConnectsAndReads) {
  at_libc_file *listener = Listen(80, 4), *socket = Listen(81, 4);
  sockaddr_in address = Local(80);
  EXPECT_EQ(socket->ops->socket->shutdown(socket, SHUT_WR), 0) << "nothing to finish";
  EXPECT_EQ(socket->ops->ready(socket), 0) << "it listens";
  EXPECT_EQ(socket->ops->socket->shutdown(socket, SHUT_RDWR), 0);
  EXPECT_EQ(socket->ops->ready(socket) & (POLLIN | POLLOUT | POLLHUP | POLLRDHUP), POLLOUT | POLLHUP);
  ASSERT_EQ(socket->ops->socket->connect(socket, reinterpret_cast<sockaddr *>(&address), sizeof address), -EINPROGRESS);
  Run();
  at_libc_file *server = Accept(listener);
  EXPECT_EQ(Write(server, "hello"), 5);
  Run();
  EXPECT_EQ(Read(socket, 9), "hello");
  for (at_libc_file *file : {socket, server, listener}) Close(file);
  Run(10000000000);
}

TEST_F(Sockets, Listener_WhoseQueueIsFull_TurnsFurtherOnesAway) {
  at_libc_file *listener = Listen(80, 1);
  std::vector<at_libc_file *> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(Connect(80));
  Run(1000000000);
  int waiting = 0;
  at_libc_file *made;
  sockaddr_storage address;
  socklen_t size;
  while (listener->ops->socket->accept(listener, &made, &address, &size) == 0) {
    ++waiting;
    Close(made);
  }
  EXPECT_EQ(waiting, 2) << "a backlog of 1 is two, as on Linux";
  for (at_libc_file *client : clients) Close(client);
  Close(listener);
  Run(10000000000);
}

TEST_F(Sockets, Datagrams_ThatNobodyReads_AreBoundedAndTheOldestStay) {
  at_libc_file *server = Make(SOCK_DGRAM), *client = Make(SOCK_DGRAM);
  sockaddr_in address = Local(53);
  ASSERT_EQ(server->ops->socket->bind(server, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(SendTo(client, 53, std::string(1000, static_cast<char>('a' + i % 26))), 1000);
    Run(1000000);
  }
  size_t count = 0;
  std::string first;
  for (std::string one; !(one = Read(server, 2000)).empty(); ++count) {
    if (count == 0) first = one;
  }
  EXPECT_EQ(count, AT_SOCKETS_DATAGRAMS_MAX / 1000u);
  EXPECT_EQ(first, std::string(1000, 'a'));
  Close(client);
  Close(server);
}

// A byte costs what it takes to keep it, and a datagram need not even have one.
TEST_F(Sockets, EmptyDatagrams_AreBounded) {
  at_libc_file *server = Make(SOCK_DGRAM), *client = Make(SOCK_DGRAM);
  sockaddr_in address = Local(53);
  ASSERT_EQ(server->ops->socket->bind(server, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
  for (const std::string &one : {std::string(), std::string(1, 'x')}) {
    const size_t before = LiveBytes() + 4096; /* and what the stack keeps of a first time */
    for (int i = 0; i < 10000; ++i) {
      EXPECT_EQ(SendTo(client, 53, one), static_cast<long>(one.size()));
      Run(1000);
    }
    EXPECT_LE(LiveBytes(), before + AT_SOCKETS_DATAGRAMS_MAX);
    size_t count = 0;
    for (long result = 0; Read(server, 2, &result), result != -EAGAIN; ++count) EXPECT_EQ(result, long(one.size()));
    EXPECT_EQ(count, 256u);
    EXPECT_LE(LiveBytes(), before);
    EXPECT_EQ(SendTo(client, 53, "later"), 5);
    Run();
    EXPECT_EQ(Read(server, 9), "later") << "there is room again";
  }
  Close(client);
  Close(server);
}

// A peer that sends one byte at a time has a whole window for them, and each would be a piece of memory.
TEST_F(Sockets, Stream_OfSingleBytes_TakesLittleMoreThanItsWindow) {
  const int on = 1;
  const size_t size = 100000;
  at_libc_file *listener = Listen(80, 4), *client = Connect(80), *server = Accept(listener);
  ASSERT_EQ(client->ops->socket->setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
  const size_t before = LiveBytes() + 4096; /* and what the stack keeps of a first time */
  std::string sent, got;
  for (size_t i = 0; i < size; ++i) {
    std::string piece(i % 5000 == 77 ? 1000 : 1, static_cast<char>('a' + i % 23));  // a large one now and then
    ASSERT_EQ(Write(client, piece), static_cast<long>(piece.size()));
    sent += piece;
    Run(1000);
  }
  Run(1000000000);
  EXPECT_LE(LiveBytes(), before + 2 * sent.size());
  int waiting = 0;
  EXPECT_EQ(server->ops->ioctl(server, FIONREAD, &waiting), 0);
  EXPECT_EQ(size_t(waiting), sent.size());
  for (size_t most = 1; got.size() < sent.size(); most = most % 3000 + 7) {
    std::string more = Read(server, most);
    ASSERT_EQ(more.size(), std::min(most, sent.size() - got.size()));
    got += more;
  }
  EXPECT_EQ(got, sent) << "in order and once";
  EXPECT_LE(LiveBytes(), before) << "and all of it returns";
  Close(client);
  Close(server);
  Close(listener);
  Run(10000000000);
}

TEST_F(Sockets, Connect_WhileMemoryLasts_LeavesNothingWhenItEnds) {
  at_libc_file *listener = Listen(80, 255);
  std::vector<at_libc_file *> files;
  const size_t most = 6000; /* more than fit */
  size_t refused = 0;
  while (files.size() < most && refused < 10) {
    at_libc_file *file = nullptr;
    sockaddr_in address = Local(80);
    if (make_socket(&file, AF_INET, SOCK_STREAM, 0) != 0) {
      ++refused;
      continue;
    }
    files.push_back(file);
    long result = file->ops->socket->connect(file, reinterpret_cast<sockaddr *>(&address), sizeof address);
    if (result != -EINPROGRESS) ++refused;
    Run(100000);
    at_libc_file *made;
    sockaddr_storage from;
    socklen_t size;
    while (listener->ops->socket->accept(listener, &made, &from, &size) == 0) files.push_back(made);
  }
  for (at_libc_file *file : files) Close(file);
  Run(200000000000);
  at_libc_file *client = Connect(80), *server = Accept(listener);
  ASSERT_NE(server, nullptr) << "it works again";
  Close(client);
  Close(server);
  Close(listener);
  Run(10000000000);
}

}  // namespace
