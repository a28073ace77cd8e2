/* SPDX-License-Identifier: ISC */
/* A pipe, written and read. */
#include <unistd.h>

int main(int argc, char **argv)
{
    (void)argv;
    int fds[2];
    char byte = (char)argc;

    return pipe(fds) || write(fds[1], &byte, 1) != 1 || read(fds[0], &byte, 1) != 1 || close(fds[0]);
}
