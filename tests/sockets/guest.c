/* SPDX-License-Identifier: ISC */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

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

int main(int argc, char **argv)
{
    at_guest_sockets(argv);
    if (argc > 1 && strcmp(argv[1], "last-words") == 0)
        return say_last_words();
    socket_cases();
    return 0;
}
