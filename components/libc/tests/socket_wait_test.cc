// SPDX-License-Identifier: ISC
// Socket calls that wait: what they go on with, and what ends them.

#include "told_sockets.h"

namespace {

TEST_F(Sockets, BlockingCalls_GoOnWhenItIsReady) {
  char bytes[4], room[16] = "";
  ReadyLater();
  socket_.answers = {-EAGAIN, 0};
  int made = guest_accept4(fd_, room, nullptr, 0);
  EXPECT_EQ(made, 4);
  EXPECT_EQ(room[0], 0) << "without a length there is no room";
  EXPECT_EQ(guest_close(made), 0);
  ReadyLater();
  socket_.answers = {-EAGAIN, 2};
  EXPECT_EQ(guest_recv(fd_, bytes, 4, 0), 2);
  ReadyLater();
  socket_.answers = {-EAGAIN, 4};
  EXPECT_EQ(guest_sendto(fd_, "data", 4, 0, room, sizeof room), 4);
  EXPECT_EQ(socket_.calls.back(), "send 4 0") << "a datagram is never taken apart";
  socket_.answers = {-EAGAIN};
  ExpectError(guest_send(fd_, "data", 4, MSG_DONTWAIT), EAGAIN);
  ReadyLater();
  socket_.answers = {-EINPROGRESS};
  EXPECT_EQ(guest_connect(fd_, "", 1), 0);
  socket_.answers = {-EINPROGRESS};
  socket_.asked = -ENOBUFS;
  ExpectError(guest_connect(fd_, "", 1), ENOBUFS);
}

TEST_F(Sockets, CloseWhileConnecting_EndsTheCall) {
  next_made = &other_;
  int fd = guest_socket(AF_INET, SOCK_STREAM, 0);
  WhileItSleeps([fd] { EXPECT_EQ(guest_close(fd), 0); });
  other_.answers = {-EINPROGRESS};
  ExpectError(guest_connect(fd, "", 1), EBADF);
  EXPECT_EQ(ended, std::vector<Socket *>{&other_});
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

// Linux's "do not wait" (sock_set_timeout(), net/core/sock.c), which it reads back as 0.
TEST_F(Sockets, NegativeTimeout_IsAtOnce) {
  const timeval past = {-1, 0};
  timeval got = {9, 9};
  socklen_t size = sizeof got;
  uint64_t before = GuestNow();
  char byte = 'x';
  for (int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ASSERT_EQ(guest_setsockopt(fd_, SOL_SOCKET, option, &past, sizeof past), 0);
    ASSERT_EQ(guest_getsockopt(fd_, SOL_SOCKET, option, &got, &size), 0);
    EXPECT_EQ(got.tv_sec, 0);
    EXPECT_EQ(got.tv_usec, 0);
  }
  socket_.answers = {-EAGAIN};
  ExpectError(guest_recv(fd_, &byte, 1, 0), EAGAIN);
  socket_.answers = {-EAGAIN};
  ExpectError(guest_send(fd_, &byte, 1, 0), EAGAIN);
  EXPECT_LE(GuestNow() - before, 2u);
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
  socket_.answers = {3};
  EXPECT_EQ(guest_recv(fd_, bytes, 10, MSG_WAITALL | MSG_DONTWAIT), 3);
  socket_.asked = -ENOPROTOOPT;
  socket_.answers = {3};
  EXPECT_EQ(guest_recv(fd_, bytes, 10, MSG_WAITALL), 3) << "who does not say that it is a stream is none";
  socket_.asked = 0;
  socket_.type = SOCK_DGRAM;
  socket_.answers = {3};
  EXPECT_EQ(guest_recv(fd_, bytes, 10, MSG_WAITALL), 3) << "a datagram is one";
}

}  // namespace
