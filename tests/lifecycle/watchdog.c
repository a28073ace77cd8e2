/* SPDX-License-Identifier: ISC */
/* Has Xen watch it with 4 seconds' patience: sleeps for 9 seconds and ends; with an argument it loops for ever. */

#include <stdio.h>

#include <atman/guest.h>
#include <atman/sched/thread.h>

#define SECOND 1000000000ull

int main(int argc, char **argv)
{
    struct at_sched *sched = at_guest_sched();

    (void)argv;
    at_guest_watchdog(4);
    puts("watched");
    if (argc > 1) {
        for (;;)
            __asm__ volatile("pause");
    }
    at_sched_thread_sleep(sched, at_sched_now_ns(sched) + 9 * SECOND);
    return 0;
}
