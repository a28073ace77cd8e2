/* SPDX-License-Identifier: ISC */
/* The socket calls, on whatever network stack provides sockets: what is the same for every stack. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>

#include <atman/libc/socket.h>

#include "file.h"
#include "ns.h"
#include "serve.h"

/* What the C library does itself. */
#define OWN_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_WAITALL)

static at_libc_socket_fn provider;

void at_libc_socket_provide(at_libc_socket_fn fn)
{
    provider = fn;
}

/* Enters the socket `fd`. Returns 0, -EBADF or -ENOTSOCK. */
static long enter(struct at_libc_file **file, int fd)
{
    *file = at_libc_file_enter(fd);
    if (*file == NULL) {
        return -EBADF;
    }
    if ((*file)->ops->socket == NULL) {
        at_libc_file_leave(*file);
        return -ENOTSOCK;
    }
    return 0;
}

/* Leaves the socket with `result`. */
static long leave(struct at_libc_file *file, long result)
{
    at_libc_file_leave(file);
    return result;
}

static struct at_libc_call receiving(struct at_libc_file *file, int flags)
{
    bool waits = !(file->flags & O_NONBLOCK) && !(flags & MSG_DONTWAIT);
    return (struct at_libc_call){file, POLLIN | POLLRDHUP, waits, file->receive_timeout_ns, 0, false, 0};
}

static struct at_libc_call sending(struct at_libc_file *file, int flags)
{
    bool waits = !(file->flags & O_NONBLOCK) && !(flags & MSG_DONTWAIT);
    return (struct at_libc_call){file, POLLOUT, waits, file->send_timeout_ns, 0, false, 0};
}

/* Gives the socket that was made a descriptor, or ends it. `type` has its SOCK_NONBLOCK. */
static long open_made(struct at_libc_file *made, int type)
{
    int fd = at_libc_file_open(made, O_RDWR | (type & SOCK_NONBLOCK ? O_NONBLOCK : 0));
    if (fd < 0) {
        at_libc_file_discard(made);
    }
    return fd;
}

/* Hands an address out: all of its length, as much of it as there is room for. */
static void give_address(struct sockaddr *to, socklen_t *room, const struct sockaddr_storage *address, socklen_t size)
{
    if (to != NULL && room != NULL) {
        memcpy(to, address, size < *room ? size : *room);
        *room = size;
    }
}

long at_libc_sys_socket(int domain, int type, int protocol)
{
    struct at_libc_file *made;
    if (provider == NULL) {
        return -EAFNOSUPPORT;
    }
    long result = provider(&made, domain, type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), protocol);
    return result < 0 ? result : open_made(made, type);
}

long at_libc_sys_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    struct at_libc_file *file;
    long result = enter(&file, fd);
    return result < 0 ? result : leave(file, file->ops->socket->bind(file, address, size));
}

/* Waits until a connection is decided. Returns how. */
static long finish_connect(struct at_libc_file *file)
{
    struct at_libc_call call = sending(file, 0);
    long result;
    do {
        result = at_libc_file_ready(file) & (POLLOUT | POLLERR | POLLHUP) ? 0 : -EAGAIN;
    } while (at_libc_call_again(&call, &result));
    if (result < 0) {
        return result == -EAGAIN ? -EINPROGRESS : result;
    }
    int error = 0;
    socklen_t size = sizeof error;
    result = file->ops->socket->getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size);
    return result < 0 ? result : -error;
}

long at_libc_sys_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    struct at_libc_file *file;
    long result = enter(&file, fd);
    if (result < 0) {
        return result;
    }
    result = file->ops->socket->connect(file, address, size);
    if (result == -EINPROGRESS && !(file->flags & O_NONBLOCK)) {
        result = finish_connect(file);
    }
    return leave(file, result);
}

long at_libc_sys_listen(int fd, int backlog)
{
    struct at_libc_file *file;
    long result = enter(&file, fd);
    return result < 0 ? result : leave(file, file->ops->socket->listen(file, backlog));
}

long at_libc_sys_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    struct at_libc_file *file, *made;
    struct sockaddr_storage from;
    socklen_t from_size = 0;
    if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) {
        return -EINVAL;
    }
    long result = enter(&file, fd);
    if (result < 0) {
        return result;
    }
    struct at_libc_call call = receiving(file, 0);
    do {
        result = file->ops->socket->accept(file, &made, &from, &from_size);
    } while (at_libc_call_again(&call, &result));
    if (result >= 0) {
        give_address(address, size, &from, from_size);
        result = open_made(made, flags);
    }
    return leave(file, result);
}

/* Sends all of it if the call waits, else what there is room for. */
static long send_all(struct at_libc_file *file, const struct msghdr *message, int flags)
{
    struct at_libc_call call = sending(file, flags);
    struct iovec rest[AT_LIBC_REST];
    struct msghdr later = *message;
    int own = flags & ~OWN_FLAGS;
    long total = 0, result = file->ops->socket->send(file, message, own);
    while (at_libc_call_again(&call, &result) || (result > 0 && call.waits)) {
        total += result > 0 ? result : 0;
        if (total == 0) {
            result = file->ops->socket->send(file, message, own); /* a datagram is never taken apart */
            continue;
        }
        later.msg_iov = rest;
        later.msg_iovlen = at_libc_parts_after(rest, message->msg_iov, (int)message->msg_iovlen, (size_t)total);
        later.msg_control = NULL;
        later.msg_controllen = 0;
        if (later.msg_iovlen == 0) {
            break;
        }
        result = file->ops->socket->send(file, &later, own);
    }
    return total > 0 ? total : result;
}

long at_libc_sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct at_libc_file *file;
    long result = enter(&file, fd);
    if (result < 0) {
        return result;
    }
    if (message->msg_iovlen < 0 || message->msg_iovlen > IOV_MAX) {
        return leave(file, -EMSGSIZE);
    }
    return leave(file, send_all(file, message, flags));
}

long at_libc_sys_sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t room)
{
    struct iovec part = {(void *)bytes, size};
    const struct msghdr message = {
        .msg_name = (void *)to, .msg_namelen = to != NULL ? room : 0, .msg_iov = &part, .msg_iovlen = 1};
    return at_libc_sys_sendmsg(fd, &message, flags);
}

static bool is_stream(struct at_libc_file *file)
{
    int type = 0;
    socklen_t size = sizeof type;
    return file->ops->socket->getsockopt(file, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

/* Receives once, or with MSG_WAITALL until the buffers are full, the stream ends or an error comes. */
static long receive_all(struct at_libc_file *file, struct msghdr *message, int flags)
{
    struct at_libc_call call = receiving(file, flags);
    struct iovec rest[AT_LIBC_REST], *const parts = message->msg_iov;
    int count = (int)message->msg_iovlen;
    bool all = (flags & MSG_WAITALL) && !(flags & MSG_PEEK) && call.waits && is_stream(file);
    long total = 0, result;
    for (;;) {
        do {
            result = file->ops->socket->receive(file, message, flags & ~OWN_FLAGS);
        } while (at_libc_call_again(&call, &result));
        total += result > 0 ? result : 0;
        if (!all || result <= 0) {
            break;
        }
        message->msg_iovlen = at_libc_parts_after(rest, parts, count, (size_t)total);
        message->msg_iov = rest;
        if (message->msg_iovlen == 0) {
            break;
        }
    }
    message->msg_iov = parts;
    message->msg_iovlen = count;
    return total > 0 ? total : result;
}

long at_libc_sys_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct at_libc_file *file;
    struct sockaddr_storage from;
    long result = enter(&file, fd);
    if (result < 0) {
        return result;
    }
    if (message->msg_iovlen < 0 || message->msg_iovlen > IOV_MAX) {
        return leave(file, -EMSGSIZE);
    }
    void *name = message->msg_name;
    socklen_t room = message->msg_namelen;
    message->msg_name = name != NULL ? &from : NULL;
    message->msg_namelen = name != NULL ? sizeof from : 0;
    result = receive_all(file, message, flags);
    if (result >= 0) {
        give_address(name, &room, &from, message->msg_namelen);
    }
    message->msg_name = name;
    message->msg_namelen = room;
    return leave(file, result);
}

long at_libc_sys_recvfrom(int fd, void *bytes, size_t size, int flags, struct sockaddr *from, socklen_t *room)
{
    struct iovec part = {bytes, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (from != NULL && room != NULL) {
        message.msg_name = from;
        message.msg_namelen = *room;
    }
    long result = at_libc_sys_recvmsg(fd, &message, flags);
    if (result >= 0 && message.msg_name != NULL) {
        *room = message.msg_namelen;
    }
    return result;
}

long at_libc_sys_shutdown(int fd, int how)
{
    struct at_libc_file *file;
    long result = enter(&file, fd);
    if (result < 0) {
        return result;
    }
    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) {
        return leave(file, -EINVAL);
    }
    return leave(file, file->ops->socket->shutdown(file, how));
}

static long name_of(int fd, struct sockaddr *address, socklen_t *size, bool peer)
{
    struct at_libc_file *file;
    struct sockaddr_storage name;
    socklen_t name_size = 0;
    long result = enter(&file, fd);
    if (result < 0) {
        return result;
    }
    result = file->ops->socket->name(file, &name, &name_size, peer);
    if (result >= 0) {
        give_address(address, size, &name, name_size);
    }
    return leave(file, result);
}

long at_libc_sys_getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
    return name_of(fd, address, size, false);
}

long at_libc_sys_getpeername(int fd, struct sockaddr *address, socklen_t *size)
{
    return name_of(fd, address, size, true);
}

/* The timeout that an option is about, or NULL if it is about none. */
static uint64_t *timeout_of(struct at_libc_file *file, int level, int option)
{
    if (level != SOL_SOCKET) {
        return NULL;
    }
    return option == SO_RCVTIMEO ? &file->receive_timeout_ns : option == SO_SNDTIMEO ? &file->send_timeout_ns : NULL;
}

static long set_timeout(uint64_t *timeout_ns, const void *value, socklen_t size)
{
    struct timeval time;
    if (size < sizeof time) {
        return -EINVAL;
    }
    memcpy(&time, value, sizeof time);
    if (time.tv_usec < 0 || time.tv_usec >= 1000000) {
        return -EDOM;
    }
    const struct timespec exact = {time.tv_sec, time.tv_usec * 1000};
    if (!at_libc_ns_of(timeout_ns, &exact)) {
        *timeout_ns = 1; /* a negative number of seconds is "do not wait", as Linux has it, and 0 is for ever */
    }
    return 0;
}

static long get_timeout(const uint64_t *timeout_ns, void *value, socklen_t *size)
{
    struct timespec exact = at_libc_timespec_of(*timeout_ns);
    const struct timeval time = {exact.tv_sec, exact.tv_nsec / 1000};
    *size = *size < sizeof time ? *size : sizeof time;
    memcpy(value, &time, *size);
    return 0;
}

long at_libc_sys_setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    struct at_libc_file *file;
    long result = enter(&file, fd);
    if (result < 0) {
        return result;
    }
    uint64_t *timeout_ns = timeout_of(file, level, option);
    return leave(file, timeout_ns != NULL ? set_timeout(timeout_ns, value, size)
                                          : file->ops->socket->setsockopt(file, level, option, value, size));
}

long at_libc_sys_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
    struct at_libc_file *file;
    long result = enter(&file, fd);
    if (result < 0) {
        return result;
    }
    const uint64_t *timeout_ns = timeout_of(file, level, option);
    return leave(file, timeout_ns != NULL ? get_timeout(timeout_ns, value, size)
                                          : file->ops->socket->getsockopt(file, level, option, value, size));
}
