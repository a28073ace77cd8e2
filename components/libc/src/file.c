/* SPDX-License-Identifier: ISC */
/* Calls on files, and everything that waits for one: operations never do. */

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <sys/ioctl.h>

#include <atman/base/clock.h>

#include "serve.h"

/* A thread that waits inside a call on one file. */
struct waiter {
    struct at_list_node link;
    struct at_libc_parked parked;
    int wanted;
};

static struct at_list pollers = {{&pollers.head, &pollers.head}};

int at_libc_file_ready(struct at_libc_file *file)
{
    int ready = file->ops->ready != NULL ? file->ops->ready(file) : POLLIN | POLLOUT;
    return ready | (ready & POLLIN ? POLLRDNORM : 0) | (ready & POLLOUT ? POLLWRNORM : 0);
}

static bool watches(const struct at_libc_poller *poller, const struct at_libc_file *file, int ready)
{
    for (size_t i = 0; i < poller->count; i++) {
        const struct pollfd *one = &poller->fds[i];
        if (one->fd >= 0 && at_libc_file_of(one->fd) == file && ((one->events | POLLERR | POLLHUP) & ready)) {
            return true;
        }
    }
    return false;
}

/*
 * Wakes those inside a call on `file` that is ready. Of several that want the same only the one that has waited
 * longest: of thirty threads that accept, one shall run for a connection. It wakes the next itself if it leaves
 * something (at_libc_call_again()). Errors and the end of a descriptor are for all of them.
 */
static void wake_callers(const struct at_libc_file *file, int ready)
{
    bool is_for_all = file->names == 0 || (ready & (POLLERR | POLLHUP)) != 0;
    int left = ready & (POLLIN | POLLRDHUP | POLLOUT); /* all that calls want */
    for (struct at_list_node *node = at_list_first(&file->waiters); node != NULL && (is_for_all || left != 0);
         node = at_list_next(&file->waiters, node)) {
        struct waiter *waiter = AT_CONTAINER_OF(node, struct waiter, link);
        if (is_for_all) {
            at_libc_unpark(&waiter->parked, file->names == 0 ? -EBADF : 0);
        } else if (!waiter->parked.over && (waiter->wanted & left) != 0) {
            left &= ~waiter->wanted;
            at_libc_unpark(&waiter->parked, 0);
        }
    }
}

void at_libc_file_changed(struct at_libc_file *file)
{
    if (at_list_is_empty(&file->waiters) && at_list_is_empty(&pollers)) {
        return;
    }
    int ready = at_libc_file_ready(file);
    wake_callers(file, ready);
    for (struct at_list_node *node = at_list_first(&pollers); node != NULL; node = at_list_next(&pollers, node)) {
        struct at_libc_poller *poller = AT_CONTAINER_OF(node, struct at_libc_poller, link);
        if (!poller->parked.over && watches(poller, file, ready)) {
            at_libc_unpark(&poller->parked, 0);
        }
    }
}

long at_libc_poller_sleep(struct at_libc_poller *poller, uint64_t deadline_ns)
{
    at_list_push_back(&pollers, &poller->link);
    long result = at_libc_park(&poller->parked, deadline_ns, "poll or select");
    at_list_remove(&poller->link);
    return result == 0 ? poller->parked.error : result;
}

bool at_libc_call_again(struct at_libc_call *call, long *result)
{
    if (*result == -EAGAIN && call->error != 0) {
        *result = call->error;
    }
    if (*result != -EAGAIN || !call->waits) {
        if (call->woken && !at_list_is_empty(&call->file->waiters)) {
            wake_callers(call->file, at_libc_file_ready(call->file));
        }
        return false;
    }
    if (call->deadline_ns == 0) {
        call->deadline_ns = call->timeout_ns == 0 ? AT_NEVER : at_clock_after(at_clock_now_ns(), call->timeout_ns);
    }
    struct waiter waiter = {.wanted = call->wanted};
    at_list_push_back(&call->file->waiters, &waiter.link);
    long end = at_libc_park(&waiter.parked, call->deadline_ns, "file descriptor");
    at_list_remove(&waiter.link);
    call->woken = end == 0;
    call->error = (int)waiter.parked.error;
    if (end != 0 && end != -ETIMEDOUT) {
        *result = end;
    }
    return end == 0;
}

int at_libc_parts_after(struct iovec rest[AT_LIBC_REST], const struct iovec *parts, int count, size_t done)
{
    int stored = 0;
    for (int i = 0; i < count && stored < AT_LIBC_REST; i++) {
        if (done < parts[i].iov_len) {
            rest[stored].iov_base = (char *)parts[i].iov_base + done;
            rest[stored].iov_len = parts[i].iov_len - done;
            stored++;
            done = 0;
        } else {
            done -= parts[i].iov_len;
        }
    }
    return stored;
}

/* Whether `count` buffers are as many as a call may have. */
static bool is_count(int count)
{
    return count >= 0 && count <= IOV_MAX;
}

long at_libc_sys_readv(int fd, const struct iovec *parts, int count)
{
    struct at_libc_file *file = at_libc_file_enter(fd);
    long result = -EINVAL;
    if (file == NULL) {
        return -EBADF;
    }
    if (file->ops->read != NULL && is_count(count)) {
        struct at_libc_call call = {file, POLLIN, !(file->flags & O_NONBLOCK), file->receive_timeout_ns, 0, false, 0};
        do {
            result = file->ops->read(file, parts, count);
        } while (at_libc_call_again(&call, &result));
    }
    at_libc_file_leave(file);
    return result;
}

long at_libc_sys_read(int fd, void *bytes, size_t size)
{
    const struct iovec part = {bytes, size};
    return at_libc_sys_readv(fd, &part, 1);
}

/* Writes all of it if the file waits, else what there is room for. */
static long write_all(struct at_libc_file *file, const struct iovec *parts, int count)
{
    struct at_libc_call call = {file, POLLOUT, !(file->flags & O_NONBLOCK), file->send_timeout_ns, 0, false, 0};
    struct iovec rest[AT_LIBC_REST];
    long total = 0, result = file->ops->write(file, parts, count);
    while (at_libc_call_again(&call, &result) || (result > 0 && call.waits)) {
        total += result > 0 ? result : 0;
        int left = at_libc_parts_after(rest, parts, count, (size_t)total);
        if (left == 0) {
            break;
        }
        result = file->ops->write(file, rest, left);
    }
    return total > 0 ? total : result;
}

long at_libc_file_write(int fd, const struct iovec *parts, int count)
{
    struct at_libc_file *file = at_libc_file_enter(fd);
    long result = -EINVAL;
    if (file == NULL) {
        return -EBADF;
    }
    if (file->ops->write != NULL && is_count(count)) {
        result = write_all(file, parts, count);
    }
    at_libc_file_leave(file);
    return result;
}

long at_libc_sys_ioctl(int fd, unsigned long request, void *argument)
{
    struct at_libc_file *file = at_libc_file_of(fd);
    if (file == NULL) {
        return -EBADF;
    }
    if ((unsigned)request == FIONBIO) {
        file->flags = *(const int *)argument ? file->flags | O_NONBLOCK : file->flags & ~O_NONBLOCK;
        return 0;
    }
    return file->ops->ioctl != NULL ? file->ops->ioctl(file, (unsigned)request, argument) : -ENOTTY;
}
