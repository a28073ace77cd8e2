/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_SOCKETS_SRC_INTERNAL_H
#define ATMAN_SOCKETS_SRC_INTERNAL_H

/*
 * What the parts of sockets share. socket.c makes and ends them, stream.c is TCP's data, connect.c how a stream comes
 * to be connected, datagram.c is UDP, queue.c what waits to be read, options.c, address.c and resolve.c as their names
 * say.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <atman/base/list.h>
#include <atman/ip/address.h>
#include <atman/ip/ip.h>
#include <atman/ip/tcp.h>
#include <atman/ip/udp.h>
#include <atman/libc/file.h>
#include <atman/libc/socket.h>
#include <atman/mm/heap.h>
#include <atman/sockets/sockets.h>

/* One end, as this component has it. */
struct endpoint {
    struct at_ip_address address;
    uint16_t port;
};

enum stream_state {
    STREAM_FRESH, /* neither connected nor listening */
    STREAM_LISTENING,
    STREAM_CONNECTING,
    STREAM_CONNECTED, /* also when one side, or both, have finished */
    STREAM_ENDED      /* the connection is gone; `error` says why until it was told */
};

/* What has come and was not read: bytes of a stream, or one datagram. */
struct arrival {
    struct at_list_node node;
    struct at_ip_data *data; /* NULL: small pieces of a stream, copied into `bytes` */
    struct endpoint from;    /* of a datagram */
    uint16_t size, room;     /* of `bytes`: how many there are, and could be; no piece is longer */
    uint8_t bytes[];
};

struct socket {
    struct at_libc_file file; /* first: a file is its socket */
    struct at_ip *ip;
    struct at_list_node all; /* in the list of all sockets */
    int type;                /* SOCK_STREAM or SOCK_DGRAM */
    int family;              /* AF_INET or AF_INET6 */
    struct endpoint local;   /* as bound, or as the stack chose; port 0: not bound */
    struct endpoint remote;  /* as connected; port 0: not connected */

    struct at_list arrivals;
    struct arrival *gathers; /* the last of them, if further small pieces may be copied there */
    unsigned count;          /* of them */
    size_t arrived;          /* bytes in `arrivals`, without what was read of the first */
    size_t offset;           /* bytes of the first one that were read */
    int error;               /* SO_ERROR: an errno, told once */

    struct at_list memberships; /* of groups */

    bool is_bound;
    bool v6_only;
    bool reuse_address;
    bool broadcast;
    bool no_delay;
    bool keepalive;
    bool peer_finished;
    bool shut_read;
    bool shut_write;
    bool linger;
    int linger_s;
    int keep_idle_s, keep_interval_s, keep_count;

    /* A stream's. */
    enum stream_state state;
    bool connect_told;                   /* that it is connected: by connect() or SO_ERROR */
    struct at_ip_tcp *tcp;               /* CONNECTING, CONNECTED */
    struct at_ip_tcp_listener *listener; /* LISTENING */
    struct at_list accepted;             /* sockets that wait for accept(), by their `waiting` */
    struct at_list_node waiting;
    struct socket *acceptor; /* whose `accepted` this one is in */
    unsigned accepted_count, backlog;

    /* A datagram socket's, once it has a port. */
    struct at_ip_udp *udp;
};

/* socket.c */
extern struct at_sockets_config at_sockets_the;
extern struct at_list at_sockets_all;
struct socket *at_sockets_make(struct at_ip *ip, int family, int type);
void at_sockets_free(struct socket *socket);
static inline struct socket *at_sockets_of(struct at_libc_file *file)
{
    return (struct socket *)file;
}

/*
 * queue.c: appends, to a stream if `from` is NULL; false: no memory, and `data` was freed. Takes; `peek` leaves it
 * there.
 */
bool at_sockets_put(struct socket *socket, struct at_ip_data *data, const struct endpoint *from);
size_t at_sockets_take_bytes(struct socket *socket, const struct msghdr *message, bool peek);
size_t at_sockets_take_datagram(struct socket *socket, struct msghdr *message, bool peek, size_t *size);
void at_sockets_drop_all(struct socket *socket);

/* address.c: between <sys/socket.h> and the stack. Results are 0 or a negative errno. */
long at_sockets_from_sockaddr(struct endpoint *end, const struct socket *socket, const struct sockaddr *address,
                              socklen_t size);
void at_sockets_to_sockaddr(struct sockaddr_storage *address, socklen_t *size, const struct socket *socket,
                            const struct endpoint *end);
bool at_sockets_is_own(const struct at_ip *ip, const struct at_ip_address *address);
long at_sockets_errno(at_status status);

/* stream.c, connect.c, datagram.c: the operations of a file and of a socket. */
extern const struct at_libc_file_ops at_sockets_stream_ops;
extern const struct at_libc_file_ops at_sockets_datagram_ops;
extern const struct at_ip_tcp_events at_sockets_stream_events;
long at_sockets_bind(struct at_libc_file *file, const struct sockaddr *address, socklen_t size);
long at_sockets_stream_connect(struct at_libc_file *file, const struct sockaddr *address, socklen_t size);
long at_sockets_stream_listen(struct at_libc_file *file, int backlog);
long at_sockets_stream_accept(struct at_libc_file *file, struct at_libc_file **made, struct sockaddr_storage *address,
                              socklen_t *size);
long at_sockets_name(struct at_libc_file *file, struct sockaddr_storage *address, socklen_t *size, bool peer);
void at_sockets_stream_unlisten(struct socket *socket);

long at_sockets_datagram_open(struct socket *socket, struct endpoint *end); /* its port, if 0, is what was found */

/* options.c; `apply` gives a connection what was set before there was one, `leave_all` leaves the socket's groups. */
long at_sockets_setsockopt(struct at_libc_file *file, int level, int option, const void *value, socklen_t size);
long at_sockets_getsockopt(struct at_libc_file *file, int level, int option, void *value, socklen_t *size);
void at_sockets_apply(struct socket *socket);
void at_sockets_leave_all(struct socket *socket);

/* The error that the socket has, told once: 0 or a negative errno. */
static inline long at_sockets_take_error(struct socket *socket)
{
    long error = socket->error;

    socket->error = 0;
    return -error;
}

#endif /* ATMAN_SOCKETS_SRC_INTERNAL_H */
