/* SPDX-License-Identifier: ISC */
/* sendmsg() and recvmsg(), select(), and both of them and the others with peers of IPv6. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ask.h"
#include "cases.h"

/* A socket bound to PORT of IPv6's loopback; a stream listens. */
static int bound6(int type)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = in6addr_loopback};
    int fd = socket(AF_INET6, type, 0), on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    tell("bind of IPv6", bind(fd, (struct sockaddr *)&address, sizeof address));
    if (type == SOCK_STREAM)
        tell("listen of IPv6", listen(fd, 4));
    return fd;
}

static long connect6(int fd, int port)
{
    struct sockaddr_in6 address = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_loopback};

    return connect(fd, (struct sockaddr *)&address, sizeof address);
}

static void tell_message(const char *what, const struct msghdr *message)
{
    printf("%s: name of %u bytes, control of %u,%s%s\n", what, (unsigned)message->msg_namelen,
           (unsigned)message->msg_controllen, message->msg_flags & MSG_TRUNC ? " TRUNC" : "",
           message->msg_flags & MSG_CTRUNC ? " CTRUNC" : "");
}

static void messages_of_streams(void)
{
    int ends[2], listener = pair(ends);
    char first[4] = "", second[16] = "";
    struct sockaddr_in name;
    struct iovec out[3] = {{"one", 3}, {NULL, 0}, {"and two", 7}};
    struct iovec in[2] = {{first, 3}, {second, sizeof second - 1}};
    struct msghdr message = {.msg_iov = out, .msg_iovlen = 3};

    tell("message on a stream", sendmsg(ends[0], &message, MSG_NOSIGNAL));
    wait_for(ends[1], POLLIN);
    message = (struct msghdr){.msg_iov = in, .msg_iovlen = 2, .msg_name = &name, .msg_namelen = sizeof name};
    tell("peeked", recvmsg(ends[1], &message, MSG_PEEK));
    tell("received", recvmsg(ends[1], &message, 0));
    printf("in two parts: %s|%s\n", first, second);
    tell_message("a stream's", &message);
    tell("nothing more", recvmsg(ends[1], &message, MSG_DONTWAIT));
    message = (struct msghdr){.msg_iov = NULL, .msg_iovlen = 0};
    tell("message of nothing", sendmsg(ends[0], &message, MSG_NOSIGNAL));
    shutdown(ends[0], SHUT_WR);
    wait_for(ends[1], POLLIN);
    message = (struct msghdr){.msg_iov = in, .msg_iovlen = 2};
    tell("at the end", recvmsg(ends[1], &message, 0));
    tell("message after the end", sendmsg(ends[0], &message, MSG_NOSIGNAL));
    tell("message to no descriptor", sendmsg(999, &message, MSG_NOSIGNAL));
    close_all(listener, ends);
}

static void messages_of_datagrams(void)
{
    int to = socket(AF_INET, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in name = local(PORT), from;
    char first[4] = "", second[5] = "", text[INET_ADDRSTRLEN];
    struct iovec out[2] = {{"data", 4}, {"gram", 4}};
    struct iovec in[2] = {{first, 3}, {second, 4}};
    struct msghdr message = {.msg_iov = out, .msg_iovlen = 2};

    tell("bind", bind_to(to, PORT));
    tell("message to nobody", sendmsg(fd, &message, 0));
    message.msg_name = &name;
    message.msg_namelen = sizeof name;
    tell("message to somebody", sendmsg(fd, &message, 0));
    message = (struct msghdr){.msg_iov = in, .msg_iovlen = 2, .msg_name = &from, .msg_namelen = sizeof from};
    tell("cut off", recvmsg(to, &message, 0));
    printf("%s|%s from %s\n", first, second, inet_ntop(AF_INET, &from.sin_addr, text, sizeof text));
    tell_message("a datagram's", &message);
    name.sin_family = 77;
    message = (struct msghdr){.msg_iov = out, .msg_iovlen = 2, .msg_name = &name, .msg_namelen = sizeof name};
    tell("message to no family", sendmsg(fd, &message, 0));
    message.msg_namelen = 3;
    name.sin_family = AF_INET;
    tell("message to a short address", sendmsg(fd, &message, 0));
    close(to);
    close(fd);
}

/* Asks select() of one descriptor, `microseconds` long. */
static void tell_select(const char *what, int fd, long microseconds)
{
    fd_set in, out, other;
    struct timeval time = {.tv_usec = microseconds};
    int ready;

    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&other);
    FD_SET(fd, &in);
    FD_SET(fd, &out);
    FD_SET(fd, &other);
    ready = select(fd + 1, &in, &out, &other, &time);
    printf("select %s: %d,%s%s%s\n", what, ready, FD_ISSET(fd, &in) ? " in" : "", FD_ISSET(fd, &out) ? " out" : "",
           FD_ISSET(fd, &other) ? " other" : "");
}

static void selecting(void)
{
    int ends[2], listener = pair(ends), refused = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval none = {0};
    fd_set set;

    tell_select("idle", ends[1], 0);
    tell_select("a listener", listener, 0);
    tell("send", send(ends[0], "x", 1, 0));
    wait_for(ends[1], POLLIN);
    tell_select("with a byte", ends[1], 1000000);
    close(ends[0]);
    recv(ends[1], &set, 1, 0);
    wait_for(ends[1], POLLIN);
    tell_select("at the end", ends[1], 1000000);
    tell("refused", connect_to(refused, PORT + 2));
    tell("nothing asked", select(0, NULL, NULL, NULL, &none));
    tell("less than nothing", select(-1, NULL, NULL, NULL, &none));
    FD_ZERO(&set);
    FD_SET(20, &set);
    tell("a closed descriptor", select(21, &set, NULL, NULL, &none));
    none.tv_sec = -1;
    tell("a time before now", select(0, NULL, NULL, NULL, &none));
    close(refused);
    close(listener);
    close(ends[1]);
}

static void streams_of_ipv6(void)
{
    int listener = bound6(SOCK_STREAM), fd = socket(AF_INET6, SOCK_STREAM, 0), got;
    struct sockaddr_in6 name;
    struct sockaddr_storage older = {.ss_family = AF_INET};
    socklen_t size = sizeof name;
    char text[INET6_ADDRSTRLEN], bytes[8] = "";

    tell("connect to IPv4's family", connect(fd, (struct sockaddr *)&older, sizeof older));
    close(fd);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    tell("connect to nobody of IPv6", connect6(fd, PORT + 2));
    close(fd);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    tell("connect of IPv6", connect6(fd, PORT));
    got = accept(listener, (struct sockaddr *)&name, &size);
    printf("from %s, %u bytes\n", inet_ntop(AF_INET6, &name.sin6_addr, text, sizeof text), (unsigned)size);
    size = sizeof name;
    tell("its peer", getpeername(fd, (struct sockaddr *)&name, &size));
    printf("%s port %d, scope %u\n", inet_ntop(AF_INET6, &name.sin6_addr, text, sizeof text), ntohs(name.sin6_port),
           (unsigned)name.sin6_scope_id);
    tell("send over IPv6", send(fd, "six", 3, 0));
    tell("receive over IPv6", recv(got, bytes, sizeof bytes, 0));
    printf("%s\n", bytes);
    close(fd);
    close(got);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    tell("IPv4 to one address of IPv6", connect_to(fd, PORT));
    close(fd);
    close(listener);
}

static void datagrams_of_ipv6(void)
{
    int to = bound6(SOCK_DGRAM), fd = socket(AF_INET6, SOCK_DGRAM, 0);
    struct sockaddr_in6 from;
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = in6addr_loopback};
    char bytes[8] = "", text[INET6_ADDRSTRLEN];
    struct iovec part = {"six", 3}, room = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_name = &name, .msg_namelen = sizeof name};

    tell("message of IPv6", sendmsg(fd, &message, 0));
    message = (struct msghdr){.msg_iov = &room, .msg_iovlen = 1, .msg_name = &from, .msg_namelen = sizeof from};
    tell("it comes", recvmsg(to, &message, 0));
    tell_message("from IPv6", &message);
    printf("%s from %s\n", bytes, inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof text));
    tell("connect the datagrams", connect6(fd, PORT));
    tell("send without a name", send(fd, "again", 5, 0));
    tell("it comes as well", recv(to, bytes, sizeof bytes, 0));
    close(fd);
    close(to);
}

void message_cases(void)
{
    messages_of_streams();
    messages_of_datagrams();
    selecting();
    streams_of_ipv6();
    datagrams_of_ipv6();
}
