/* SPDX-License-Identifier: ISC */
/*
 * What netstack answers to the measured requests, by the other face: BSD sockets and threads, each of which accepts a
 * connection, serves it and takes the next.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atman/guest_sockets.h>

#include "examples/http_reply.h"
#include "examples/http_request.h"

#define WORKERS 32
#define HEAD_MAX 1024

static const char greeting[] = "A very HTTP-hello from Atman\n";

static void serve(int fd)
{
    char head[HEAD_MAX], reply[HTTP_REPLY_MAX];
    struct http_request request;
    size_t have = 0, size;
    bool open = true;

    while (open && have < sizeof head) {
        ssize_t got = read(fd, head + have, sizeof head - have);

        if (got <= 0)
            return;
        have += (size_t)got;
        while (open && (size = http_request_parse(&request, head, have)) > 0) {
            open = request.error == NULL && request.keep_alive;
            have -= size;
            memmove(head, head + size, have);
            size = http_reply_write(reply, request.error == NULL ? "200 OK" : request.error, open, sizeof greeting - 1,
                                    greeting);
            open = send(fd, reply, size, 0) == (ssize_t)size && open;
        }
    }
}

static void *work(void *listener)
{
    for (;;) {
        int fd = accept((int)(intptr_t)listener, NULL, NULL);

        if (fd >= 0) {
            serve(fd);
            close(fd);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    pthread_t thread;
    int listener;

    (void)argc;
    at_guest_sockets(argv);
    listener = socket(AF_INET6, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&any, sizeof any) != 0 || listen(listener, 64) != 0)
        return 1;
    for (unsigned i = 1; i < WORKERS; i++) {
        if (pthread_create(&thread, NULL, work, (void *)(intptr_t)listener) != 0)
            return 1;
    }
    work((void *)(intptr_t)listener);
    return 1;
}
