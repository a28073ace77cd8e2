/* SPDX-License-Identifier: ISC */
/*
 * Echoes over TCP on port 7, one connection at a time, with threads, sockets and the whole stack below them, and can be
 * saved and restored in the middle of it: prints `restored` or `cancelled` each time. Ends when it is asked to.
 */

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atman/guest.h>
#include <atman/guest_ip.h>
#include <atman/guest_sockets.h>
#include <atman/guest_suspend.h>
#include <atman/lifecycle/lifecycle.h>

#define SECOND 1000000000u

static void *serve(void *unused)
{
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(7)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(listener, (const struct sockaddr *)&any, sizeof any) != 0 || listen(listener, 4) != 0)
        return unused;
    puts("listening");
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        char bytes[4096];
        ssize_t got;

        while ((got = read(fd, bytes, sizeof bytes)) > 0) {
            if (send(fd, bytes, (size_t)got, 0) != got)
                break;
        }
        close(fd);
    }
}

int main(int argc, char **argv)
{
    static struct at_lifecycle lifecycle;
    static struct at_lifecycle_hook stack_hook, hook;
    struct at_wait wait;
    pthread_t server;

    (void)argc;
    at_guest_hooks();
    at_guest_sockets(argv);
    at_guest_hook_ip(&stack_hook, at_guest_ip(argv));
    at_guest_hook_netfront(&hook, at_guest_ip_device(0));
    wait = at_guest_wait();
    if (pthread_create(&server, NULL, serve, NULL) != 0 ||
        at_lifecycle_start(&lifecycle, at_guest_xenstore(), wait, at_wait_now(wait) + SECOND) != AT_OK)
        return 1;
    for (;;) {
        enum at_lifecycle_request request = at_lifecycle_requested(&lifecycle);
        enum at_lifecycle_resumption how;
        at_status status;

        if (request != AT_LIFECYCLE_NONE && request != AT_LIFECYCLE_SUSPEND)
            return 0;
        if (request == AT_LIFECYCLE_SUSPEND) {
            at_lifecycle_clear(&lifecycle);
            status = at_guest_suspend(&how, 5ull * SECOND);
            puts(status != AT_OK ? at_status_name(status) : how == AT_LIFECYCLE_RESTORED ? "restored" : "cancelled");
        }
        (void)at_wait_sleep(wait, at_wait_now(wait) + SECOND);
    }
}
