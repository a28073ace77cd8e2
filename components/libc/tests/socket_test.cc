// SPDX-License-Identifier: ISC
// The socket calls over a network stack that answers as the test says: what the C library adds to every stack.

#include "told_sockets.h"

namespace {

TEST_F(Sockets, NoProvider_IsNoFamily) {
  guest_at_libc_socket_provide(nullptr);
  ExpectError(guest_socket(AF_INET, SOCK_STREAM, 0), EAFNOSUPPORT);
}

TEST_F(Sockets, ProvidersRefusal_IsTheCalls) { ExpectError(guest_socket(AF_INET, SOCK_RAW, 1), EPROTONOSUPPORT); }

TEST_F(Sockets, Calls_ArriveInTheirPlaces) {
  char address[16] = "";
  EXPECT_EQ(guest_bind(fd_, address, 16), 0);
  EXPECT_EQ(guest_listen(fd_, 5), 0);
  EXPECT_EQ(guest_connect(fd_, address, 12), 0);
  for (int how : {SHUT_WR, SHUT_RD, SHUT_RDWR}) EXPECT_EQ(guest_shutdown(fd_, how), 0);
  ExpectError(guest_shutdown(fd_, 7), EINVAL);
  int one = 1;
  EXPECT_EQ(guest_setsockopt(fd_, 6, 9, &one, sizeof one), 0);
  EXPECT_EQ(guest_setsockopt(fd_, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one), 0);
  EXPECT_EQ(socket_.calls, (Calls{"bind 16", "listen 5", "connect 12", "shutdown 1", "shutdown 0", "shutdown 2",
                                  "set 6 9", Number("set", SOL_SOCKET) + Number("", SO_KEEPALIVE)}));
  socklen_t size = sizeof one;
  EXPECT_EQ(guest_getsockopt(fd_, SOL_SOCKET, SO_TYPE, &one, &size), 0);
  EXPECT_EQ(one, SOCK_STREAM);
}

TEST_F(Sockets, OtherDescriptors_AreNoSockets) {
  for (int fd : {0, 1}) {
    ExpectError(guest_listen(fd, 1), ENOTSOCK);
    ExpectError(guest_send(fd, "x", 1, 0), ENOTSOCK);
  }
  char room[16] = "";
  socklen_t size = sizeof room;
  for (int fd : {-1, 99}) {
    SCOPED_TRACE(fd);
    ExpectError(guest_bind(fd, room, size), EBADF);
    ExpectError(guest_connect(fd, room, size), EBADF);
    ExpectError(guest_accept4(fd, room, &size, 0), EBADF);
    ExpectError(guest_shutdown(fd, SHUT_RD), EBADF);
    ExpectError(guest_setsockopt(fd, SOL_SOCKET, SO_TYPE, room, size), EBADF);
    ExpectError(guest_getsockopt(fd, SOL_SOCKET, SO_TYPE, room, &size), EBADF);
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
  socket_.answers = {3, -ENOTCONN};
  EXPECT_EQ(guest_recvfrom(fd_, bytes, 8, 0, room, nullptr), 3) << "nobody asks how long it is";
  ExpectError(guest_getpeername(fd_, room, &size), ENOTCONN);
  EXPECT_EQ(size, 16u);
}

TEST_F(Sockets, Messages_HaveSoManyBuffers) {
  char byte;
  const std::vector<iovec> parts(IOV_MAX + 1, iovec{&byte, 1});
  for (size_t count : {static_cast<size_t>(-1), static_cast<size_t>(IOV_MAX + 1)}) {
    SCOPED_TRACE(count);
    msghdr message = {};
    message.msg_iov = const_cast<iovec *>(parts.data());
    message.msg_iovlen = count;
    ExpectError(guest_sendmsg(fd_, &message, 0), EMSGSIZE);
    ExpectError(guest_recvmsg(fd_, &message, 0), EMSGSIZE);
  }
  EXPECT_EQ(socket_.calls, Calls{});
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
  made = guest_accept4(fd_, nullptr, nullptr, 0x10);
  EXPECT_EQ(made, 4) << "musl asks once more, without the flags that are refused";
  EXPECT_EQ(guest_close(made), 0);
  ended.clear();
  Unblock();
  socket_.answers = {-EAGAIN};
  ExpectError(guest_accept4(fd_, room, nullptr, 0), EAGAIN);
}

TEST_F(Sockets, AcceptWithoutDescriptor_EndsTheSocket) {
  for (int fd = 4; fd < AT_LIBC_FILES_MAX; fd++) ASSERT_EQ(guest_dup(fd_), fd);
  ExpectError(guest_accept4(fd_, nullptr, nullptr, 0), EMFILE);
  EXPECT_EQ(ended, std::vector<Socket *>{&other_});
  for (int fd = 4; fd < AT_LIBC_FILES_MAX; fd++) guest_close(fd);
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
  const timeval negative = {0, -1}, none = {-1, 0};
  ExpectError(guest_setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &negative, sizeof negative), EDOM);
  EXPECT_EQ(guest_setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none), 0) << "before now is at once";
  int64_t seconds = -1;
  socklen_t size = sizeof seconds;
  EXPECT_EQ(guest_getsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &seconds, &size), 0);
  EXPECT_EQ(size, sizeof seconds) << "cut to the room";
  EXPECT_EQ(seconds, 0);
}

}  // namespace
