/* SPDX-License-Identifier: ISC */
/*
 * Two services that are told of the guest's end, and say so. With the argument `stuck` the one that was added first,
 * which is told last, never returns.
 */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <atman/base/wait.h>
#include <atman/guest.h>
#include <atman/guest_shutdown.h>
#include <atman/lifecycle/hooks.h>

#define GRACE_NS 2000000000u

static bool is_stuck;

static void end(void *name, uint64_t deadline_ns)
{
    uint64_t now_ns = at_wait_now(at_guest_wait());

    printf("%s ends, %s\n", (const char *)name,
           deadline_ns > now_ns && deadline_ns - now_ns <= GRACE_NS ? "in time" : "too late");
    while (is_stuck && strcmp(name, "first") == 0)
        sleep(1);
}

int main(int argc, char **argv)
{
    static struct at_lifecycle_hooks hooks;
    static struct at_lifecycle_hook first = {.name = "first", .ctx = "first", .end = end};
    static struct at_lifecycle_hook second = {.name = "second", .ctx = "second", .end = end};

    is_stuck = argc > 1 && strcmp(argv[1], "stuck") == 0;
    at_lifecycle_hooks_init(&hooks);
    at_lifecycle_hook_add(&hooks, &first);
    at_lifecycle_hook_add(&hooks, &second);
    at_guest_shutdown(&hooks, GRACE_NS);
    puts("serving");
    for (;;)
        sleep(3600);
}
