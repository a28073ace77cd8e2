// SPDX-License-Identifier: ISC
// A network stack that answers as the test says, below the guest's socket calls.
#ifndef ATMAN_LIBC_TESTS_TOLD_SOCKETS_H
#define ATMAN_LIBC_TESTS_TOLD_SOCKETS_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include <atman/libc/socket.h>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
decltype(at_libc_socket_provide) guest_at_libc_socket_provide;
decltype(at_libc_file_init) guest_at_libc_file_init;
decltype(at_libc_file_changed) guest_at_libc_file_changed;
int guest_socket(int, int, int);
int guest_bind(int, const void *, socklen_t);
int guest_connect(int, const void *, socklen_t);
int guest_listen(int, int);
int guest_accept4(int, void *, socklen_t *, int);
ssize_t guest_send(int, const void *, size_t, int);
ssize_t guest_sendto(int, const void *, size_t, int, const void *, socklen_t);
ssize_t guest_recv(int, void *, size_t, int);
ssize_t guest_recvfrom(int, void *, size_t, int, void *, socklen_t *);
ssize_t guest_sendmsg(int, const msghdr *, int);
ssize_t guest_recvmsg(int, msghdr *, int);
int guest_shutdown(int, int);
int guest_getsockname(int, void *, socklen_t *);
int guest_getpeername(int, void *, socklen_t *);
int guest_setsockopt(int, int, int, const void *, socklen_t);
int guest_getsockopt(int, int, int, void *, socklen_t *);
int guest_close(int);
int guest_fcntl(int, int, ...);
ssize_t guest_write(int, const void *, size_t);
int guest_dup(int);
}

// A socket of the stack. Operations take their results from `answers`, oldest first, and 0 when there are none.
struct Socket {
  at_libc_file file;
  int ready = 0;
  int error = 0;
  int type = SOCK_STREAM;
  long asked = 0;  // what getsockopt() answers
  std::deque<long> answers;
  std::vector<std::string> calls;
  std::string sent;
};

inline std::vector<Socket *> ended;
inline Socket *next_made;

inline Socket *Of(at_libc_file *file) { return reinterpret_cast<Socket *>(file); }

inline long Answer(at_libc_file *file, const std::string &call) {
  Socket *socket = Of(file);
  socket->calls.push_back(call);
  if (socket->answers.empty()) return 0;
  long answer = socket->answers.front();
  socket->answers.pop_front();
  return answer;
}

inline void Name(sockaddr_storage *address, socklen_t *size, char of) {
  memset(address, of, 16);
  *size = 16;
}

inline std::string Number(const char *name, long number) { return name + std::string(" ") + std::to_string(number); }

inline const at_libc_socket_ops socket_ops = {
    [](at_libc_file *f, const sockaddr *, socklen_t size) { return Answer(f, Number("bind", size)); },
    [](at_libc_file *f, const sockaddr *, socklen_t size) { return Answer(f, Number("connect", size)); },
    [](at_libc_file *f, int backlog) { return Answer(f, Number("listen", backlog)); },
    [](at_libc_file *f, at_libc_file **made, sockaddr_storage *address, socklen_t *size) {
      *made = &next_made->file;
      Name(address, size, 'A');
      return Answer(f, "accept");
    },
    [](at_libc_file *f, const msghdr *message, int flags) {
      size_t size = 0;
      for (size_t i = 0; i < message->msg_iovlen; i++) size += message->msg_iov[i].iov_len;
      long answer = Answer(f, Number("send", static_cast<long>(size)) + Number("", flags));
      const char *bytes = static_cast<const char *>(message->msg_iov[0].iov_base);
      if (answer > 0) Of(f)->sent.append(bytes, static_cast<size_t>(answer));
      return answer;
    },
    [](at_libc_file *f, msghdr *message, int flags) {
      long answer = Answer(f, Number("receive", static_cast<long>(message->msg_iov[0].iov_len)) + Number("", flags));
      if (answer > 0) memset(message->msg_iov[0].iov_base, 'r', static_cast<size_t>(answer));
      if (message->msg_name != nullptr) {
        Name(static_cast<sockaddr_storage *>(message->msg_name), &message->msg_namelen, 'F');
      }
      return answer;
    },
    [](at_libc_file *f, int how) { return Answer(f, Number("shutdown", how)); },
    [](at_libc_file *f, sockaddr_storage *address, socklen_t *size, bool peer) {
      Name(address, size, peer ? 'P' : 'O');
      return Answer(f, "name");
    },
    [](at_libc_file *f, int level, int option, const void *, socklen_t) {
      return Answer(f, Number("set", level) + Number("", option));
    },
    [](at_libc_file *f, int level, int option, void *value, socklen_t *) {
      *static_cast<int *>(value) = level == SOL_SOCKET && option == SO_TYPE ? Of(f)->type : Of(f)->error;
      return Of(f)->asked;
    },
};

inline const at_libc_file_ops file_ops = {
    nullptr,
    [](at_libc_file *f, const iovec *, int) { return Answer(f, "write"); },
    [](at_libc_file *f) { return Of(f)->ready; },
    nullptr,
    [](at_libc_file *f) { ended.push_back(Of(f)); },
    &socket_ops,
};

class Sockets : public testing::Test {
 protected:
  void SetUp() override {
    guest_at_libc_file_init(&socket_.file, &file_ops);
    guest_at_libc_file_init(&other_.file, &file_ops);
    next_made = &socket_;
    guest_at_libc_socket_provide([](at_libc_file **made, int domain, int type, int protocol) {
      *made = &next_made->file;
      return domain == AF_INET && type == SOCK_STREAM && protocol == 0 ? 0L : static_cast<long>(-EPROTONOSUPPORT);
    });
    fd_ = guest_socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(fd_, 3);
    next_made = &other_;
    ended.clear();
  }

  void TearDown() override {
    EXPECT_EQ(guest_close(fd_), 0);
    EXPECT_EQ(ended.back(), &socket_);
    guest_at_libc_socket_provide(nullptr);
  }

  void SetTimeout(int option, long microseconds) {
    timeval time = {microseconds / 1000000, microseconds % 1000000}, back;
    socklen_t size = sizeof back;
    ASSERT_EQ(guest_setsockopt(fd_, SOL_SOCKET, option, &time, sizeof time), 0);
    ASSERT_EQ(guest_getsockopt(fd_, SOL_SOCKET, option, &back, &size), 0);
    EXPECT_EQ(back.tv_usec, time.tv_usec);
    EXPECT_TRUE(socket_.calls.empty()) << "it is none of the stack's business";
  }

  // The socket becomes ready when the guest sleeps next.
  void ReadyLater() {
    socket_.ready = 0;
    WhileItSleeps([this] {
      socket_.ready = POLLIN | POLLOUT;
      guest_at_libc_file_changed(&socket_.file);
    });
  }

  void Unblock() { EXPECT_EQ(guest_fcntl(fd_, F_SETFL, O_NONBLOCK), 0); }

  using Calls = std::vector<std::string>;

  Socket socket_, other_;
  int fd_ = -1;
};

inline void ExpectError(long result, int error) {
  EXPECT_EQ(result, -1);
  EXPECT_EQ(GuestErrno(), error);
}

#endif  // ATMAN_LIBC_TESTS_TOLD_SOCKETS_H
