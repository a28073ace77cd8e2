/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_SERVE_H
#define ATMAN_LIBC_SERVE_H

/*
 * The system calls that the kit answers, one function each: the overlay's syscall_arch.h turns musl's SYS_... into the
 * call of one of these when it is compiled, so that a program links what its calls need and nothing else. Arguments and
 * results are Linux's, a negative errno for an error.
 */

#include <poll.h>
#include <stddef.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

/* Descriptors. */
long at_libc_sys_read(int fd, void *bytes, size_t size);
long at_libc_sys_readv(int fd, const struct iovec *parts, int count);
long at_libc_sys_write(int fd, const void *bytes, size_t size);
long at_libc_sys_writev(int fd, const struct iovec *parts, int count);
long at_libc_sys_close(int fd);
long at_libc_sys_dup(int fd);
long at_libc_sys_dup2(int from, int to);
long at_libc_sys_fcntl(int fd, int command, long argument);
long at_libc_sys_ioctl(int fd, unsigned long request, void *argument);
long at_libc_sys_pipe2(int fds[2], int flags);
long at_libc_sys_poll(struct pollfd *fds, size_t count, int timeout_ms);
long at_libc_sys_ppoll(struct pollfd *fds, size_t count, const struct timespec *timeout);
long at_libc_sys_pselect(int count, fd_set *read, fd_set *write, fd_set *other, const struct timespec *timeout);
long at_libc_sys_select(int count, fd_set *read, fd_set *write, fd_set *other, const struct timeval *timeout);

/* Sockets. */
long at_libc_sys_socket(int domain, int type, int protocol);
long at_libc_sys_bind(int fd, const struct sockaddr *address, socklen_t size);
long at_libc_sys_connect(int fd, const struct sockaddr *address, socklen_t size);
long at_libc_sys_listen(int fd, int backlog);
long at_libc_sys_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
long at_libc_sys_sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t room);
long at_libc_sys_recvfrom(int fd, void *bytes, size_t size, int flags, struct sockaddr *from, socklen_t *room);
long at_libc_sys_sendmsg(int fd, const struct msghdr *message, int flags);
long at_libc_sys_recvmsg(int fd, struct msghdr *message, int flags);
long at_libc_sys_shutdown(int fd, int how);
long at_libc_sys_getsockname(int fd, struct sockaddr *address, socklen_t *size);
long at_libc_sys_getpeername(int fd, struct sockaddr *address, socklen_t *size);
long at_libc_sys_setsockopt(int fd, int level, int option, const void *value, socklen_t size);
long at_libc_sys_getsockopt(int fd, int level, int option, void *value, socklen_t *size);

/* Threads, time, chance. */
long at_libc_sys_futex(volatile int *word, int operation, int value, long timeout_or_count, volatile int *other);
long at_libc_sys_sched_yield(void);
_Noreturn void at_libc_sys_exit(void);
long at_libc_sys_clock_gettime(int clock, struct timespec *now);
long at_libc_sys_clock_getres(int clock, struct timespec *resolution);
long at_libc_sys_clock_nanosleep(int clock, int flags, const struct timespec *request, struct timespec *rest);
long at_libc_sys_getrandom(void *out, size_t size, unsigned flags);

/*
 * at_libc_cancellation ends the calling thread if pthread_cancel() named it and it lets that happen. Returns 0 if not,
 * or -ECANCELED when the caller has to clean up first. Without a pthread_cancel() in the program it is 0.
 */
long at_libc_cancellation(void);

#endif /* ATMAN_LIBC_SERVE_H */
