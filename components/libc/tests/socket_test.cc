// SPDX-License-Identifier: ISC
// The socket calls over a network stack that answers as the test says: what the C library adds to every stack.

#include <errno.h>
#include <fcntl.h>
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
int guest_socket(int, int, int);
int guest_bind(int, const void *, socklen_t);
int guest_connect(int, const void *, socklen_t);
int guest_listen(int, int);
int guest_accept4(int, void *, socklen_t *, int);
ssize_t guest_send(int, const void *, size_t, int);
ssize_t guest_sendto(int, const void *, size_t, int, const void *, socklen_t);
ssize_t guest_recv(int, void *, size_t, int);
ssize_t guest_recvfrom(int, void *, size_t, int, void *, socklen_t *);
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

namespace {

// A socket of the stack. Operations take their results from `answers`, oldest first, and 0 when there are none.
struct Socket {
  at_libc_file file;
  int ready = 0;
  int error = 0;
  int type = SOCK_STREAM;
  std::deque<long> answers;
  std::vector<std::string> calls;
  std::string sent;
};

std::vector<Socket *> ended;
Socket *next_made;

Socket *Of(at_libc_file *file) { return reinterpret_cast<Socket *>(file); }

long Answer(at_libc_file *file, const std::string &call) {
  Socket *socket = Of(file);
  socket->calls.push_back(call);
  if (socket->answers.empty()) return 0;
  long answer = socket->answers.front();
  socket->answers.pop_front();
  return answer;
}

void Name(sockaddr_storage *address, socklen_t *size, char of) {
  memset(address, of, 16);
  *size = 16;
}

std::string Number(const char *name, long number) { return name + std::string(" ") + std::to_string(number); }

const at_libc_socket_ops socket_ops = {
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
      return 0L;
    },
};

const at_libc_file_ops file_ops = {
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

  void Unblock() { EXPECT_EQ(guest_fcntl(fd_, F_SETFL, O_NONBLOCK), 0); }

  using Calls = std::vector<std::string>;

  Socket socket_, other_;
  int fd_ = -1;
};

void ExpectError(long result, int error) {
  EXPECT_EQ(result, -1);
  EXPECT_EQ(GuestErrno(), error);
}

TEST_F(Sockets, NoProvider_IsNoFamily) {
  guest_at_libc_socket_provide(nullptr);
  ExpectError(guest_socket(AF_INET, SOCK_STREAM, 0), EAFNOSUPPORT);
}

TEST_F(Sockets, Calls_ArriveInTheirPlaces) {
  char address[16] = "";
  EXPECT_EQ(guest_bind(fd_, address, 16), 0);
  EXPECT_EQ(guest_listen(fd_, 5), 0);
  EXPECT_EQ(guest_connect(fd_, address, 12), 0);
  EXPECT_EQ(guest_shutdown(fd_, SHUT_WR), 0);
  ExpectError(guest_shutdown(fd_, 7), EINVAL);
  int one = 1;
  EXPECT_EQ(guest_setsockopt(fd_, 6, 9, &one, sizeof one), 0);
  EXPECT_EQ(socket_.calls, (Calls{"bind 16", "listen 5", "connect 12", "shutdown 1", "set 6 9"}));
}

TEST_F(Sockets, OtherDescriptors_AreNoSockets) {
  for (int fd : {0, 1}) {
    ExpectError(guest_listen(fd, 1), ENOTSOCK);
    ExpectError(guest_send(fd, "x", 1, 0), ENOTSOCK);
  }
  ExpectError(guest_recv(99, &fd_, 1, 0), EBADF);
  ExpectError(guest_getpeername(-1, &fd_, nullptr), EBADF);
}

TEST_F(Sockets, Addresses_AreCutToTheRoom) {
  char room[20];
  memset(room, '.', sizeof room);
  socklen_t size = 4;
  EXPECT_EQ(guest_getsockname(fd_, room, &size), 0);
  EXPECT_EQ(size, 16u) << "its true length";
  EXPECT_EQ(std::string(room, 6), "OOOO..");
  size = 20;
  EXPECT_EQ(guest_getpeername(fd_, room, &size), 0);
  EXPECT_EQ(std::string(room, 18), "PPPPPPPPPPPPPPPP..");
  socket_.answers = {3};
  char bytes[8];
  size = 2;
  EXPECT_EQ(guest_recvfrom(fd_, bytes, 8, 0, room, &size), 3);
  EXPECT_EQ(size, 16u);
  EXPECT_EQ(std::string(room, 4), "FFPP");
}

TEST_F(Sockets, Accept_GivesADescriptorAndFlags) {
  char room[16];
  socklen_t size = sizeof room;
  int made = guest_accept4(fd_, room, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  EXPECT_EQ(made, 4);
  EXPECT_EQ(room[15], 'A');
  EXPECT_EQ(guest_fcntl(made, F_GETFL), O_RDWR | O_NONBLOCK);
  EXPECT_EQ(guest_close(made), 0);
  EXPECT_EQ(ended, std::vector<Socket *>{&other_});
  ended.clear();
  Unblock();
  socket_.answers = {-EAGAIN};
  ExpectError(guest_accept4(fd_, nullptr, nullptr, 0), EAGAIN);
}

TEST_F(Sockets, AcceptWithoutDescriptor_EndsTheSocket) {
  for (int fd = 4; fd < AT_LIBC_FILES_MAX; fd++) ASSERT_EQ(guest_dup(fd_), fd);
  ExpectError(guest_accept4(fd_, nullptr, nullptr, 0), EMFILE);
  EXPECT_EQ(ended, std::vector<Socket *>{&other_});
  for (int fd = 4; fd < AT_LIBC_FILES_MAX; fd++) guest_close(fd);
}

TEST_F(Sockets, BlockingConnect_AsksHowItEnded) {
  socket_.answers = {-EINPROGRESS};
  socket_.ready = POLLOUT | POLLERR;
  socket_.error = ECONNREFUSED;
  ExpectError(guest_connect(fd_, "", 1), ECONNREFUSED);
  socket_.answers = {-EINPROGRESS};
  socket_.ready = POLLOUT;
  socket_.error = 0;
  EXPECT_EQ(guest_connect(fd_, "", 1), 0);
  socket_.ready = 0;
  socket_.answers = {-EINPROGRESS};
  EXPECT_DEATH(guest_connect(fd_, "", 1), "guest deadlock");
}

TEST_F(Sockets, ConnectTimeoutAndNonBlocking_AreInProgress) {
  SetTimeout(SO_SNDTIMEO, 1500000);
  uint64_t before = GuestNow();
  socket_.answers = {-EINPROGRESS};
  ExpectError(guest_connect(fd_, "", 1), EINPROGRESS);
  EXPECT_EQ(GuestNow() - before, 1500000000u);
  Unblock();
  socket_.answers = {-EINPROGRESS};
  ExpectError(guest_connect(fd_, "", 1), EINPROGRESS);
  EXPECT_EQ(GuestNow() - before, 1500000000u);
}

TEST_F(Sockets, ReceiveTimeout_IsEagain) {
  SetTimeout(SO_RCVTIMEO, 7000);
  uint64_t before = GuestNow();
  char byte;
  socket_.answers = {-EAGAIN};
  ExpectError(guest_recv(fd_, &byte, 1, 0), EAGAIN);
  EXPECT_EQ(GuestNow() - before, 7000000u);
  socket_.answers = {-EAGAIN};
  ExpectError(guest_recv(fd_, &byte, 1, MSG_DONTWAIT), EAGAIN);
  EXPECT_EQ(GuestNow() - before, 7000000u) << "it does not wait";
  EXPECT_EQ(socket_.calls.back(), "receive 1 0") << "the stack does not see MSG_DONTWAIT";
}

TEST_F(Sockets, BlockingSend_GoesOnUntilAllIsTaken) {
  SetTimeout(SO_SNDTIMEO, 1);
  socket_.answers = {4, 1, 5};
  EXPECT_EQ(guest_send(fd_, "0123456789", 10, MSG_NOSIGNAL | MSG_MORE), 10);
  EXPECT_EQ(socket_.calls, (Calls{"send 10 32768", "send 6 32768", "send 5 32768"}));
  EXPECT_EQ(socket_.sent, "0123456789");
  socket_.answers = {4, -EAGAIN};
  EXPECT_EQ(guest_send(fd_, "0123456789", 10, 0), 4) << "what was taken before the time was up";
  socket_.answers = {4, -ECONNRESET};
  EXPECT_EQ(guest_send(fd_, "0123456789", 10, 0), 4);
  socket_.answers = {-ECONNRESET};
  ExpectError(guest_send(fd_, "0123456789", 10, 0), ECONNRESET);
  Unblock();
  socket_.answers = {4, 6};
  EXPECT_EQ(guest_send(fd_, "0123456789", 10, 0), 4);
  socket_.answers = {-EAGAIN};
  ExpectError(guest_send(fd_, "0123456789", 10, 0), EAGAIN);
}

TEST_F(Sockets, WaitAll_FillsAStreamsBuffer) {
  char bytes[10];
  socket_.answers = {3, 3, 4};
  EXPECT_EQ(guest_recv(fd_, bytes, 10, MSG_WAITALL), 10);
  EXPECT_EQ(socket_.calls, (Calls{"receive 10 0", "receive 7 0", "receive 4 0"}));
  socket_.answers = {3, 0};
  EXPECT_EQ(guest_recv(fd_, bytes, 10, MSG_WAITALL), 3) << "the stream ended";
  socket_.answers = {3};
  EXPECT_EQ(guest_recv(fd_, bytes, 10, MSG_WAITALL | MSG_PEEK), 3);
  socket_.type = SOCK_DGRAM;
  socket_.answers = {3};
  EXPECT_EQ(guest_recv(fd_, bytes, 10, MSG_WAITALL), 3) << "a datagram is one";
}

TEST_F(Sockets, Write_IsTheFilesOwn) {
  socket_.answers = {2};
  EXPECT_EQ(guest_write(fd_, "ab", 2), 2);
  EXPECT_EQ(socket_.calls, Calls{"write"});
}

TEST_F(Sockets, TimeoutsThatAreNone_AreRefused) {
  const timeval wrong = {0, 1000000};
  ExpectError(guest_setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wrong, sizeof wrong), EDOM);
  ExpectError(guest_setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wrong, 4), EINVAL);
}

}  // namespace
