/* SPDX-License-Identifier: ISC */
/* How a stream comes to be connected: connect(), and listen() with accept(). */

#include <errno.h>
#include <string.h>

#include "internal.h"

long at_sockets_stream_connect(struct at_libc_file *file, const struct sockaddr *address, socklen_t size)
{
    struct socket *socket = at_sockets_of(file);
    struct at_ip_address loopback = at_ip_address_v4(127, 0, 0, 1);
    static const struct at_ip_address any;
    static const uint8_t zeros[4];
    struct endpoint end;
    long result;
    at_status status;

    if (socket->state == STREAM_CONNECTING)
        return -EALREADY;
    if (socket->state == STREAM_CONNECTED && !socket->connect_told) {
        socket->connect_told = true; /* the answer to whoever did not wait for it, once */
        return 0;
    }
    if (socket->state == STREAM_CONNECTED || socket->state == STREAM_LISTENING)
        return -EISCONN;
    if (socket->error != 0)
        return at_sockets_take_error(socket);
    result = at_sockets_from_sockaddr(&end, socket, address, size);
    if (result != 0)
        return result;
    if (end.address.family == AT_IP_ANY ||
        (end.address.family == AT_IP_V4 && memcmp(end.address.bytes, zeros, sizeof zeros) == 0))
        end.address = loopback; /* as Linux reads "to nowhere" */
    if (end.port == 0)
        return -ECONNREFUSED;
    socket->peer_finished = false;
    socket->connect_told = false;
    status = at_ip_tcp_connect(socket->ip, &socket->tcp, &end.address, end.port, &at_sockets_stream_events, socket);
    if (status != AT_OK)
        return at_sockets_errno(status);
    socket->remote = end;
    socket->local.address = any;
    socket->state = STREAM_CONNECTING;
    return -EINPROGRESS;
}

/* ---- listening ---- */

/* A connection has come: it becomes a socket in the listener's queue, or goes if the queue is full. */
static void accepted(struct at_ip_tcp *tcp, void *user)
{
    struct socket *listener = user;
    struct socket *socket = NULL;

    if (listener->accepted_count < listener->backlog)
        socket = at_sockets_make(listener->ip, listener->family, SOCK_STREAM);
    if (socket == NULL) {
        at_ip_tcp_abort(tcp);
        return;
    }
    socket->tcp = tcp;
    socket->state = STREAM_CONNECTED;
    socket->is_bound = true;
    socket->connect_told = true;
    socket->reuse_address = listener->reuse_address;
    socket->no_delay = listener->no_delay;
    socket->keepalive = listener->keepalive;
    socket->keep_idle_s = listener->keep_idle_s;
    socket->keep_interval_s = listener->keep_interval_s;
    socket->keep_count = listener->keep_count;
    socket->linger = listener->linger;
    socket->linger_s = listener->linger_s;
    socket->local.port = at_ip_tcp_local(tcp, &socket->local.address);
    socket->remote.port = at_ip_tcp_remote(tcp, &socket->remote.address);
    at_ip_tcp_own(tcp, &at_sockets_stream_events, socket);
    at_sockets_apply(socket);
    socket->acceptor = listener;
    at_list_push_back(&listener->accepted, &socket->waiting);
    listener->accepted_count++;
    at_libc_file_changed(&listener->file);
}

long at_sockets_stream_listen(struct at_libc_file *file, int backlog)
{
    struct socket *socket = at_sockets_of(file);
    at_status status;

    if (socket->state != STREAM_FRESH && socket->state != STREAM_LISTENING)
        return -EINVAL;
    /* Linux queues one more than it was told, and reads a negative number as a large one. */
    socket->backlog = backlog < 0 || backlog >= AT_SOCKETS_BACKLOG_MAX ? AT_SOCKETS_BACKLOG_MAX : (unsigned)backlog + 1;
    if (socket->state == STREAM_LISTENING)
        return 0;
    if (!socket->is_bound) {
        struct sockaddr_storage any = {.ss_family = (sa_family_t)socket->family};
        long result = at_sockets_bind(file, (const struct sockaddr *)&any, sizeof any);

        if (result != 0)
            return result;
    }
    status = at_ip_tcp_listen(socket->ip, &socket->listener, &socket->local.address, socket->local.port,
                              socket->backlog, accepted, socket);
    if (status != AT_OK)
        return at_sockets_errno(status);
    socket->state = STREAM_LISTENING;
    return 0;
}

long at_sockets_stream_accept(struct at_libc_file *file, struct at_libc_file **made, struct sockaddr_storage *address,
                              socklen_t *size)
{
    struct socket *listener = at_sockets_of(file);
    struct at_list_node *node;
    struct socket *socket;

    if (listener->state != STREAM_LISTENING)
        return -EINVAL;
    node = at_list_pop_front(&listener->accepted);
    if (node == NULL)
        return -EAGAIN;
    socket = AT_CONTAINER_OF(node, struct socket, waiting);
    socket->acceptor = NULL;
    listener->accepted_count--;
    at_sockets_to_sockaddr(address, size, socket, &socket->remote);
    *made = &socket->file;
    return 0;
}

void at_sockets_stream_unlisten(struct socket *socket)
{
    struct at_list_node *node;

    if (socket->listener == NULL)
        return;
    at_ip_tcp_listener_close(socket->listener);
    socket->listener = NULL;
    while ((node = at_list_first(&socket->accepted)) != NULL) { /* nobody has them: they are reset, as on Linux */
        struct socket *orphan = AT_CONTAINER_OF(node, struct socket, waiting);

        orphan->linger = true;
        orphan->linger_s = 0;
        at_sockets_stream_ops.close(&orphan->file);
    }
}
