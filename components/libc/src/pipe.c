/* SPDX-License-Identifier: ISC */
/* pipe(): a buffer with two ends, in one object of the heap that goes when both are closed. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>

#include <atman/libc/heap.h>

#include "file.h"
#include "serve.h"

/* POLLOUT promises that PIPE_BUF bytes fit, which a writer may write in one piece. */
#define SIZE ((size_t)2 * PIPE_BUF)

struct pipe {
    struct at_libc_file reader, writer;
    bool reading, writing; /* the end exists */
    size_t first, used;
    char bytes[SIZE];
};

static struct pipe *of_reader(struct at_libc_file *file)
{
    return AT_CONTAINER_OF(file, struct pipe, reader);
}

static struct pipe *of_writer(struct at_libc_file *file)
{
    return AT_CONTAINER_OF(file, struct pipe, writer);
}

static long pipe_read(struct at_libc_file *file, const struct iovec *parts, int count)
{
    struct pipe *pipe = of_reader(file);
    size_t done = 0;
    for (int i = 0; i < count; i++) {
        for (size_t at = 0; at < parts[i].iov_len && pipe->used > 0;) {
            size_t piece = SIZE - pipe->first < pipe->used ? SIZE - pipe->first : pipe->used;
            piece = parts[i].iov_len - at < piece ? parts[i].iov_len - at : piece;
            memcpy((char *)parts[i].iov_base + at, pipe->bytes + pipe->first, piece);
            pipe->first = (pipe->first + piece) % SIZE;
            pipe->used -= piece;
            at += piece;
            done += piece;
        }
    }
    if (done > 0) {
        at_libc_file_changed(&pipe->writer);
        return (long)done;
    }
    return at_libc_parts_after((struct iovec[AT_LIBC_REST]){{0}}, parts, count, 0) > 0 && pipe->writing ? -EAGAIN : 0;
}

static long pipe_write(struct at_libc_file *file, const struct iovec *parts, int count)
{
    struct pipe *pipe = of_writer(file);
    size_t size = 0, done = 0;
    for (int i = 0; i < count; i++) {
        size += parts[i].iov_len;
    }
    if (!pipe->reading) {
        return -EPIPE;
    }
    if (size > 0 && (pipe->used == SIZE || (size <= PIPE_BUF && size > SIZE - pipe->used))) {
        return -EAGAIN;
    }
    for (int i = 0; i < count; i++) {
        for (size_t at = 0; at < parts[i].iov_len && pipe->used < SIZE;) {
            size_t end = (pipe->first + pipe->used) % SIZE;
            size_t piece = end < pipe->first ? pipe->first - end : SIZE - end;
            piece = parts[i].iov_len - at < piece ? parts[i].iov_len - at : piece;
            memcpy(pipe->bytes + end, (const char *)parts[i].iov_base + at, piece);
            pipe->used += piece;
            at += piece;
            done += piece;
        }
    }
    if (done > 0) {
        at_libc_file_changed(&pipe->reader);
    }
    return (long)done;
}

static int reader_ready(struct at_libc_file *file)
{
    const struct pipe *pipe = of_reader(file);
    return (pipe->used > 0 ? POLLIN : 0) | (pipe->writing ? 0 : POLLHUP);
}

static int writer_ready(struct at_libc_file *file)
{
    const struct pipe *pipe = of_writer(file);
    return (pipe->used <= SIZE - PIPE_BUF ? POLLOUT : 0) | (pipe->reading ? 0 : POLLERR);
}

static long pipe_ioctl(struct at_libc_file *file, unsigned long request, void *argument)
{
    if (request != FIONREAD) {
        return -ENOTTY;
    }
    *(int *)argument = (int)of_reader(file)->used;
    return 0;
}

static void reader_close(struct at_libc_file *file)
{
    struct pipe *pipe = of_reader(file);
    pipe->reading = false;
    if (pipe->writing) {
        at_libc_file_changed(&pipe->writer);
    } else {
        at_libc_heap_free(pipe);
    }
}

static void writer_close(struct at_libc_file *file)
{
    struct pipe *pipe = of_writer(file);
    pipe->writing = false;
    if (pipe->reading) {
        at_libc_file_changed(&pipe->reader);
    } else {
        at_libc_heap_free(pipe);
    }
}

long at_libc_sys_pipe2(int fds[2], int flags)
{
    static const struct at_libc_file_ops reader_ops = {
        .read = pipe_read, .ready = reader_ready, .ioctl = pipe_ioctl, .close = reader_close};
    static const struct at_libc_file_ops writer_ops = {
        .write = pipe_write, .ready = writer_ready, .close = writer_close};
    if (flags & ~(O_CLOEXEC | O_NONBLOCK)) {
        return -EINVAL;
    }
    struct pipe *pipe = at_libc_heap_alloc(16, sizeof *pipe);
    if (pipe == NULL) {
        return -ENOMEM;
    }
    at_libc_file_init(&pipe->reader, &reader_ops);
    at_libc_file_init(&pipe->writer, &writer_ops);
    pipe->reading = pipe->writing = true;
    pipe->first = pipe->used = 0;
    int from = at_libc_file_open(&pipe->reader, O_RDONLY | (flags & O_NONBLOCK));
    if (from < 0) {
        at_libc_heap_free(pipe);
        return from;
    }
    int to = at_libc_file_open(&pipe->writer, O_WRONLY | (flags & O_NONBLOCK));
    if (to < 0) {
        pipe->writing = false;
        at_libc_file_put(from, NULL);
        return to;
    }
    fds[0] = from;
    fds[1] = to;
    return 0;
}
