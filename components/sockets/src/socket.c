/* SPDX-License-Identifier: ISC */
/* From socket() to close(): what sockets of both types have in common. */

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <atman/base/entropy.h>

#include "internal.h"

#define PORT_FIRST 49152u /* RFC 6335: dynamic ports */
#define PORTS 16384u

struct at_sockets_config at_sockets_the;
struct at_list at_sockets_all;

struct socket *at_sockets_make(struct at_ip *ip, int family, int type)
{
    struct socket *socket = at_mm_heap_alloc(at_sockets_the.heap, sizeof *socket);

    if (socket == NULL)
        return NULL;
    memset(socket, 0, sizeof *socket);
    at_libc_file_init(&socket->file, type == SOCK_STREAM ? &at_sockets_stream_ops : &at_sockets_datagram_ops);
    socket->ip = ip;
    socket->family = family;
    socket->type = type;
    socket->keep_idle_s = 7200; /* Linux's, and RFC 1122's least */
    socket->keep_interval_s = 75;
    socket->keep_count = 9;
    at_list_init(&socket->arrivals);
    at_list_init(&socket->accepted);
    at_list_init(&socket->memberships);
    at_list_push_back(&at_sockets_all, &socket->all);
    return socket;
}

void at_sockets_free(struct socket *socket)
{
    at_sockets_drop_all(socket);
    at_sockets_leave_all(socket);
    at_list_remove(&socket->all);
    at_mm_heap_free(at_sockets_the.heap, socket);
}

static long make(struct at_libc_file **made, int domain, int type, int protocol)
{
    struct socket *socket;

    if (domain != AF_INET && domain != AF_INET6)
        return -EAFNOSUPPORT;
    if (type != SOCK_STREAM && type != SOCK_DGRAM)
        return type == SOCK_RAW || type == SOCK_SEQPACKET ? -ESOCKTNOSUPPORT : -EINVAL;
    if (protocol != 0 && protocol != (type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP))
        return -EPROTONOSUPPORT;
    socket = at_sockets_make(at_sockets_the.ip, domain, type);
    if (socket == NULL)
        return -ENOMEM;
    *made = &socket->file;
    return 0;
}

void at_sockets_start(const struct at_sockets_config *config)
{
    if (at_sockets_the.ip == NULL)
        at_list_init(&at_sockets_all);
    at_sockets_the = *config;
    at_libc_socket_provide(make);
}

/* Whether two sockets want what only one can have. */
static bool collide(const struct socket *a, const struct socket *b, const struct endpoint *wanted)
{
    bool any_a = wanted->address.family == AT_IP_ANY, any_b = b->local.address.family == AT_IP_ANY;
    static const uint8_t zeros[16];

    if (b == a || b->type != a->type || !b->is_bound || b->local.port != wanted->port)
        return false;
    if (a->reuse_address && b->reuse_address && b->state != STREAM_LISTENING)
        return false;
    if (!any_a && !any_b && wanted->address.family != b->local.address.family)
        return false;
    any_a = any_a || memcmp(wanted->address.bytes, zeros, sizeof zeros) == 0;
    any_b = any_b || memcmp(b->local.address.bytes, zeros, sizeof zeros) == 0;
    return any_a || any_b || memcmp(wanted->address.bytes, b->local.address.bytes, sizeof zeros) == 0;
}

static bool is_taken(const struct socket *socket, const struct endpoint *wanted)
{
    for (struct at_list_node *node = at_list_first(&at_sockets_all); node != NULL;
         node = at_list_next(&at_sockets_all, node)) {
        if (collide(socket, AT_CONTAINER_OF(node, struct socket, all), wanted))
            return true;
    }
    return false;
}

/* A stream's port when the application has no wish: random, then the next that is free (RFC 6056, 3.3.1). */
static long choose_port(const struct socket *socket, struct endpoint *end)
{
    uint16_t random = 0;

    at_entropy_fill(&random, sizeof random); /* the stack does not start without a source */
    for (unsigned i = 0; i < PORTS; i++) {
        end->port = (uint16_t)(PORT_FIRST + (random + i) % PORTS);
        if (!is_taken(socket, end))
            return 0;
    }
    return -EADDRINUSE;
}

long at_sockets_bind(struct at_libc_file *file, const struct sockaddr *address, socklen_t size)
{
    struct socket *socket = at_sockets_of(file);
    struct endpoint end;
    long result = at_sockets_from_sockaddr(&end, socket, address, size);

    if (result != 0)
        return result;
    if (socket->is_bound || socket->state != STREAM_FRESH || socket->udp != NULL)
        return -EINVAL;
    if (!at_sockets_is_own(socket->ip, &end.address))
        return -EADDRNOTAVAIL;
    if (end.port != 0 && is_taken(socket, &end))
        return -EADDRINUSE;
    if (socket->type == SOCK_DGRAM)
        result = at_sockets_datagram_open(socket, &end);
    else if (end.port == 0)
        result = choose_port(socket, &end);
    if (result != 0)
        return result;
    socket->local = end;
    socket->is_bound = true;
    return 0;
}

long at_sockets_name(struct at_libc_file *file, struct sockaddr_storage *address, socklen_t *size, bool peer)
{
    const struct socket *socket = at_sockets_of(file);
    struct endpoint end = peer ? socket->remote : socket->local;

    if (peer && (end.port == 0 || socket->state == STREAM_CONNECTING || socket->state == STREAM_ENDED))
        return -ENOTCONN;
    if (!peer && socket->tcp != NULL)
        end.port = at_ip_tcp_local(socket->tcp, &end.address);
    at_sockets_to_sockaddr(address, size, socket, &end);
    return 0;
}
