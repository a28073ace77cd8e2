/* SPDX-License-Identifier: ISC */
/*
 * What the socket calls answer, one line a question, over this machine's own loopback: the same program as a guest and
 * as a Linux process, so that the two can be compared line by line. Where POSIX leaves a choice it asks nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ask.h"
#include "cases.h"

static void making(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = local(PORT);
    int pipes[2];

    tell("socket of no family", socket(77, SOCK_STREAM, 0));
    tell("socket of no type", socket(AF_INET, 77, 0));
    tell("stream of UDP", socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    tell("bind to a short address", bind(fd, (const struct sockaddr *)&address, 4));
    address.sin_family = AF_INET6;
    tell("bind to another family", bind(fd, (const struct sockaddr *)&address, sizeof address));
    address = local(PORT);
    address.sin_addr.s_addr = htonl(0xcb007101); /* 203.0.113.1 */
    tell("bind to another's address", bind(fd, (const struct sockaddr *)&address, sizeof address));
    tell("bind", bind_to(fd, PORT));
    tell("bind again", bind_to(fd, PORT + 1));
    tell("bind where another is", bind_to(other, PORT));
    tell("listen", listen(fd, 1));
    tell("listen again", listen(fd, 2));
    tell("bind what listens", bind_to(fd, PORT + 1));
    tell("connect what listens", connect_to(fd, PORT));
    tell("accept where nobody listens", accept(other, NULL, NULL));
    tell("bind a closed descriptor", bind_to(999, PORT));
    if (pipe(pipes) == 0) {
        tell("bind a pipe", bind_to(pipes[0], PORT));
        close(pipes[0]);
        close(pipes[1]);
    }
    close(fd);
    close(other);
}

static void not_connected(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char byte = 'x';

    tell("receive unconnected", recv(fd, &byte, 1, 0));
    tell("send unconnected", send(fd, &byte, 1, MSG_NOSIGNAL));
    tell("shutdown unconnected", shutdown(fd, SHUT_WR));
    tell("peer of the unconnected", getpeername(fd, (struct sockaddr *)&address, &size));
    tell_ready("unconnected", fd);
    tell("connect to nobody", connect_to(fd, PORT + 2));
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    tell("connect to nobody, not waiting", connect_to(fd, PORT + 2));
    tell_ready("refused", fd);
    int error = 0;
    size = sizeof error;
    tell("SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
    printf("refused is %s\n", error_name(error));
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    printf("told once: %d\n", error);
    close(fd);
}

static void talking(void)
{
    int ends[2], listener = pair(ends), there = 0;
    struct sockaddr_in own, peer;
    socklen_t size = sizeof own, peer_size = sizeof peer;
    char bytes[64] = "";
    struct iovec parts[2] = {{.iov_base = "one ", .iov_len = 4}, {.iov_base = "two", .iov_len = 3}};

    getsockname(ends[0], (struct sockaddr *)&own, &size);
    getpeername(ends[1], (struct sockaddr *)&peer, &peer_size);
    printf("the same from both ends: %d %d\n", own.sin_port == peer.sin_port,
           own.sin_addr.s_addr == peer.sin_addr.s_addr);
    tell_ready("idle", ends[0]);
    tell("connect the connected", connect_to(ends[0], PORT));
    tell("receive nothing", recv(ends[1], bytes, 8, MSG_DONTWAIT));
    tell("writev", writev(ends[0], parts, 2));
    wait_for(ends[1], POLLIN);
    ioctl(ends[1], FIONREAD, &there);
    printf("there: %d\n", there);
    tell("peek", recv(ends[1], bytes, 3, MSG_PEEK));
    tell("receive", recv(ends[1], bytes, sizeof bytes, 0));
    printf("received: %.7s\n", bytes);
    tell("send nothing", send(ends[0], "", 0, 0));
    tell("set a keep-alive time of 0", setsockopt(ends[0], IPPROTO_TCP, TCP_KEEPIDLE, &(int){0}, sizeof(int)));
    tell("set no delay", setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)));
    tell("an option of nobody's", setsockopt(ends[0], SOL_SOCKET, 9999, &(int){1}, sizeof(int)));
    tell("an option too short", setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &(int){1}, 1));
    close_all(listener, ends);
}

static void finishing(void)
{
    int ends[2], listener = pair(ends);
    char byte = 'x';

    tell("finish", shutdown(ends[0], SHUT_WR));
    tell("send after the end", send(ends[0], &byte, 1, MSG_NOSIGNAL));
    wait_for(ends[1], POLLIN);
    tell_ready("the peer has finished", ends[1]);
    tell("receive the end", recv(ends[1], &byte, 1, 0));
    tell("receive it again", recv(ends[1], &byte, 1, 0));
    tell("send the other way", send(ends[1], "y", 1, 0));
    wait_for(ends[0], POLLIN);
    tell("receive it", recv(ends[0], &byte, 1, 0));
    tell("a shutdown of nothing", shutdown(ends[0], 7));
    close_all(listener, ends);

    listener = pair(ends);
    setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    close(ends[0]);
    wait_for(ends[1], POLLIN);
    tell_ready("reset", ends[1]);
    tell("receive from who has reset", recv(ends[1], &byte, 1, 0));
    tell("receive again", recv(ends[1], &byte, 1, 0));
    tell("send to who has reset", send(ends[1], &byte, 1, MSG_NOSIGNAL));
    ends[0] = -1;
    close_all(listener, ends);
}

/* A listener that is shut is a new socket again. */
static void no_longer_listening(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, got;
    char byte;

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bind_to(listener, PORT);
    listen(listener, 4);
    bind_to(fd, PORT + 1);
    listen(fd, 4);
    tell("shut what a listener writes", shutdown(fd, SHUT_WR));
    tell("shut a listener", shutdown(fd, SHUT_RDWR));
    tell_ready("shut", fd);
    tell("accept there", accept(fd, NULL, NULL));
    tell("receive there", recv(fd, &byte, 1, 0));
    tell("connect from there", connect_to(fd, PORT));
    got = accept(listener, NULL, NULL);
    tell("send to it", send(got, "x", 1, 0));
    tell("it comes", recv(fd, &byte, 1, 0));
    close(got);
    close(fd);
    close(listener);
}

static void waiting(void)
{
    int ends[2], listener = pair(ends), fd;
    const struct timeval soon = {.tv_usec = 40000}; /* a multiple of Linux's clock ticks */
    const struct timeval past = {.tv_sec = -1};
    struct timeval got = {0};
    socklen_t size = sizeof got;
    char byte;

    tell("set a timeout", setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon));
    tell("get it", getsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &got, &size));
    printf("it is %ld us\n", (long)got.tv_usec);
    tell("receive in time", recv(ends[0], &byte, 1, 0));
    tell("set a negative one", setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &past, sizeof past));
    tell("get that", getsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &got, &size));
    printf("it is %ld s, %ld us\n", (long)got.tv_sec, (long)got.tv_usec);
    tell("receive at once", recv(ends[0], &byte, 1, 0));
    fcntl(listener, F_SETFL, O_NONBLOCK);
    tell("accept nobody", accept(listener, NULL, NULL));
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    tell("connect, not waiting", connect_to(fd, PORT));
    wait_for(fd, POLLOUT);
    tell("connect again", connect_to(fd, PORT));
    tell_ready("somebody waits", listener);
    tell("is it connected", getpeername(fd, (struct sockaddr *)&(struct sockaddr_in){0}, &(socklen_t){16}));
    close(fd);
    close_all(listener, ends);
}

static void datagrams(void)
{
    int one = socket(AF_INET, SOCK_DGRAM, 0), two = socket(AF_INET, SOCK_DGRAM, 0);
    int three = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = local(PORT), from;
    socklen_t size = sizeof from;
    static char large[70000];
    char bytes[8];

    tell("send to nobody in particular", send(one, "x", 1, 0));
    tell("bind datagrams", bind_to(two, PORT));
    tell("bind them where others are", bind_to(three, PORT));
    tell("send too much", sendto(one, large, sizeof large, 0, (const struct sockaddr *)&address, sizeof address));
    tell("send", sendto(one, "datagram", 8, 0, (const struct sockaddr *)&address, sizeof address));
    tell("send none", sendto(one, "", 0, 0, (const struct sockaddr *)&address, sizeof address));
    tell("receive a part", recvfrom(two, bytes, 4, MSG_TRUNC, (struct sockaddr *)&from, &size));
    printf("from an address of %u bytes, this machine: %d\n", (unsigned)size,
           from.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    tell("receive none", recv(two, bytes, sizeof bytes, 0));
    tell("receive when there is no more", recv(two, bytes, sizeof bytes, MSG_DONTWAIT));
    tell("connect datagrams", connect(two, (const struct sockaddr *)&from, sizeof from));
    tell("answer", send(two, "hello", 5, 0));
    wait_for(one, POLLIN);
    tell("receive the answer", recv(one, bytes, sizeof bytes, 0));
    tell("listen for datagrams", listen(one, 1));
    tell("accept datagrams", accept(one, NULL, NULL));
    close(one);
    close(two);
    close(three);
}

static void names(void)
{
    const struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    const struct addrinfo passive = {.ai_flags = AI_PASSIVE, .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found;
    char text[INET6_ADDRSTRLEN];

    printf("a name for a number: %d\n", getaddrinfo("example.org", "80", &numeric, &found) == EAI_NONAME);
    printf("nothing at all: %d\n", getaddrinfo(NULL, NULL, NULL, &found) == EAI_NONAME);
    if (getaddrinfo("192.0.2.7", "443", &numeric, &found) == 0) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)found->ai_addr;

        printf("numeric: %s %d, one answer: %d\n", inet_ntop(AF_INET, &in->sin_addr, text, sizeof text),
               ntohs(in->sin_port), found->ai_next == NULL);
        freeaddrinfo(found);
    }
    if (getaddrinfo(NULL, "7", &passive, &found) == 0) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)found->ai_addr;

        printf("passive: %s %d, of datagrams: %d\n", inet_ntop(AF_INET, &in->sin_addr, text, sizeof text),
               ntohs(in->sin_port), found->ai_socktype == SOCK_DGRAM);
        freeaddrinfo(found);
    }
    if (getaddrinfo("2001:db8::1", NULL, &numeric, &found) == 0) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)found->ai_addr;

        printf("of six: %s\n", inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text));
        freeaddrinfo(found);
    }
}

static void both_families(void)
{
    const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
    int listener = socket(AF_INET6, SOCK_STREAM, 0), on = 1, fd = socket(AF_INET, SOCK_STREAM, 0), got;
    struct sockaddr_in6 from;
    socklen_t size = sizeof from;
    char text[INET6_ADDRSTRLEN];

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    tell("bind to both families", bind(listener, (const struct sockaddr *)&any, sizeof any));
    tell("listen on both", listen(listener, 1));
    tell("connect by the older", connect_to(fd, PORT));
    got = accept(listener, (struct sockaddr *)&from, &size);
    printf("it comes from %s, %u bytes\n", inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof text), (unsigned)size);
    close(got);
    close(fd);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    tell("make it one family when bound", setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
    tell("make it one family", setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
    close(fd);
    close(listener);
}

static void datagrams_of_both(void)
{
    const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
    const struct sockaddr_in older = local(PORT);
    int both = socket(AF_INET6, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in6 from;
    socklen_t size = sizeof from;
    char bytes[8], text[INET6_ADDRSTRLEN];

    tell("bind datagrams of both", bind(both, (const struct sockaddr *)&any, sizeof any));
    tell("send by the older", sendto(fd, "one", 3, 0, (const struct sockaddr *)&older, sizeof older));
    tell("it comes", recvfrom(both, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size));
    printf("from %s\n", inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof text));
    tell("back", sendto(both, "two", 3, 0, (const struct sockaddr *)&from, size));
    tell("it is back", recv(fd, bytes, sizeof bytes, 0));
    close(both);
    close(fd);
}

void socket_cases(void)
{
    making();
    not_connected();
    talking();
    finishing();
    no_longer_listening();
    waiting();
    datagrams();
    names();
    both_families();
    datagrams_of_both();
    message_cases();
    puts("end of the cases");
}
