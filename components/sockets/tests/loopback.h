// SPDX-License-Identifier: ISC
#ifndef ATMAN_SOCKETS_TESTS_LOOPBACK_H
#define ATMAN_SOCKETS_TESTS_LOOPBACK_H

// Sockets over the stack's own loopback, by the operations that the C library calls.

#include <atman/ip/ip.h>
#include <atman/libc/file.h>
#include <atman/libc/socket.h>
#include <atman/mm/heap.h>
#include <atman/sockets/sockets.h>
#include <atman/testing/fake_memory.h>
#include <netinet/in.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"

// The C library's side of the seam, as far as a socket sees it (loopback.cc).
extern at_libc_socket_fn make_socket;

extern uint64_t now_ns;
extern const at_wait_ops kLoopbackWait;

inline sockaddr_in Local(uint16_t port) {
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
    config.wait = at_wait{&kLoopbackWait, nullptr};
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

  static long SendTo(at_libc_file *file, uint16_t port, const std::string &bytes,
                     socklen_t size = sizeof(sockaddr_in)) {
    sockaddr_in address = Local(port);
    iovec part = {const_cast<char *>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = size;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    return file->ops->socket->send(file, &message, 0);
  }

  size_t LiveBytes() {
    struct at_mm_heap_stats stats;
    ::at_mm_heap_stats(&heap_, &stats);
    return stats.live_bytes;
  }

  AtFakeMemory memory_;
  at_mm_frames frames_;
  alignas(64) at_mm_heap heap_;
  at_ip *ip_ = nullptr;
};

#endif  // ATMAN_SOCKETS_TESTS_LOOPBACK_H
