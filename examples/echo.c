/* SPDX-License-Identifier: ISC */
/*
 * The echo service (RFC 862), over TCP and UDP, on port 7: an ordinary program of BSD sockets and POSIX threads. All
 * that it says of where it runs is at_guest_sockets(), and at_guest_shutdown() for `xl shutdown`.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atman/guest_shutdown.h>
#include <atman/guest_sockets.h>

#define PORT 7
#define DATAGRAM_MAX 65507

static int open_socket(int type)
{
    const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)}; /* IPv4 as well */
    int fd = socket(AF_INET6, type, 0);

    if (fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof any) == 0)
        return fd;
    perror("echo");
    return -1;
}

static void *serve_datagrams(void *unused)
{
    char *bytes = malloc(DATAGRAM_MAX);
    int fd = open_socket(SOCK_DGRAM);

    (void)unused;
    while (fd >= 0 && bytes != NULL) {
        struct sockaddr_in6 from;
        socklen_t size = sizeof from;
        ssize_t got = recvfrom(fd, bytes, DATAGRAM_MAX, 0, (struct sockaddr *)&from, &size);

        if (got >= 0)
            sendto(fd, bytes, (size_t)got, 0, (const struct sockaddr *)&from, size);
    }
    return NULL;
}

static void *serve_connection(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char bytes[4096];
    ssize_t got;

    while ((got = read(fd, bytes, sizeof bytes)) > 0) {
        if (send(fd, bytes, (size_t)got, 0) != got) /* a blocking send takes all, or fails */
            break;
    }
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    int listener;

    (void)argc;
    at_guest_sockets(argv);
    at_guest_shutdown(NULL, 0);
    listener = open_socket(SOCK_STREAM);
    if (listener < 0 || listen(listener, 16) != 0 || pthread_create(&thread, NULL, serve_datagrams, NULL) != 0)
        return 1;
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0 || pthread_create(&thread, NULL, serve_connection, (void *)(intptr_t)fd) != 0) {
            close(fd); /* no memory now: this client has to come again */
            continue;
        }
        pthread_detach(thread);
    }
}
