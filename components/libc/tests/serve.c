/* SPDX-License-Identifier: ISC */
/* The calls of a server. */
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    (void)argv;
    char bytes[16] = "";
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(fd, (void *)bytes, sizeof bytes) || listen(fd, argc))
        return 1;
    fd = accept(fd, NULL, NULL);
    send(fd, bytes, (size_t)recv(fd, bytes, sizeof bytes, 0), 0);
    return close(fd);
}
