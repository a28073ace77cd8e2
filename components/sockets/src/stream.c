/* SPDX-License-Identifier: ISC */
/* A stream's data, its end, and what becomes of it: the stack's events on one side, a file's operations on the other.
 */

#define _GNU_SOURCE /* what musl has without asking */

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <atman/base/bits.h>

#include "internal.h"

#define LOW_WATER 2048u /* bytes of room with which a stream is ready for writing */

/* ---- what the stack says ---- */

static void received(struct at_ip_tcp *tcp, void *user, struct at_ip_data *data)
{
    struct socket *socket = user;

    if (socket->shut_read) { /* nobody will ever read it */
        at_ip_tcp_consumed(tcp, at_ip_data_size(data));
        at_ip_data_free(data);
        return;
    }
    if (!at_sockets_put(socket, data, NULL)) { /* bytes that were acknowledged are lost: the stream is broken */
        at_ip_tcp_abort(tcp);
        socket->tcp = NULL;
        socket->state = STREAM_ENDED;
        socket->error = ENOMEM;
    }
    at_libc_file_changed(&socket->file);
}

static void finished(struct at_ip_tcp *tcp, void *user)
{
    struct socket *socket = user;

    (void)tcp;
    socket->peer_finished = true;
    at_libc_file_changed(&socket->file);
}

static void sent(struct at_ip_tcp *tcp, void *user, size_t size)
{
    struct socket *socket = user;

    (void)size;
    if (at_ip_tcp_room(tcp) >= LOW_WATER)
        at_libc_file_changed(&socket->file);
}

static void connected(struct at_ip_tcp *tcp, void *user)
{
    struct socket *socket = user;

    socket->local.port = at_ip_tcp_local(tcp, &socket->local.address);
    socket->state = STREAM_CONNECTED;
    at_sockets_apply(socket);
    at_libc_file_changed(&socket->file);
}

static void closed(struct at_ip_tcp *tcp, void *user, at_status why)
{
    struct socket *socket = user;

    (void)tcp;
    socket->tcp = NULL;
    socket->state = STREAM_ENDED;
    socket->peer_finished = true;
    if (why != AT_OK)
        socket->error = (int)-at_sockets_errno(why);
    at_libc_file_changed(&socket->file);
}

const struct at_ip_tcp_events at_sockets_stream_events = {
    .connected = connected,
    .received = received,
    .finished = finished,
    .sent = sent,
    .closed = closed,
};

/* ---- what the application asks ---- */

static long receive_message(struct at_libc_file *file, struct msghdr *message, int flags)
{
    struct socket *socket = at_sockets_of(file);
    bool peek = (flags & MSG_PEEK) != 0;
    size_t taken;

    if ((flags & MSG_OOB) != 0)
        return -EINVAL; /* as Linux says when there is none; there never is */
    message->msg_flags = 0;
    message->msg_controllen = 0;
    message->msg_namelen = 0;
    if (socket->arrived > 0) {
        taken = at_sockets_take_bytes(socket, message, peek);
        if (!peek && socket->tcp != NULL)
            at_ip_tcp_consumed(socket->tcp, taken);
        return (long)taken;
    }
    if (socket->error != 0)
        return at_sockets_take_error(socket);
    if (socket->state < STREAM_CONNECTING)
        return -ENOTCONN;
    return socket->peer_finished || socket->shut_read ? 0 : -EAGAIN;
}

static long send_message(struct at_libc_file *file, const struct msghdr *message, int flags)
{
    struct socket *socket = at_sockets_of(file);
    size_t taken = 0;

    if ((flags & MSG_OOB) != 0)
        return -EOPNOTSUPP;
    if (socket->error != 0)
        return at_sockets_take_error(socket);
    if (socket->state == STREAM_CONNECTING)
        return -EAGAIN;
    if (socket->state != STREAM_CONNECTED || socket->shut_write)
        return -EPIPE;
    for (size_t i = 0; i < (size_t)message->msg_iovlen; i++) {
        const struct iovec *part = &message->msg_iov[i];
        bool more = (flags & MSG_MORE) != 0 || i + 1 < (size_t)message->msg_iovlen;
        size_t done;
        at_status status;

        if (part->iov_len == 0)
            continue;
        status = at_ip_tcp_write(socket->tcp, &done, part->iov_base, part->iov_len, more ? AT_IP_TCP_MORE : 0);
        taken += done;
        if (status != AT_OK)
            return taken > 0 ? (long)taken : at_sockets_errno(status);
    }
    return (long)taken;
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
    int events = 0;

    if (socket->state == STREAM_LISTENING)
        return at_list_is_empty(&socket->accepted) ? 0 : POLLIN | POLLRDNORM;
    if (socket->error != 0)
        events |= POLLERR | POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
    if (socket->state == STREAM_FRESH || socket->state == STREAM_ENDED || (socket->peer_finished && socket->shut_write))
        events |= POLLHUP | POLLOUT | POLLWRNORM;
    if (socket->arrived > 0)
        events |= POLLIN | POLLRDNORM;
    if (socket->peer_finished || socket->shut_read)
        events |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (socket->state == STREAM_CONNECTED && (socket->shut_write || at_ip_tcp_room(socket->tcp) >= LOW_WATER))
        events |= POLLOUT | POLLWRNORM;
    return events;
}

static long shut_down(struct at_libc_file *file, int how)
{
    struct socket *socket = at_sockets_of(file);
    long result = 0;

    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
        return -EINVAL;
    if (socket->state == STREAM_LISTENING) {
        if (how != SHUT_WR) {
            at_sockets_stream_unlisten(socket); /* Linux's way of waking who waits in accept() */
            socket->state = STREAM_FRESH;       /* and may connect later, and read */
            at_libc_file_changed(file);
        }
        return 0;
    }
    if (socket->state != STREAM_CONNECTED)
        return -ENOTCONN;
    if (how != SHUT_WR)
        socket->shut_read = true;
    if (how != SHUT_RD && !socket->shut_write && socket->tcp != NULL) {
        result = at_sockets_errno(at_ip_tcp_finish(socket->tcp));
        socket->shut_write = result == 0;
    }
    at_libc_file_changed(file);
    return result;
}

static long control(struct at_libc_file *file, unsigned long request, void *argument)
{
    if (request != FIONREAD)
        return -ENOTTY;
    *(int *)argument = (int)at_sockets_of(file)->arrived;
    return 0;
}

static void end(struct at_libc_file *file)
{
    struct socket *socket = at_sockets_of(file);

    at_sockets_stream_unlisten(socket);
    if (socket->acceptor != NULL) {
        at_list_remove(&socket->waiting);
        socket->acceptor->accepted_count--;
    }
    if (socket->tcp != NULL) {
        if (socket->linger && socket->linger_s == 0)
            at_ip_tcp_abort(socket->tcp); /* SO_LINGER with no time is a reset */
        else
            at_ip_tcp_close(socket->tcp);
    }
    at_sockets_free(socket);
}

static const struct at_libc_socket_ops socket_ops = {
    .bind = at_sockets_bind,
    .connect = at_sockets_stream_connect,
    .listen = at_sockets_stream_listen,
    .accept = at_sockets_stream_accept,
    .send = send_message,
    .receive = receive_message,
    .shutdown = shut_down,
    .name = at_sockets_name,
    .setsockopt = at_sockets_setsockopt,
    .getsockopt = at_sockets_getsockopt,
};

const struct at_libc_file_ops at_sockets_stream_ops = {
    .read = read_parts,
    .write = write_parts,
    .ready = ready,
    .ioctl = control,
    .close = end,
    .socket = &socket_ops,
};
