/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atman/guest_sockets.h>

#include "ask.h"
#include "cases.h"

/* Sends to 10.0.0.1, and ends the guest before anybody else has had a turn. */
static int say_last_words(void)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(0x0a000001)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        return 1;
    return send(fd, "farewell", 8, 0) != 8;
}

#define LONG 20 /* seconds in which something comes, however busy dom0 is */
#define SHORT 3

/* Prints the next datagram of `fd`, or that none comes for so many seconds. */
static void hear(int fd, int seconds)
{
    const struct timeval patience = {.tv_sec = seconds};
    char text[16] = "";

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    puts(recv(fd, text, sizeof text - 1, 0) < 0 ? "silence" : text);
}

/* A socket of `family` for the datagrams to a port of any address. */
static int open_for_datagrams(int family)
{
    const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
    const struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    const int only = 1;
    int fd = socket(family, SOCK_DGRAM, 0);

    if (family == AF_INET)
        return bind(fd, (const struct sockaddr *)&any4, sizeof any4) == 0 ? fd : -1;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    return bind(fd, (const struct sockaddr *)&any6, sizeof any6) == 0 ? fd : -1;
}

/* What comes to two groups that somebody talks to all the time: while they are joined, and after. */
static int hear_groups(void)
{
    struct ip_mreq group = {.imr_multiaddr.s_addr = inet_addr("239.1.2.3")};
    struct ipv6_mreq group6 = {.ipv6mr_interface = 0};
    int fd = open_for_datagrams(AF_INET), fd6 = open_for_datagrams(AF_INET6), failed;

    inet_pton(AF_INET6, "ff12::7", &group6.ipv6mr_multiaddr);
    failed = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group);
    failed |= setsockopt(fd6, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group6, sizeof group6);
    hear(fd, LONG);
    hear(fd6, LONG);
    failed |= setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof group);
    failed |= setsockopt(fd6, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &group6, sizeof group6);
    while (recv(fd, &group, sizeof group, MSG_DONTWAIT) >= 0 || recv(fd6, &group, sizeof group, MSG_DONTWAIT) >= 0)
        continue; /* what came before */
    hear(fd, SHORT);
    hear(fd6, SHORT);
    return failed;
}

int main(int argc, char **argv)
{
    at_guest_sockets(argv);
    if (argc > 1 && strcmp(argv[1], "last-words") == 0)
        return say_last_words();
    if (argc > 1 && strcmp(argv[1], "groups") == 0)
        return hear_groups();
    socket_cases();
    return 0;
}
