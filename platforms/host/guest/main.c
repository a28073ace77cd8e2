/* SPDX-License-Identifier: ISC */
/* From the process's start to the application's main(): the linker puts __wrap_main() in its place (--wrap=main). */

#include <stdio.h>

#include "machine.h"

int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);

int __wrap_main(int argc, char **argv)
{
    struct at_host_options options;
    const char *message;

    argc = at_host_options_take(&options, &message, argc, argv);
    if (argc == 0) {
        fputs(message, stdout);
        return 0;
    }
    if (argc < 0) {
        fprintf(stderr, "atman: %s.\n", message);
        return 2;
    }
    at_host_machine_start(&options);
    return __real_main(argc, argv);
}
