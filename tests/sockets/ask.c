/* SPDX-License-Identifier: ISC */
#include "ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

const char *error_name(int error)
{
    static const struct {
        int error;
        const char *name;
    } names[] = {
        {EAGAIN, "EAGAIN"},
        {EBADF, "EBADF"},
        {EINVAL, "EINVAL"},
        {ENOTSOCK, "ENOTSOCK"},
        {EPIPE, "EPIPE"},
        {ECONNREFUSED, "ECONNREFUSED"},
        {ENOTCONN, "ENOTCONN"},
        {EISCONN, "EISCONN"},
        {EADDRINUSE, "EADDRINUSE"},
        {EMSGSIZE, "EMSGSIZE"},
        {EDESTADDRREQ, "EDESTADDRREQ"},
        {EAFNOSUPPORT, "EAFNOSUPPORT"},
        {EOPNOTSUPP, "EOPNOTSUPP"},
        {ENOPROTOOPT, "ENOPROTOOPT"},
        {EPROTONOSUPPORT, "EPROTONOSUPPORT"},
        {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
        {EINPROGRESS, "EINPROGRESS"},
        {ECONNRESET, "ECONNRESET"},
        {EACCES, "EACCES"},
        {EALREADY, "EALREADY"},
        {ETIMEDOUT, "ETIMEDOUT"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].error == error)
            return names[i].name;
    }
    return "another error";
}

void tell(const char *what, long result)
{
    if (result < 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %ld\n", what, result);
}

struct sockaddr_in local(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

long bind_to(int fd, int port)
{
    const struct sockaddr_in address = local(port);

    return bind(fd, (const struct sockaddr *)&address, sizeof address);
}

long connect_to(int fd, int port)
{
    const struct sockaddr_in address = local(port);

    return connect(fd, (const struct sockaddr *)&address, sizeof address);
}

void tell_ready(const char *what, int fd)
{
    struct pollfd asked = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};

    poll(&asked, 1, 1000);
    printf("%s:%s%s%s%s%s\n", what, asked.revents & POLLIN ? " IN" : "", asked.revents & POLLOUT ? " OUT" : "",
           asked.revents & POLLERR ? " ERR" : "", asked.revents & POLLHUP ? " HUP" : "",
           asked.revents & POLLRDHUP ? " RDHUP" : "");
}

void wait_for(int fd, short events)
{
    struct pollfd asked = {.fd = fd, .events = events};

    poll(&asked, 1, 2000);
}

int pair(int ends[2])
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bind_to(listener, PORT);
    listen(listener, 4);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(ends[0], PORT);
    ends[1] = accept(listener, NULL, NULL);
    return listener;
}

void close_all(int listener, const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
    close(listener);
}
