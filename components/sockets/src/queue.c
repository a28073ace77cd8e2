/* SPDX-License-Identifier: ISC */
/* What has come and waits to be read, where the stack put it. */

#include <string.h>

#include "internal.h"

bool at_sockets_put(struct socket *socket, struct at_ip_data *data, const struct endpoint *from)
{
    struct arrival *arrival = at_mm_heap_alloc(at_sockets_the.heap, sizeof *arrival);

    if (arrival == NULL) {
        at_ip_data_free(data);
        return false;
    }
    memset(arrival, 0, sizeof *arrival);
    arrival->data = data;
    if (from != NULL)
        arrival->from = *from;
    at_list_push_back(&socket->arrivals, &arrival->node);
    socket->arrived += at_ip_data_size(data);
    return true;
}

static struct arrival *next_of(const struct socket *socket, const struct arrival *arrival)
{
    struct at_list_node *node =
        arrival == NULL ? at_list_first(&socket->arrivals) : at_list_next(&socket->arrivals, &arrival->node);

    return node == NULL ? NULL : AT_CONTAINER_OF(node, struct arrival, node);
}

static void drop(struct socket *socket, struct arrival *arrival)
{
    at_list_remove(&arrival->node);
    at_ip_data_free(arrival->data);
    at_mm_heap_free(at_sockets_the.heap, arrival);
    socket->offset = 0;
}

void at_sockets_drop_all(struct socket *socket)
{
    struct arrival *arrival;

    while ((arrival = next_of(socket, NULL)) != NULL)
        drop(socket, arrival);
    socket->arrived = 0;
}

size_t at_sockets_take_bytes(struct socket *socket, const struct msghdr *message, bool peek)
{
    struct arrival *arrival = next_of(socket, NULL);
    size_t offset = socket->offset, taken = 0;

    for (size_t i = 0; i < (size_t)message->msg_iovlen && arrival != NULL; i++) {
        char *to = message->msg_iov[i].iov_base;
        size_t room = message->msg_iov[i].iov_len;

        while (room > 0 && arrival != NULL) {
            size_t got = at_ip_data_copy(arrival->data, offset, to, room);
            struct arrival *done = arrival;

            to += got;
            room -= got;
            taken += got;
            offset += got;
            if (offset < at_ip_data_size(arrival->data))
                continue;
            arrival = next_of(socket, arrival);
            offset = 0;
            if (!peek)
                drop(socket, done);
        }
    }
    if (!peek) {
        socket->offset = offset;
        socket->arrived -= taken;
    }
    return taken;
}

size_t at_sockets_take_datagram(struct socket *socket, struct msghdr *message, bool peek, size_t *size)
{
    struct arrival *arrival = next_of(socket, NULL);
    size_t taken = 0;

    *size = at_ip_data_size(arrival->data);
    for (size_t i = 0; i < (size_t)message->msg_iovlen && taken < *size; i++)
        taken += at_ip_data_copy(arrival->data, taken, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
    message->msg_flags = taken < *size ? MSG_TRUNC : 0;
    if (message->msg_name != NULL)
        at_sockets_to_sockaddr(message->msg_name, &message->msg_namelen, socket, &arrival->from);
    if (!peek) {
        socket->arrived -= *size;
        drop(socket, arrival);
    }
    return taken;
}
