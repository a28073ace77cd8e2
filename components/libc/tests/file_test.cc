// SPDX-License-Identifier: ISC
// Descriptors, pipes, poll() and select(), without threads: what would wait for ever is a death here.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <atman/libc/file.h>

#include "gtest/gtest.h"
#include "guest_seams.h"

extern "C" {
decltype(at_libc_file_init) guest_at_libc_file_init;
decltype(at_libc_file_open) guest_at_libc_file_open;
decltype(at_libc_file_changed) guest_at_libc_file_changed;
int guest_pipe2(int *, int);
int guest_close(int);
int guest_dup(int);
int guest_dup2(int, int);
int guest_fcntl(int, int, ...);
int guest_ioctl(int, int, ...);
int guest_isatty(int);
ssize_t guest_read(int, void *, size_t);
ssize_t guest_readv(int, const iovec *, int);
ssize_t guest_write(int, const void *, size_t);
ssize_t guest_writev(int, const iovec *, int);
int guest_poll(pollfd *, nfds_t, int);
int guest_ppoll(pollfd *, nfds_t, const timespec *, const void *);
int guest_select(int, fd_set *, fd_set *, fd_set *, timeval *);
int guest_pselect(int, fd_set *, fd_set *, fd_set *, const timespec *, const void *);
}

namespace {

class Files : public testing::Test {
 protected:
  void SetUp() override { TakeConsole(); }
  void TearDown() override {
    FailAllocation(0);
    EXPECT_LE(LiveObjects(), 1u) << "more than the table is left";
  }

  int MakePipe(int flags = 0) { return guest_pipe2(pipe_, flags); }
  void ClosePipe() {
    EXPECT_EQ(guest_close(pipe_[0]), 0);
    EXPECT_EQ(guest_close(pipe_[1]), 0);
  }

  int pipe_[2];
};

// Expects that `result` is -1 with this errno.
void ExpectError(long result, int error) {
  EXPECT_EQ(result, -1);
  EXPECT_EQ(GuestErrno(), error);
}

TEST_F(Files, Pipe_CarriesBytesInOrder) {
  ASSERT_EQ(MakePipe(), 0);
  EXPECT_EQ(pipe_[0], 3);
  EXPECT_EQ(pipe_[1], 4);
  char one[] = "ab", two[] = "cde", back[8] = "", more[8] = "";
  const iovec out[] = {{one, 2}, {two, 0}, {two, 3}};
  EXPECT_EQ(guest_writev(pipe_[1], out, 3), 5);
  int waiting = 0;
  EXPECT_EQ(guest_ioctl(pipe_[0], FIONREAD, &waiting), 0);
  EXPECT_EQ(waiting, 5);
  const iovec in[] = {{back, 1}, {more, 8}};
  EXPECT_EQ(guest_readv(pipe_[0], in, 2), 5);
  EXPECT_STREQ(back, "a");
  EXPECT_STREQ(more, "bcde");
  ClosePipe();
}

TEST_F(Files, PipeEnds_SayWhatTheyAreNot) {
  ASSERT_EQ(MakePipe(), 0);
  char byte;
  ExpectError(guest_read(pipe_[1], &byte, 1), EINVAL);
  ExpectError(guest_write(pipe_[0], &byte, 1), EINVAL);
  ExpectError(guest_ioctl(pipe_[1], FIONREAD, &byte), ENOTTY);
  EXPECT_EQ(guest_isatty(pipe_[0]), 0);
  EXPECT_EQ(guest_close(pipe_[0]), 0);
  ExpectError(guest_write(pipe_[1], &byte, 1), EPIPE);
  EXPECT_EQ(guest_close(pipe_[1]), 0);
}

TEST_F(Files, NonBlocking_AnswersEagain) {
  ASSERT_EQ(MakePipe(O_NONBLOCK), 0);
  char bytes[PIPE_BUF] = "";
  ExpectError(guest_read(pipe_[0], bytes, 1), EAGAIN);
  EXPECT_EQ(guest_read(pipe_[0], bytes, 0), 0);
  EXPECT_EQ(guest_write(pipe_[1], bytes, PIPE_BUF), PIPE_BUF);
  EXPECT_EQ(guest_write(pipe_[1], bytes, 1), 1);
  ExpectError(guest_write(pipe_[1], bytes, PIPE_BUF), EAGAIN);  // whole or not at all
  EXPECT_EQ(guest_read(pipe_[0], bytes, 1), 1);
  EXPECT_EQ(guest_write(pipe_[1], bytes, PIPE_BUF), PIPE_BUF);
  int off = 0, on = 1;
  EXPECT_EQ(guest_ioctl(pipe_[0], FIONBIO, &off), 0);
  EXPECT_EQ(guest_fcntl(pipe_[0], F_GETFL), O_RDONLY);
  EXPECT_EQ(guest_ioctl(pipe_[0], FIONBIO, &on), 0);
  EXPECT_EQ(guest_fcntl(pipe_[0], F_GETFL), O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(guest_fcntl(pipe_[1], F_GETFL), O_WRONLY | O_NONBLOCK);
  EXPECT_EQ(guest_fcntl(pipe_[1], F_SETFL, 0), 0);
  EXPECT_EQ(guest_fcntl(pipe_[1], F_GETFL), O_WRONLY);
  ClosePipe();
}

TEST_F(Files, BlockingRead_WouldWait) {
  ASSERT_EQ(MakePipe(), 0);
  char byte;
  EXPECT_DEATH(guest_read(pipe_[0], &byte, 1), "guest deadlock: file descriptor");
  ClosePipe();
}

TEST_F(Files, EndOfFile_AfterTheLastWriter) {
  ASSERT_EQ(MakePipe(), 0);
  int second = guest_dup(pipe_[1]);
  char byte = 'x';
  EXPECT_EQ(guest_close(pipe_[1]), 0);
  EXPECT_EQ(guest_write(second, &byte, 1), 1);
  EXPECT_EQ(guest_close(second), 0);
  EXPECT_EQ(guest_read(pipe_[0], &byte, 1), 1);
  EXPECT_EQ(guest_read(pipe_[0], &byte, 1), 0);
  EXPECT_EQ(guest_close(pipe_[0]), 0);
}

TEST_F(Files, Descriptors_LowestFreeIsTaken) {
  ASSERT_EQ(MakePipe(), 0);
  EXPECT_EQ(guest_dup(3), 5);
  EXPECT_EQ(guest_dup(3), 6);
  EXPECT_EQ(guest_close(5), 0);
  EXPECT_EQ(guest_close(4), 0);
  EXPECT_EQ(guest_dup(3), 4);
  EXPECT_EQ(guest_dup(3), 5);
  EXPECT_EQ(guest_fcntl(3, F_DUPFD, 40), 40);
  EXPECT_EQ(guest_dup2(3, 9), 9);
  EXPECT_EQ(guest_dup2(3, 9), 9) << "onto itself's twin";
  EXPECT_EQ(guest_dup2(9, 9), 9);
  EXPECT_EQ(guest_dup(3), 7);
  for (int fd : {3, 4, 5, 6, 7, 9, 40}) EXPECT_EQ(guest_close(fd), 0) << fd;
  for (int fd : {-1, 3, 8, 40, 41, 1 << 20, INT_MAX}) {
    SCOPED_TRACE(fd);
    char byte;
    ExpectError(guest_close(fd), EBADF);
    ExpectError(guest_read(fd, &byte, 1), EBADF);
    ExpectError(guest_dup(fd), EBADF);
    ExpectError(guest_dup2(fd, 5), EBADF);
    ExpectError(guest_write(fd, &byte, 1), EBADF);
    ExpectError(guest_ioctl(fd, FIONREAD, &byte), EBADF);
    ExpectError(guest_fcntl(fd, F_GETFL), EBADF);
  }
  ASSERT_EQ(MakePipe(), 0);
  ExpectError(guest_dup2(3, -1), EBADF);
  ExpectError(guest_dup2(3, AT_LIBC_FILES_MAX), EBADF);
  ExpectError(guest_fcntl(3, F_DUPFD, -1L), EINVAL);
  ExpectError(guest_fcntl(3, F_DUPFD, AT_LIBC_FILES_MAX), EINVAL);
  ExpectError(guest_fcntl(3, 12345), EINVAL);
  ClosePipe();
}

TEST_F(Files, ThousandsOfDescriptors_UntilTheTableIsFull) {
  ASSERT_EQ(MakePipe(), 0);
  for (int fd = 5; fd < AT_LIBC_FILES_MAX; fd++) ASSERT_EQ(guest_dup(3), fd);
  ExpectError(guest_dup(3), EMFILE);
  int more[2];
  ExpectError(guest_pipe2(more, 0), EMFILE);
  EXPECT_EQ(guest_close(1000), 0);
  ExpectError(guest_pipe2(more, 0), EMFILE);  // and the first end is closed again
  EXPECT_EQ(guest_dup(3), 1000);
  for (int fd = 3; fd < AT_LIBC_FILES_MAX; fd++) ASSERT_EQ(guest_close(fd), 0);
}

TEST_F(Files, NoMemory_LeavesNothingBehind) {
  FailAllocation(1);
  int fds[2] = {-7, -7};
  ExpectError(guest_pipe2(fds, 0), ENOMEM);
  FailAllocation(0);
  ExpectError(guest_pipe2(fds, O_APPEND), EINVAL);
  EXPECT_EQ(fds[0], -7);
  ASSERT_EQ(MakePipe(), 0);
  EXPECT_EQ(pipe_[0], 3);
  ClosePipe();
}

TEST_F(Files, CloseOnExec_IsTakenAndMeansNothing) {
  ASSERT_EQ(MakePipe(O_CLOEXEC), 0);
  EXPECT_EQ(guest_fcntl(pipe_[0], F_SETFD, FD_CLOEXEC), 0);
  EXPECT_EQ(guest_fcntl(pipe_[0], F_GETFD), 0) << "nothing is ever executed";
  EXPECT_EQ(guest_fcntl(pipe_[0], F_DUPFD_CLOEXEC, 10), 10);
  EXPECT_EQ(guest_close(10), 0);
  ClosePipe();
}

TEST_F(Files, BufferCounts_AreBounded) {
  ASSERT_EQ(MakePipe(O_NONBLOCK), 0);
  char byte = 'x';
  const std::vector<iovec> parts(IOV_MAX + 1, iovec{&byte, 0});
  EXPECT_EQ(guest_writev(pipe_[1], parts.data(), IOV_MAX), 0);
  EXPECT_EQ(guest_readv(pipe_[0], parts.data(), IOV_MAX), 0);
  for (int count : {-1, IOV_MAX + 1}) {
    SCOPED_TRACE(count);
    ExpectError(guest_writev(pipe_[1], parts.data(), count), EINVAL);
    ExpectError(guest_readv(pipe_[0], parts.data(), count), EINVAL);
  }
  ClosePipe();
}

TEST_F(Files, Pipe_GoesRoundItsEnd) {
  ASSERT_EQ(MakePipe(O_NONBLOCK), 0);
  std::string sent(2 * PIPE_BUF, '.'), got(2 * PIPE_BUF, ' ');
  for (size_t i = 0; i < sent.size(); i++) sent[i] = static_cast<char>('a' + i % 23);
  EXPECT_EQ(guest_write(pipe_[1], sent.data(), PIPE_BUF + 7), PIPE_BUF + 7);
  EXPECT_EQ(guest_read(pipe_[0], got.data(), PIPE_BUF + 7), PIPE_BUF + 7);
  EXPECT_EQ(guest_write(pipe_[1], sent.data(), sent.size()), 2 * PIPE_BUF);
  EXPECT_EQ(guest_write(pipe_[1], sent.data(), 0), 0) << "nothing fits into what is full";
  EXPECT_EQ(guest_read(pipe_[0], got.data(), got.size()), 2 * PIPE_BUF);
  EXPECT_EQ(got, sent);
  ClosePipe();
}

TEST_F(Files, Console_PassesEmptyBuffersOver) {
  char text[8] = "";
  const iovec nothing[] = {{text, 0}, {text, 0}}, later[] = {{text, 0}, {text, 8}};
  EXPECT_EQ(guest_readv(0, nothing, 2), 0);
  Type("line\n");
  EXPECT_EQ(guest_readv(0, later, 2), 5);
  EXPECT_STREQ(text, "line\n");
  const iovec out[] = {{text, 0}, {text, 4}};
  EXPECT_EQ(guest_writev(1, out, 2), 4);
  EXPECT_EQ(TakeConsole(), std::vector<std::string>{"line"});
  ExpectError(guest_ioctl(1, FIONREAD, text), ENOTTY);
}

TEST_F(Files, Console_IsWhatTheFirstThreeAre) {
  ASSERT_EQ(MakePipe(), 0) << "from now on write() goes by the table";
  EXPECT_EQ(guest_write(1, "out", 3), 3);
  EXPECT_EQ(guest_write(2, "err", 3), 3);
  EXPECT_EQ(TakeConsole(), (std::vector<std::string>{"out", "err"}));
  EXPECT_EQ(guest_isatty(1), 1);
  int copy = guest_dup(1);
  EXPECT_EQ(guest_write(copy, "copy", 4), 4);
  EXPECT_EQ(TakeConsole(), std::vector<std::string>{"copy"});
  EXPECT_EQ(guest_close(copy), 0);
  Type("a line\nanother");
  char text[32] = "";
  EXPECT_EQ(guest_read(0, text, sizeof text), 7);
  EXPECT_STREQ(text, "a line\n");
  EXPECT_EQ(guest_read(0, text, 3), 3);
  pollfd input = {0, POLLIN | POLLOUT, 0};
  EXPECT_EQ(guest_poll(&input, 1, 0), 1);
  EXPECT_EQ(input.revents, POLLIN | POLLOUT);
  EXPECT_EQ(guest_read(0, text, 32), 4);
  EXPECT_EQ(guest_poll(&input, 1, 0), 1);
  EXPECT_EQ(input.revents, POLLOUT);
  Type("\x04");
  EXPECT_EQ(guest_read(0, text, 32), 0) << "the end of the input";
  EXPECT_DEATH(guest_read(0, text, 32), "guest deadlock: file descriptor");
  ClosePipe();
}

TEST_F(Files, Poll_SaysWhatIsReady) {
  ASSERT_EQ(MakePipe(), 0);
  pollfd fds[] = {{pipe_[0], POLLIN, 99}, {pipe_[1], POLLOUT, 99}, {-5, POLLIN, 99}, {77, POLLIN, 99}};
  EXPECT_EQ(guest_poll(fds, 3, 0), 1);
  EXPECT_EQ(fds[0].revents, 0);
  EXPECT_EQ(fds[1].revents, POLLOUT);
  EXPECT_EQ(fds[2].revents, 0) << "a negative descriptor is left out";
  EXPECT_EQ(guest_poll(fds, 4, 0), 2);
  EXPECT_EQ(fds[3].revents, POLLNVAL);
  std::vector<char> much(2 * PIPE_BUF);
  EXPECT_EQ(guest_write(pipe_[1], much.data(), PIPE_BUF + 1), PIPE_BUF + 1);
  fds[0].events = POLLIN | POLLRDNORM;
  EXPECT_EQ(guest_poll(fds, 2, -1), 1);
  EXPECT_EQ(fds[0].revents, POLLIN | POLLRDNORM);
  EXPECT_EQ(fds[1].revents, 0) << "there is no room for PIPE_BUF bytes";
  EXPECT_EQ(guest_close(pipe_[1]), 0);
  fds[0].events = 0;
  EXPECT_EQ(guest_poll(fds, 1, 0), 1);
  EXPECT_EQ(fds[0].revents, POLLHUP);
  EXPECT_EQ(guest_close(pipe_[0]), 0);
  ASSERT_EQ(MakePipe(), 0);
  EXPECT_EQ(guest_close(pipe_[0]), 0);
  EXPECT_EQ(guest_poll(fds + 1, 1, 0), 1);
  EXPECT_EQ(fds[1].revents, POLLOUT | POLLERR) << "nobody will read it";
  EXPECT_EQ(guest_close(pipe_[1]), 0);
}

TEST_F(Files, PollTimeout_IsKept) {
  ASSERT_EQ(MakePipe(), 0);
  pollfd fds = {pipe_[0], POLLIN, 0};
  uint64_t before = GuestNow();
  EXPECT_EQ(guest_poll(&fds, 1, 25), 0);
  EXPECT_EQ(GuestNow() - before, 25000000u);
  const timespec exact = {1, 5}, wrong = {0, 1000000000};
  EXPECT_EQ(guest_ppoll(&fds, 1, &exact, nullptr), 0);
  EXPECT_EQ(GuestNow() - before, 1025000005u);
  ExpectError(guest_ppoll(&fds, 1, &wrong, nullptr), EINVAL);
  const timespec none = {};
  EXPECT_EQ(guest_ppoll(&fds, 1, &none, nullptr), 0);
  EXPECT_EQ(GuestNow() - before, 1025000005u) << "it does not wait";
  EXPECT_DEATH(guest_poll(&fds, 1, -1), "guest deadlock: poll");
  ClosePipe();
}

TEST_F(Files, Select_SaysWhatIsReady) {
  ASSERT_EQ(MakePipe(), 0);
  fd_set in, out;
  timeval soon = {0, 3000};
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(pipe_[0], &in);
  uint64_t before = GuestNow();
  EXPECT_EQ(guest_select(5, &in, nullptr, nullptr, &soon), 0);
  EXPECT_EQ(GuestNow() - before, 3000000u);
  EXPECT_FALSE(FD_ISSET(pipe_[0], &in));
  EXPECT_EQ(guest_write(pipe_[1], "x", 1), 1);
  FD_SET(pipe_[0], &in);
  FD_SET(pipe_[1], &out);
  EXPECT_EQ(guest_select(5, &in, &out, &in, nullptr), 2) << "nothing is exceptional";
  FD_SET(50, &in);
  ExpectError(guest_select(51, &in, &out, nullptr, nullptr), EBADF);
  ClosePipe();
}

// Longer than 2^64 - 1 nanoseconds, by its seconds and by what is beside them.
TEST_F(Files, PollTimeoutBeyondTheClock_IsForEver) {
  ASSERT_EQ(MakePipe(), 0);
  pollfd writable = {pipe_[1], POLLOUT, 0}, readable = {pipe_[0], POLLIN, 0};
  for (const timespec time : {timespec{INT64_C(1) << 60, 0}, timespec{18446744073, 999999999}}) {
    SCOPED_TRACE(time.tv_sec);
    EXPECT_EQ(guest_ppoll(&writable, 1, &time, nullptr), 1);
    EXPECT_DEATH(guest_ppoll(&readable, 1, &time, nullptr), "guest deadlock: poll");
  }
  ClosePipe();
}

TEST_F(Files, PollAndSelect_SayWhatTheyCannotDo) {
  fd_set set;
  FD_ZERO(&set);
  pollfd none = {-1, 0, 0};
  const timeval soon = {}, wrong = {0, 1000000};
  const timespec at_once = {};
  ExpectError(guest_poll(&none, AT_LIBC_FILES_MAX + 1, 0), EINVAL);
  ExpectError(guest_ppoll(&none, AT_LIBC_FILES_MAX + 1, &at_once, nullptr), EINVAL);
  const struct {
    int count;
    timeval time;
  } cases[] = {{-1, soon}, {FD_SETSIZE + 1, soon}, {1, {-1, 0}}};
  for (const auto &c : cases) {
    SCOPED_TRACE(c.count);
    timeval time = c.time;
    ExpectError(guest_select(c.count, &set, nullptr, nullptr, &time), EINVAL);
  }
  const timespec late = {0, 1000000000};
  ExpectError(guest_pselect(1, &set, nullptr, nullptr, &late, nullptr), EINVAL);
  timeval second = wrong;
  EXPECT_EQ(guest_select(1, &set, nullptr, nullptr, &second), 0) << "musl carries what is more than a second";
  FailAllocation(1);
  ExpectError(guest_select(1, &set, nullptr, nullptr, nullptr), ENOMEM);
}

// What at_libc_file's operations may be asked for, where they are few.
TEST_F(Files, FileWithoutOperations_RefusesKindly) {
  static const at_libc_file_ops none = {};
  at_libc_file file;
  guest_at_libc_file_init(&file, &none);
  int fd = guest_at_libc_file_open(&file, O_RDWR);
  char byte;
  ExpectError(guest_read(fd, &byte, 1), EINVAL);
  ExpectError(guest_write(fd, &byte, 1), EINVAL);
  ExpectError(guest_ioctl(fd, FIONREAD, &byte), ENOTTY);
  pollfd all = {fd, POLLIN | POLLOUT, 0};
  EXPECT_EQ(guest_poll(&all, 1, 0), 1);
  EXPECT_EQ(all.revents, POLLIN | POLLOUT);
  guest_at_libc_file_changed(&file);
  const iovec parts[1] = {{&byte, 1}};
  ExpectError(guest_readv(fd, parts, -1), EINVAL);
  EXPECT_EQ(guest_close(fd), 0);
}

}  // namespace
