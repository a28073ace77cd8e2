/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_FILE_H
#define ATMAN_LIBC_FILE_H

/*
 * The seam under file descriptors: how a component makes something that read(), write(), poll() and close() work on.
 *
 * A component embeds a struct at_libc_file in its object, gives it operations, and at_libc_file_open() finds it a
 * number. The operations never block: they say -EAGAIN, and the C library does everything that waiting needs, for
 * blocking descriptors, O_NONBLOCK, MSG_DONTWAIT, SO_RCVTIMEO and SO_SNDTIMEO, poll(), select() and cancellation alike.
 * In return the component calls at_libc_file_changed() when something becomes ready that was not.
 *
 *     static const struct at_libc_file_ops ops = {.read = ..., .write = ..., .ready = ..., .close = ...};
 *
 *     at_libc_file_init(&thing->file, &ops);
 *     fd = at_libc_file_open(&thing->file, O_NONBLOCK);
 *
 * Results are Linux's: a count or 0, or a negative errno of <errno.h>. Descriptors belong to the whole program. The
 * table makes itself when the first one is opened, and is linked only if somebody opens or closes one. Threads are
 * cooperative and no operation may give way, so no operation is ever entered while another one runs.
 */

#include <stdint.h>
#include <sys/uio.h>

#include <atman/base/list.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_libc_file;
struct at_libc_socket_ops;

/* What a file can do. A NULL member is an operation that the file has not: EINVAL, ENOTTY for ioctl, or as said. */
struct at_libc_file_ops {
    /*
     * Moves bytes into the `count` buffers at `parts`, in order. Returns how many, at least 1 unless the buffers are
     * empty; 0 at the end of the stream; -EAGAIN when there are none yet; or another error.
     */
    long (*read)(struct at_libc_file *file, const struct iovec *parts, int count);

    /*
     * Takes bytes from the `count` buffers at `parts`, in order, as many as there is room for. Returns how many;
     * -EAGAIN when there is room for none; or another error.
     */
    long (*write)(struct at_libc_file *file, const struct iovec *parts, int count);

    /*
     * Returns what would not have to wait now: POLLIN, POLLOUT, POLLPRI, POLLERR, POLLHUP, POLLRDHUP of <poll.h>. NULL:
     * reading and writing never wait.
     */
    int (*ready)(struct at_libc_file *file);

    /*
     * Does Linux's ioctl `request`; `argument` is as the application passed it. Returns 0 or an error. FIONBIO does not
     * come here. NULL: -ENOTTY.
     */
    long (*ioctl)(struct at_libc_file *file, unsigned long request, void *argument);

    /*
     * Ends the file: no descriptor names it any more and no thread is inside a call on it. Its memory is the
     * component's again. NULL: nothing to do.
     */
    void (*close)(struct at_libc_file *file);

    /* What it can do as a socket, see <atman/libc/socket.h>; NULL: it is none (ENOTSOCK). */
    const struct at_libc_socket_ops *socket;
};

/* A file, in the component's memory. Every member is the C library's. */
struct at_libc_file {
    const struct at_libc_file_ops *ops;
    struct at_list waiters;      /* threads that wait for it to become ready */
    uint32_t references;         /* descriptors, and calls that are under way */
    uint32_t names;              /* descriptors alone */
    int flags;                   /* O_NONBLOCK and what else fcntl(F_GETFL) says */
    uint64_t receive_timeout_ns; /* SO_RCVTIMEO and SO_SNDTIMEO; 0 is none */
    uint64_t send_timeout_ns;
};

/* at_libc_file_init makes `file` one that no descriptor names. `ops` must outlive it. */
void at_libc_file_init(struct at_libc_file *file, const struct at_libc_file_ops *ops);

/*
 * at_libc_file_open gives `file` the lowest free descriptor; it is then the C library's until ops.close(). `flags` are
 * O_NONBLOCK, O_RDONLY, O_WRONLY or O_RDWR; any other is kept for F_GETFL.
 *
 * Returns the descriptor; -EMFILE when there are AT_LIBC_FILES_MAX, -ENOMEM: `file` is then as before. Never blocks.
 * O(1) but for the table's growth and the search beyond the lowest descriptor that was ever closed.
 */
int at_libc_file_open(struct at_libc_file *file, int flags);

/*
 * at_libc_file_changed wakes whoever waits for `file` to be ready for something that it is ready for now: everybody
 * that polls; of the calls that wait for the same the one that has waited longest, whose end wakes the next if the file
 * is still ready; all of them for POLLERR and POLLHUP. Call it once for each thing that one call takes, as a connection
 * or a datagram. Never blocks; may be called from event handlers, timer callbacks, and from operations. O(1) when
 * nobody waits, else linear in the threads that wait for this file and in the descriptors of those that poll() several.
 */
void at_libc_file_changed(struct at_libc_file *file);

/*
 * at_libc_file_of returns the file that `fd` names, or NULL. It stays the C library's; whoever keeps it must not let
 * threads switch before it is used.
 */
struct at_libc_file *at_libc_file_of(int fd);

/* Descriptors that one program can have. */
#define AT_LIBC_FILES_MAX 65536

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIBC_FILE_H */
