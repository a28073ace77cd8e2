// SPDX-License-Identifier: ISC
// Sockets over the stack's own loopback, by the operations that the C library calls. That the answers are those of
// Linux is asked on real Xen (tests/sockets); here it is what only the inside shows: bounds, memory, the ends of
// things.

#include <atman/sockets/sockets.h>

#include <atman/ip/ip.h>
#include <atman/libc/file.h>
#include <atman/libc/socket.h>
#include <atman/mm/heap.h>
#include <atman/testing/fake_memory.h>

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace {

at_libc_socket_fn make_socket;
int changes;

}  // namespace

// The C library's side of the seam, as far as a socket sees it.
void at_libc_file_init(struct at_libc_file *file, const struct at_libc_file_ops *ops) {
  memset(static_cast<void *>(file), 0, sizeof *file);
  file->ops = ops;
}
void at_libc_file_changed(struct at_libc_file *) { ++changes; }
void at_libc_socket_provide(at_libc_socket_fn fn) { make_socket = fn; }

namespace {

uint64_t now_ns = 1000000000;

uint64_t Now(void *) { return now_ns; }
at_status Sleep(void *, uint64_t deadline_ns) {
  if (deadline_ns == AT_NEVER) return AT_DEADLOCK;
  now_ns = deadline_ns;
  return AT_TIMED_OUT;
}
void Wake(void *) {}
constexpr at_wait_ops kWait = {Now, Sleep, Wake};

sockaddr_in Local(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Sockets : public ::testing::Test {
 protected:
  Sockets() : memory_(4096) {
    at_mm_frames_config frames = memory_.Config();
    at_mm_frames_init(&frames_, &frames);
    at_mm_heap_init(&heap_, &frames_, 0x5deece66d);
    at_ip_config config{};
    config.wait = at_wait{&kWait, nullptr};
    config.heap = &heap_;
    EXPECT_EQ(at_ip_init(&ip_, &config), AT_OK);
    const at_sockets_config sockets = {ip_, &heap_, config.wait};
    at_sockets_start(&sockets);
  }

  // Everything was closed: once the stack has ended, nothing is left in the heap.
  ~Sockets() override {
    EXPECT_EQ(at_ip_fini(ip_), AT_OK) << "received data is still held";
    at_mm_heap_trim(&heap_);
    struct at_mm_heap_stats stats;
    ::at_mm_heap_stats(&heap_, &stats);
    EXPECT_EQ(stats.pages, 0u) << "memory is left";
  }

  void Run(uint64_t ns = 10000000) { at_ip_run(ip_, now_ns + ns); }

  static at_libc_file *Make(int type, int family = AF_INET) {
    at_libc_file *file = nullptr;
    EXPECT_EQ(make_socket(&file, family, type, 0), 0);
    return file;
  }

  static void Close(at_libc_file *file) { file->ops->close(file); }

  static at_libc_file *Listen(uint16_t port, int backlog) {
    at_libc_file *file = Make(SOCK_STREAM);
    sockaddr_in address = Local(port);
    EXPECT_EQ(file->ops->socket->bind(file, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    EXPECT_EQ(file->ops->socket->listen(file, backlog), 0);
    return file;
  }

  at_libc_file *Connect(uint16_t port) {
    at_libc_file *file = Make(SOCK_STREAM);
    sockaddr_in address = Local(port);
    EXPECT_EQ(file->ops->socket->connect(file, reinterpret_cast<sockaddr *>(&address), sizeof address), -EINPROGRESS);
    Run();
    return file;
  }

  static at_libc_file *Accept(at_libc_file *listener) {
    at_libc_file *made = nullptr;
    sockaddr_storage address;
    socklen_t size;
    EXPECT_EQ(listener->ops->socket->accept(listener, &made, &address, &size), 0);
    return made;
  }

  static long Write(at_libc_file *file, const std::string &bytes) {
    iovec part = {const_cast<char *>(bytes.data()), bytes.size()};
    return file->ops->write(file, &part, 1);
  }

  static std::string Read(at_libc_file *file, size_t most, long *result = nullptr) {
    std::string bytes(most, '\0');
    iovec part = {&bytes[0], bytes.size()};
    long got = file->ops->read(file, &part, 1);
    if (result != nullptr) *result = got;
    bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return bytes;
  }

  static long SendTo(at_libc_file *file, uint16_t port, const std::string &bytes) {
    sockaddr_in address = Local(port);
    iovec part = {const_cast<char *>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    return file->ops->socket->send(file, &message, 0);
  }

  AtFakeMemory memory_;
  at_mm_frames frames_;
  alignas(64) at_mm_heap heap_;
  at_ip *ip_ = nullptr;
};

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
