/* SPDX-License-Identifier: ISC */
/* Options of a socket. One that means nothing here but promises nothing either is taken; any other is ENOPROTOOPT. */

#define _GNU_SOURCE /* struct ip_mreq */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "internal.h"

#define BUFFER (256 * 1024) /* bytes: what SO_RCVBUF and SO_SNDBUF say, whatever was wished */
#define KEEP_MAX 32767      /* Linux's bound for times of keep-alive, in seconds */

void at_sockets_apply(struct socket *socket)
{
    if (socket->tcp == NULL)
        return;
    at_ip_tcp_set_delay(socket->tcp, !socket->no_delay);
    if (socket->keepalive)
        at_ip_tcp_set_keepalive(socket->tcp, (uint32_t)socket->keep_idle_s, (uint32_t)socket->keep_interval_s,
                                (uint32_t)socket->keep_count);
    else
        at_ip_tcp_set_keepalive(socket->tcp, 0, 0, 0);
}

/* Where an option that is a number of the socket's lies, and what it may be. */
static int *number(struct socket *socket, int *least, int *most, int level, int option)
{
    *least = 1;
    *most = KEEP_MAX;
    if (level != IPPROTO_TCP || socket->type != SOCK_STREAM)
        return NULL;
    switch (option) {
    case TCP_KEEPIDLE: return &socket->keep_idle_s;
    case TCP_KEEPINTVL: return &socket->keep_interval_s;
    case TCP_KEEPCNT: *most = 127; return &socket->keep_count;
    default: return NULL;
    }
}

/* Where an option that is on or off lies. */
static bool *flag(struct socket *socket, int level, int option)
{
    if (level == SOL_SOCKET) {
        switch (option) {
        case SO_REUSEADDR: return &socket->reuse_address;
        case SO_BROADCAST: return &socket->broadcast;
        case SO_KEEPALIVE: return &socket->keepalive;
        default: return NULL;
        }
    }
    if (level == IPPROTO_TCP && option == TCP_NODELAY && socket->type == SOCK_STREAM)
        return &socket->no_delay;
    if (level == IPPROTO_IPV6 && option == IPV6_V6ONLY && socket->family == AF_INET6)
        return &socket->v6_only;
    return NULL;
}

static long set_linger(struct socket *socket, const void *value, socklen_t size)
{
    struct linger linger;

    if (size < sizeof linger)
        return -EINVAL;
    memcpy(&linger, value, sizeof linger);
    socket->linger = linger.l_onoff != 0;
    socket->linger_s = linger.l_linger;
    return 0;
}

/* A group that a socket is a member of. */
struct membership {
    struct at_list_node node;
    struct at_ip_interface *interface;
    struct at_ip_address group;
};

static struct membership *membership_of(const struct socket *socket, const struct at_ip_interface *interface,
                                        const struct at_ip_address *group)
{
    for (struct at_list_node *node = at_list_first(&socket->memberships); node != NULL;
         node = at_list_next(&socket->memberships, node)) {
        struct membership *membership = AT_CONTAINER_OF(node, struct membership, node);

        if (membership->interface == interface && memcmp(&membership->group, group, sizeof *group) == 0)
            return membership;
    }
    return NULL;
}

static long join(struct socket *socket, struct at_ip_interface *interface, const struct at_ip_address *group)
{
    struct membership *membership;
    at_status status;

    if (membership_of(socket, interface, group) != NULL)
        return -EADDRINUSE;
    membership = at_mm_heap_alloc(at_sockets_the.heap, sizeof *membership);
    if (membership == NULL)
        return -ENOMEM;
    status = at_ip_interface_join(interface, group);
    if (status != AT_OK) {
        at_mm_heap_free(at_sockets_the.heap, membership);
        return at_sockets_errno(status);
    }
    *membership = (struct membership){.interface = interface, .group = *group};
    at_list_push_back(&socket->memberships, &membership->node);
    return 0;
}

static void leave(struct membership *membership)
{
    (void)at_ip_interface_leave(membership->interface, &membership->group);
    at_list_remove(&membership->node);
    at_mm_heap_free(at_sockets_the.heap, membership);
}

void at_sockets_leave_all(struct socket *socket)
{
    struct at_list_node *node;

    while ((node = at_list_first(&socket->memberships)) != NULL)
        leave(AT_CONTAINER_OF(node, struct membership, node));
}

/* Joins a group, or leaves it: on the interface with this address or number, else on the first. */
static long set_member(struct socket *socket, const void *value, socklen_t size, bool joins, bool is_v6)
{
    struct at_ip_interface *interface = at_ip_interface_first(socket->ip);
    struct at_ip_address group = {.family = is_v6 ? AT_IP_V6 : AT_IP_V4};
    struct membership *membership;

    if (is_v6) {
        struct ipv6_mreq request;

        if (size < sizeof request)
            return -EINVAL;
        memcpy(&request, value, sizeof request);
        memcpy(group.bytes, &request.ipv6mr_multiaddr, 16);
        while (interface != NULL && request.ipv6mr_interface != 0 &&
               at_ip_interface_number(interface) != request.ipv6mr_interface)
            interface = at_ip_interface_next(interface);
    } else {
        struct ip_mreq request;

        if (size < sizeof request)
            return -EINVAL;
        memcpy(&request, value, sizeof request);
        memcpy(group.bytes, &request.imr_multiaddr, 4);
        for (; interface != NULL && request.imr_interface.s_addr != 0; interface = at_ip_interface_next(interface)) {
            struct at_ip_address own;

            if (at_ip_interface_address(interface, &own, AT_IP_V4) == AT_OK &&
                memcmp(own.bytes, &request.imr_interface, 4) == 0)
                break;
        }
    }
    if (interface == NULL)
        return -ENODEV;
    if (joins)
        return join(socket, interface, &group);
    membership = membership_of(socket, interface, &group);
    if (membership == NULL)
        return -EADDRNOTAVAIL;
    leave(membership);
    return 0;
}

long at_sockets_setsockopt(struct at_libc_file *file, int level, int option, const void *value, socklen_t size)
{
    struct socket *socket = at_sockets_of(file);
    bool *on = flag(socket, level, option);
    int least, most, wish;
    int *at = number(socket, &least, &most, level, option);

    if (level == SOL_SOCKET && option == SO_LINGER)
        return set_linger(socket, value, size);
    if (level == IPPROTO_IP && (option == IP_ADD_MEMBERSHIP || option == IP_DROP_MEMBERSHIP))
        return set_member(socket, value, size, option == IP_ADD_MEMBERSHIP, false);
    if (level == IPPROTO_IPV6 && (option == IPV6_JOIN_GROUP || option == IPV6_LEAVE_GROUP))
        return set_member(socket, value, size, option == IPV6_JOIN_GROUP, true);
    if (size < sizeof wish)
        return -EINVAL;
    memcpy(&wish, value, sizeof wish);
    if (at != NULL) {
        if (wish < least || wish > most)
            return -EINVAL;
        *at = wish;
    } else if (on != NULL) {
        if (on == &socket->v6_only && socket->is_bound)
            return -EINVAL;
        *on = wish != 0;
    } else if (level != SOL_SOCKET ||
               (option != SO_RCVBUF && option != SO_SNDBUF && option != SO_REUSEPORT && option != SO_PRIORITY)) {
        return -ENOPROTOOPT;
    }
    at_sockets_apply(socket);
    return 0;
}

/* The value of an option that can only be read, or was only taken. */
static bool constant(int *value, struct socket *socket, int level, int option)
{
    if (level != SOL_SOCKET)
        return false;
    switch (option) {
    case SO_ERROR:
        socket->connect_told = true;
        *value = (int)-at_sockets_take_error(socket);
        return true;
    case SO_TYPE: *value = socket->type; return true;
    case SO_DOMAIN: *value = socket->family; return true;
    case SO_PROTOCOL: *value = socket->type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP; return true;
    case SO_ACCEPTCONN: *value = socket->state == STREAM_LISTENING; return true;
    case SO_RCVBUF:
    case SO_SNDBUF: *value = BUFFER; return true;
    default: return false;
    }
}

long at_sockets_getsockopt(struct at_libc_file *file, int level, int option, void *value, socklen_t *size)
{
    struct socket *socket = at_sockets_of(file);
    const bool *on = flag(socket, level, option);
    int least, most, result;
    const int *at = number(socket, &least, &most, level, option);
    const struct linger linger = {.l_onoff = socket->linger, .l_linger = socket->linger_s};
    const void *from = &result;
    socklen_t length = sizeof result;

    if (level == SOL_SOCKET && option == SO_LINGER) {
        from = &linger;
        length = sizeof linger;
    } else if (at != NULL) {
        result = *at;
    } else if (on != NULL) {
        result = *on;
    } else if (!constant(&result, socket, level, option)) {
        return -ENOPROTOOPT;
    }
    if (*size > length)
        *size = length;
    memcpy(value, from, *size);
    return 0;
}
