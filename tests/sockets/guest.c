/* SPDX-License-Identifier: ISC */
#include <atman/guest_sockets.h>

#include "cases.h"

int main(int argc, char **argv)
{
    (void)argc;
    at_guest_sockets(argv);
    socket_cases();
    return 0;
}
