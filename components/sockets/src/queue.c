/* SPDX-License-Identifier: ISC */
/* What has come and waits to be read, where the stack put it. */

#include <string.h>

#include "internal.h"

/*
 * A piece that waits costs some 150 bytes besides its own, and the peer chooses the pieces: of a window's bytes that
 * came singly they would make 40 MiB. So what is smaller than this on average is copied together, unless nothing else
 * waits.
 */
#define SMALL 512u
#define TOGETHER ((uint16_t)(1024 - sizeof(struct arrival))) /* bytes that fit where they are copied to, at least */

static bool is_small(const struct at_ip_data *data)
{
    const void *place = NULL;
    struct at_span piece;
    size_t count = 0;

    while (at_ip_data_piece(data, &place, &piece) != 0)
        count++;
    return at_ip_data_size(data) < count * SMALL;
}

bool at_sockets_put(struct socket *socket, struct at_ip_data *data, const struct endpoint *from)
{
    uint16_t size = (uint16_t)at_ip_data_size(data), room = 0;
    struct arrival *arrival = socket->gathers;

    if (arrival == NULL || arrival->room - arrival->size < size) {
        if (from == NULL && !at_list_is_empty(&socket->arrivals) && is_small(data))
            room = size > TOGETHER ? size : TOGETHER;
        arrival = at_mm_heap_alloc(at_sockets_the.heap, sizeof *arrival + room);
        if (arrival == NULL) {
            at_ip_data_free(data);
            return false;
        }
        memset(arrival, 0, sizeof *arrival);
        arrival->room = room;
        if (room == 0)
            arrival->data = data;
        if (from != NULL)
            arrival->from = *from;
        at_list_push_back(&socket->arrivals, &arrival->node);
        socket->gathers = room == 0 ? NULL : arrival;
        socket->count++;
    }
    if (arrival->data == NULL) {
        at_ip_data_copy(data, 0, arrival->bytes + arrival->size, size);
        at_ip_data_free(data);
        arrival->size = (uint16_t)(arrival->size + size);
    }
    socket->arrived += size;
    return true;
}

static size_t size_of(const struct arrival *arrival)
{
    return arrival->data != NULL ? at_ip_data_size(arrival->data) : arrival->size;
}

static size_t copy(const struct arrival *arrival, size_t offset, void *out, size_t size)
{
    if (arrival->data != NULL)
        return at_ip_data_copy(arrival->data, offset, out, size);
    size = size < arrival->size - offset ? size : arrival->size - offset;
    memcpy(out, arrival->bytes + offset, size);
    return size;
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
    if (arrival->data != NULL)
        at_ip_data_free(arrival->data);
    if (socket->gathers == arrival)
        socket->gathers = NULL;
    socket->count--;
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
            size_t got = copy(arrival, offset, to, room);
            struct arrival *done = arrival;

            to += got;
            room -= got;
            taken += got;
            offset += got;
            if (offset < size_of(arrival))
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
