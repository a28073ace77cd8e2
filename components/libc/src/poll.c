/* SPDX-License-Identifier: ISC */
/* poll() and select(). */

#include <errno.h>
#include <limits.h>
#include <stdint.h>

#include <atman/base/clock.h>
#include <atman/libc/heap.h>

#include "file.h"
#include "ns.h"
#include "serve.h"

/* Says of each descriptor what is ready. Returns how many have something to say. */
static long look(struct pollfd *fds, size_t count)
{
    long ready = 0;
    for (size_t i = 0; i < count; i++) {
        struct at_libc_file *file = at_libc_file_of(fds[i].fd);
        int all = file != NULL ? at_libc_file_ready(file) & (fds[i].events | POLLERR | POLLHUP) : POLLNVAL;
        fds[i].revents = (short)(fds[i].fd < 0 ? 0 : all);
        ready += fds[i].revents != 0;
    }
    return ready;
}

static long poll_until(struct pollfd *fds, size_t count, uint64_t deadline_ns)
{
    struct at_libc_poller poller = {.fds = fds, .count = count};
    long slept = 0;
    for (;;) {
        long ready = look(fds, count);
        if (ready != 0 || slept == -ETIMEDOUT) {
            return ready;
        }
        if (slept != 0) {
            return slept;
        }
        slept = at_libc_poller_sleep(&poller, deadline_ns);
    }
}

long at_libc_sys_poll(struct pollfd *fds, size_t count, int timeout_ms)
{
    uint64_t deadline_ns = AT_NEVER;
    if (timeout_ms >= 0) {
        deadline_ns = timeout_ms == 0 ? 0 : at_clock_after(at_clock_now_ns(), (uint64_t)timeout_ms * 1000000);
    }
    return count > AT_LIBC_FILES_MAX ? -EINVAL : poll_until(fds, count, deadline_ns);
}

/* The deadline of a wait of `timeout`, NULL for ever. Returns whether it is a time. */
static bool deadline_of(uint64_t *deadline_ns, const struct timespec *timeout)
{
    uint64_t ns;
    *deadline_ns = AT_NEVER;
    if (timeout == NULL) {
        return true;
    }
    if (!at_libc_ns_of(&ns, timeout)) {
        return false;
    }
    *deadline_ns = ns == 0 ? 0 : at_clock_after(at_clock_now_ns(), ns);
    return true;
}

long at_libc_sys_ppoll(struct pollfd *fds, size_t count, const struct timespec *timeout)
{
    uint64_t deadline_ns;
    if (count > AT_LIBC_FILES_MAX || !deadline_of(&deadline_ns, timeout)) {
        return -EINVAL;
    }
    return poll_until(fds, count, deadline_ns);
}

static bool has(const fd_set *set, int fd)
{
    return set != NULL && FD_ISSET(fd, set);
}

/* Takes `fd` out of a set that it is in but not ready for. Returns whether it stays. */
static long keep(fd_set *set, int fd, bool ready)
{
    if (!has(set, fd)) {
        return 0;
    }
    if (!ready) {
        FD_CLR(fd, set);
    }
    return ready;
}

/* What select() asks about `fd`, as poll() would. */
static short events_of(int fd, const fd_set *read, const fd_set *write, const fd_set *other)
{
    return (short)((has(read, fd) ? POLLIN : 0) | (has(write, fd) ? POLLOUT : 0) | (has(other, fd) ? POLLPRI : 0));
}

long at_libc_sys_pselect(int count, fd_set *read, fd_set *write, fd_set *other, const struct timespec *timeout)
{
    uint64_t deadline_ns;
    size_t used = 0;
    long result = 0;
    if (count < 0 || count > FD_SETSIZE || !deadline_of(&deadline_ns, timeout)) {
        return -EINVAL;
    }
    struct pollfd *fds = at_libc_heap_alloc(16, ((size_t)count + 1) * sizeof *fds);
    if (fds == NULL) {
        return -ENOMEM;
    }
    for (int fd = 0; fd < count; fd++) {
        short events = events_of(fd, read, write, other);
        if (events != 0) {
            fds[used++] = (struct pollfd){.fd = fd, .events = events};
            result = at_libc_file_of(fd) == NULL ? -EBADF : result;
        }
    }
    if (result == 0) {
        result = poll_until(fds, used, deadline_ns);
    }
    if (result >= 0) {
        result = 0;
        for (size_t i = 0; i < used; i++) {
            int fd = fds[i].fd, ready = fds[i].revents;
            result += keep(read, fd, ready & (POLLIN | POLLHUP | POLLERR));
            result += keep(write, fd, ready & (POLLOUT | POLLERR));
            result += keep(other, fd, ready & POLLPRI);
        }
    }
    at_libc_heap_free(fds);
    return result;
}

long at_libc_sys_select(int count, fd_set *read, fd_set *write, fd_set *other, const struct timeval *timeout)
{
    if (timeout == NULL) {
        return at_libc_sys_pselect(count, read, write, other, NULL);
    }
    const struct timespec exact = {timeout->tv_sec, timeout->tv_usec * 1000};
    return at_libc_sys_pselect(count, read, write, other, &exact);
}
