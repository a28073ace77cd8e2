/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_SOCKET_H
#define ATMAN_LIBC_SOCKET_H

/*
 * The seam under BSD sockets: what a network stack provides so that socket(), accept() and send() work on it.
 *
 * A socket is a file (<atman/libc/file.h>) whose operations have a `socket` part. As there, nothing blocks: the C
 * library waits, by ops.ready() and at_libc_file_changed(), and does what is the same for every stack:
 *
 *   - SOCK_NONBLOCK, SOCK_CLOEXEC, O_NONBLOCK, FIONBIO, MSG_DONTWAIT, MSG_WAITALL, MSG_NOSIGNAL;
 *   - SO_RCVTIMEO and SO_SNDTIMEO, which never reach setsockopt and getsockopt below;
 *   - a blocking send of a stream, which goes on until everything is taken;
 *   - a blocking connect, which waits for POLLOUT and then asks for SO_ERROR;
 *   - cutting an address to the room that the caller gave.
 *
 * Addresses that come in are the application's memory and as long as it said: look at the length before the family.
 * Addresses that go out are written to a struct sockaddr_storage with their true length. Constants and structures are
 * those of the C library's headers. Every operation returns 0 or more, or a negative errno; -EOPNOTSUPP for what a
 * kind of socket does not have.
 */

#include <stdbool.h>
#include <sys/socket.h>

#include <atman/libc/file.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a socket can do. No member may be NULL. POSIX says what each call means, and which errors it has. */
struct at_libc_socket_ops {
    long (*bind)(struct at_libc_file *file, const struct sockaddr *address, socklen_t size);

    /*
     * Returns 0 when connected; -EINPROGRESS when it will be: POLLOUT is then ready when it is decided, and SO_ERROR
     * says how; -EALREADY, -EISCONN, or another error.
     */
    long (*connect)(struct at_libc_file *file, const struct sockaddr *address, socklen_t size);

    long (*listen)(struct at_libc_file *file, int backlog);

    /*
     * Takes the oldest connection that is complete and stores its socket in `*made`, which no descriptor names yet,
     * and the peer's address. POLLIN is ready while there is one. Returns 0, -EAGAIN when there is none, or an error.
     * If no descriptor is left for it, the C library calls its ops.close() at once.
     */
    long (*accept)(struct at_libc_file *file, struct at_libc_file **made, struct sockaddr_storage *address,
                   socklen_t *size);

    /*
     * Takes of `message` as much as there is room for: all or nothing of a datagram. `flags` are MSG_* without those
     * named above. Returns how many bytes; -EAGAIN when there is room for none; -EPIPE (no signal exists) ...
     */
    long (*send)(struct at_libc_file *file, const struct msghdr *message, int flags);

    /*
     * Fills `message`'s buffers with what has come, and sets msg_namelen, msg_controllen and msg_flags; msg_name is
     * NULL or has room for a struct sockaddr_storage. `flags` as for send; MSG_PEEK and MSG_TRUNC are to be heeded.
     * Returns how many bytes; 0 at the end of a stream; -EAGAIN when nothing is there; or an error.
     */
    long (*receive)(struct at_libc_file *file, struct msghdr *message, int flags);

    long (*shutdown)(struct at_libc_file *file, int how);

    /* Stores the socket's own address, or with `peer` that of the other end, and its length. */
    long (*name)(struct at_libc_file *file, struct sockaddr_storage *address, socklen_t *size, bool peer);

    long (*setsockopt)(struct at_libc_file *file, int level, int option, const void *value, socklen_t size);

    /* `*size` is the room at `value` before and what was written after. SO_ERROR takes the error away. */
    long (*getsockopt)(struct at_libc_file *file, int level, int option, void *value, socklen_t *size);
};

/*
 * What socket() calls: stores in `*made` a new socket, which no descriptor names yet. `type` is SOCK_STREAM, SOCK_DGRAM
 * ... without flags. Returns 0, -EAFNOSUPPORT, -EPROTONOSUPPORT, -ENOMEM ...
 */
typedef long (*at_libc_socket_fn)(struct at_libc_file **made, int domain, int type, int protocol);

/*
 * at_libc_socket_provide makes `fn` what socket() calls from now on; NULL: nobody, and socket() says EAFNOSUPPORT. A
 * network stack calls it when it is started. There is one provider in a program.
 */
void at_libc_socket_provide(at_libc_socket_fn fn);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIBC_SOCKET_H */
