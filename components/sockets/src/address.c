/* SPDX-License-Identifier: ISC */
/* Addresses and errors, between the C library's and the stack's. IPv4 in IPv6 is RFC 4291, 2.5.5.2. */

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "internal.h"

#define MAPPED 12u /* bytes in front of an IPv4 address in an IPv6 one */

static const uint8_t mapped[MAPPED] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void from_v6(struct endpoint *end, const struct socket *socket, const struct sockaddr_in6 *in6)
{
    static const uint8_t any[16];

    end->port = ntohs(in6->sin6_port);
    if (memcmp(&in6->sin6_addr, any, sizeof any) == 0 && !socket->v6_only)
        return; /* AT_IP_ANY: both families */
    if (memcmp(&in6->sin6_addr, mapped, MAPPED) == 0 && !socket->v6_only) {
        end->address.family = AT_IP_V4;
        memcpy(end->address.bytes, (const uint8_t *)&in6->sin6_addr + MAPPED, 4);
        return;
    }
    end->address.family = AT_IP_V6;
    end->address.zone = (uint8_t)in6->sin6_scope_id;
    memcpy(end->address.bytes, &in6->sin6_addr, 16);
}

long at_sockets_from_sockaddr(struct endpoint *end, const struct socket *socket, const struct sockaddr *address,
                              socklen_t size)
{
    memset(end, 0, sizeof *end);
    if (size < sizeof address->sa_family)
        return -EINVAL;
    if (address->sa_family != socket->family)
        return size < sizeof(struct sockaddr_in) ? -EINVAL : -EAFNOSUPPORT;
    if (socket->family == AF_INET) {
        struct sockaddr_in in;

        if (size < sizeof in)
            return -EINVAL;
        memcpy(&in, address, sizeof in);
        end->address.family = AT_IP_V4;
        memcpy(end->address.bytes, &in.sin_addr, 4);
        end->port = ntohs(in.sin_port);
    } else {
        struct sockaddr_in6 in6;

        if (size < sizeof in6 - sizeof in6.sin6_scope_id) /* RFC 2133's, which Linux takes as well */
            return -EINVAL;
        memset(&in6, 0, sizeof in6);
        memcpy(&in6, address, size < sizeof in6 ? size : sizeof in6);
        from_v6(end, socket, &in6);
    }
    return 0;
}

void at_sockets_to_sockaddr(struct sockaddr_storage *address, socklen_t *size, const struct socket *socket,
                            const struct endpoint *end)
{
    if (socket->family == AF_INET) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(end->port)};

        memcpy(&in.sin_addr, end->address.bytes, 4);
        memcpy(address, &in, sizeof in);
        *size = sizeof in;
        return;
    }
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(end->port)};

    if (end->address.family == AT_IP_V4) {
        memcpy(&in6.sin6_addr, mapped, MAPPED);
        memcpy((uint8_t *)&in6.sin6_addr + MAPPED, end->address.bytes, 4);
    } else if (end->address.family == AT_IP_V6) {
        memcpy(&in6.sin6_addr, end->address.bytes, 16);
        in6.sin6_scope_id = end->address.zone;
    }
    memcpy(address, &in6, sizeof in6);
    *size = sizeof in6;
}

bool at_sockets_is_own(const struct at_ip *ip, const struct at_ip_address *address)
{
    static const uint8_t zeros[16], loopback6[16] = {[15] = 1};
    const struct at_ip_interface *interface;

    if (address->family == AT_IP_ANY || memcmp(address->bytes, zeros, sizeof zeros) == 0)
        return true;
    if (address->family == AT_IP_V4 ? address->bytes[0] == 127 || (address->bytes[0] & 0xf0) == 0xe0
                                    : address->bytes[0] == 0xff || memcmp(address->bytes, loopback6, 16) == 0)
        return true; /* this machine's, or a group's */
    for (interface = at_ip_interface_first(ip); interface != NULL; interface = at_ip_interface_next(interface)) {
        struct at_ip_address own;

        if (at_ip_interface_address(interface, &own, (enum at_ip_family)address->family) == AT_OK &&
            memcmp(own.bytes, address->bytes, sizeof own.bytes) == 0)
            return true;
    }
    return false;
}

long at_sockets_errno(at_status status)
{
    switch (status) {
    case AT_OK: return 0;
    case AT_AGAIN: return -EAGAIN;
    case AT_NO_MEMORY: return -ENOMEM;
    case AT_TOO_BIG: return -EMSGSIZE;
    case AT_NOT_FOUND: return -ENETUNREACH;
    case AT_NO_SPACE: return -EADDRNOTAVAIL;
    case AT_EXISTS: return -EADDRINUSE;
    case AT_TIMED_OUT: return -ETIMEDOUT;
    case AT_DENIED: return -ECONNREFUSED;
    case AT_CLOSED: return -ECONNRESET;
    case AT_CANCELLED: return -ENETDOWN;
    default: return -EINVAL;
    }
}
