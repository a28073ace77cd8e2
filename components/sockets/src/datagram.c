/* SPDX-License-Identifier: ISC */
/* Datagram sockets. connect() is a filter and a default here, nothing that the peer learns of. */

#define _GNU_SOURCE /* what musl has without asking */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

/* Datagrams that wait, for an empty one takes memory too: about as many small ones as Linux lets wait. */
#define COUNT_MAX 256u

static bool is_from(const struct endpoint *end, const struct at_ip_address *address, uint16_t port)
{
    return end->port == port && end->address.family == address->family &&
           memcmp(end->address.bytes, address->bytes, sizeof address->bytes) == 0;
}

static void received(struct at_ip_udp *udp, void *user, struct at_ip_data *data, const struct at_ip_address *from,
                     uint16_t from_port)
{
    struct socket *socket = user;
    const struct endpoint end = {*from, from_port};

    (void)udp;
    if (socket->shut_read || socket->count >= COUNT_MAX ||
        socket->arrived + at_ip_data_size(data) > AT_SOCKETS_DATAGRAMS_MAX ||
        (socket->remote.port != 0 && !is_from(&socket->remote, from, from_port))) {
        at_ip_data_free(data);
        return;
    }
    if (at_sockets_put(socket, data, &end))
        at_libc_file_changed(&socket->file);
}

long at_sockets_datagram_open(struct socket *socket, struct endpoint *end)
{
    at_status status = at_ip_udp_open(socket->ip, &socket->udp, &end->address, end->port, received, socket);

    if (status != AT_OK)
        return at_sockets_errno(status);
    end->port = at_ip_udp_port(socket->udp);
    return 0;
}

/* A socket that sends before it was bound gets a port then. */
static long open_any(struct socket *socket)
{
    struct endpoint end = {.address = {.family = socket->family == AF_INET ? AT_IP_V4 : AT_IP_ANY}};
    long result;

    if (socket->udp != NULL)
        return 0;
    result = at_sockets_datagram_open(socket, &end);
    if (result == 0) {
        socket->local = end;
        socket->is_bound = true;
    }
    return result;
}

static long connect_to(struct at_libc_file *file, const struct sockaddr *address, socklen_t size)
{
    struct socket *socket = at_sockets_of(file);
    struct endpoint end;
    long result;

    if (size >= sizeof address->sa_family && address->sa_family == AF_UNSPEC) {
        memset(&socket->remote, 0, sizeof socket->remote);
        return 0;
    }
    result = at_sockets_from_sockaddr(&end, socket, address, size);
    if (result == 0)
        result = open_any(socket);
    if (result == 0)
        socket->remote = end;
    return result;
}

static bool is_broadcast(const struct at_ip_address *address)
{
    static const uint8_t all[4] = {255, 255, 255, 255};

    return address->family == AT_IP_V4 && memcmp(address->bytes, all, sizeof all) == 0;
}

static long send_message(struct at_libc_file *file, const struct msghdr *message, int flags)
{
    struct socket *socket = at_sockets_of(file);
    struct endpoint to = socket->remote;
    size_t size = 0, at = 0;
    char *bytes;
    long result = 0;

    if ((flags & MSG_OOB) != 0)
        return -EOPNOTSUPP;
    if (socket->shut_write)
        return -EPIPE;
    if (message->msg_name != NULL)
        result = at_sockets_from_sockaddr(&to, socket, message->msg_name, message->msg_namelen);
    if (result == 0 && to.port == 0)
        result = message->msg_name != NULL ? -EINVAL : -EDESTADDRREQ;
    if (result == 0 && is_broadcast(&to.address) && !socket->broadcast)
        result = -EACCES;
    if (result == 0)
        result = open_any(socket);
    if (result != 0)
        return result;
    for (size_t i = 0; i < (size_t)message->msg_iovlen; i++) {
        if (message->msg_iov[i].iov_len > AT_IP_UDP_MAX - size)
            return -EMSGSIZE;
        size += message->msg_iov[i].iov_len;
    }
    if (message->msg_iovlen == 1) {
        result =
            at_sockets_errno(at_ip_udp_send(socket->udp, &to.address, to.port, message->msg_iov[0].iov_base, size));
        return result != 0 ? result : (long)size;
    }
    bytes = at_mm_heap_alloc(at_sockets_the.heap, size + 1);
    if (bytes == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < (size_t)message->msg_iovlen; at += message->msg_iov[i++].iov_len)
        memcpy(bytes + at, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
    result = at_sockets_errno(at_ip_udp_send(socket->udp, &to.address, to.port, bytes, size));
    at_mm_heap_free(at_sockets_the.heap, bytes);
    return result != 0 ? result : (long)size;
}

static long receive_message(struct at_libc_file *file, struct msghdr *message, int flags)
{
    struct socket *socket = at_sockets_of(file);
    size_t taken, size;

    message->msg_controllen = 0;
    if (at_list_is_empty(&socket->arrivals)) {
        message->msg_namelen = 0;
        return socket->shut_read ? 0 : -EAGAIN;
    }
    taken = at_sockets_take_datagram(socket, message, (flags & MSG_PEEK) != 0, &size);
    return (long)((flags & MSG_TRUNC) != 0 ? size : taken);
}

static long read_parts(struct at_libc_file *file, const struct iovec *parts, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = count};

    return receive_message(file, &message, 0);
}

static long write_parts(struct at_libc_file *file, const struct iovec *parts, int count)
{
    const struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = count};

    return send_message(file, &message, 0);
}

static int ready(struct at_libc_file *file)
{
    const struct socket *socket = at_sockets_of(file);
    int events = POLLOUT | POLLWRNORM;

    if (!at_list_is_empty(&socket->arrivals))
        events |= POLLIN | POLLRDNORM;
    if (socket->shut_read)
        events |= POLLIN | POLLRDNORM | POLLRDHUP;
    return events;
}

static long shut_down(struct at_libc_file *file, int how)
{
    struct socket *socket = at_sockets_of(file);

    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
        return -EINVAL;
    if (socket->remote.port == 0)
        return -ENOTCONN;
    if (how != SHUT_WR)
        socket->shut_read = true;
    if (how != SHUT_RD)
        socket->shut_write = true;
    at_libc_file_changed(file);
    return 0;
}

static long control(struct at_libc_file *file, unsigned long request, void *argument)
{
    const struct socket *socket = at_sockets_of(file);
    const struct at_list_node *first = at_list_first(&socket->arrivals);

    if (request != FIONREAD)
        return -ENOTTY;
    *(int *)argument = first == NULL ? 0 : (int)at_ip_data_size(AT_CONTAINER_OF(first, struct arrival, node)->data);
    return 0;
}

static void end(struct at_libc_file *file)
{
    struct socket *socket = at_sockets_of(file);

    if (socket->udp != NULL)
        at_ip_udp_close(socket->udp);
    at_sockets_free(socket);
}

static long listen_not(struct at_libc_file *file, int backlog)
{
    (void)file;
    (void)backlog;
    return -EOPNOTSUPP;
}

static long accept_not(struct at_libc_file *file, struct at_libc_file **made, struct sockaddr_storage *address,
                       socklen_t *size)
{
    (void)file;
    (void)made;
    (void)address;
    (void)size;
    return -EOPNOTSUPP;
}

static const struct at_libc_socket_ops socket_ops = {
    .bind = at_sockets_bind,
    .connect = connect_to,
    .listen = listen_not,
    .accept = accept_not,
    .send = send_message,
    .receive = receive_message,
    .shutdown = shut_down,
    .name = at_sockets_name,
    .setsockopt = at_sockets_setsockopt,
    .getsockopt = at_sockets_getsockopt,
};

const struct at_libc_file_ops at_sockets_datagram_ops = {
    .read = read_parts,
    .write = write_parts,
    .ready = ready,
    .ioctl = control,
    .close = end,
    .socket = &socket_ops,
};
