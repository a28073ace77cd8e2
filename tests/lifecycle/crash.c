/* SPDX-License-Identifier: ISC */
/* A guest with a capsule that dies as it is told to: an exception two calls deep, a stack overflow, a panic. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <atman/base/panic.h>
#include <atman/base/wait.h>
#include <atman/guest.h>
#include <atman/guest_crash.h>
#include <atman/mm/ledger.h>

static unsigned read_nowhere(void)
{
    volatile uintptr_t nowhere = 8;

    return *(volatile unsigned *)nowhere;
}

__attribute__((noinline)) static unsigned look_at_nothing(unsigned depth)
{
    at_guest_trace("about to look", depth);
    return depth == 0 ? read_nowhere() + 1 : look_at_nothing(depth - 1) + 1;
}

__attribute__((noinline)) static unsigned go_deeper(unsigned depth)
{
    volatile char frame[3000] = {0};

    return depth == UINT32_MAX ? 0 : go_deeper(depth + 1) + (unsigned)frame[0];
}

int main(int argc, char **argv)
{
    static struct at_mm_account account;

    at_guest_capsule();
    at_guest_capsule(); /* once is enough */
    at_mm_account_open(at_guest_ledger(), &account, "the test");
    at_mm_account_charge(&account, AT_MM_LEDGER_GRANTS, 42);
    for (uint64_t i = 0; i < 2 * AT_GUEST_TRACE_EVENTS; i++)
        at_guest_trace("step", i);
    printf("about to end by %s\n", argv[argc - 1]);
    (void)at_wait_sleep(at_guest_wait(), at_wait_now(at_guest_wait()) + 1000000);
    if (strcmp(argv[argc - 1], "exception") == 0)
        return (int)look_at_nothing(1);
    if (strcmp(argv[argc - 1], "overflow") == 0)
        return (int)go_deeper(0);
    at_panic("as the test wants it");
}
