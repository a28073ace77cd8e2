/* SPDX-License-Identifier: ISC */
/* Does the one small thing that its first argument names, for dom0 to compare with what it knows. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atman/base/entropy.h>
#include <atman/guest.h>
#include <atman/xen/clock.h>
#include <atman/xen/event.h>

static int misused(void)
{
    puts("no such thing to do: the test is wrong");
    return 99;
}

static int print_entropy(void)
{
    uint8_t bytes[16];

    if (at_entropy_fill(bytes, sizeof(bytes)) != AT_OK)
        return 1;
    printf("entropy ");
    for (size_t i = 0; i < sizeof(bytes); i++)
        printf("%02x", bytes[i]);
    puts("");
    return 0;
}

static int print_wall_clock(void)
{
    struct at_xen_wall_time wall;

    at_xen_clock_wall(at_guest_events()->shared, &wall);
    printf("wall %llu.%09lu\n", (unsigned long long)wall.seconds, (unsigned long)wall.nanoseconds);
    return 0;
}

/* Each argument on a line, with its number, and whether the list ends as C says it does. */
static int print_arguments(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        printf("%d: <%s>\n", i, argv[i]);
    puts(argv[argc] == NULL ? "null" : "no end");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "arguments") == 0)
        return print_arguments(argc, argv);
    if (argc == 2 && strcmp(argv[1], "entropy") == 0)
        return print_entropy();
    if (argc == 2 && strcmp(argv[1], "wall") == 0)
        return print_wall_clock();
    if (argc == 3 && strcmp(argv[1], "return") == 0)
        return (int)strtol(argv[2], NULL, 10);
    if (argc == 3 && strcmp(argv[1], "exit") == 0)
        exit((int)strtol(argv[2], NULL, 10));
    if (argc == 2 && strcmp(argv[1], "abort") == 0)
        abort();
    return misused();
}
