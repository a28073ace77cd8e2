/* SPDX-License-Identifier: ISC */
#include "park.h"

#include <errno.h>
#include <stddef.h>

#include <atman/base/clock.h>
#include <atman/libc/thread.h>

static struct at_list all = {{&all.head, &all.head}};

long at_libc_park(struct at_libc_parked *parked, uint64_t deadline_ns, const char *what)
{
    *parked = (struct at_libc_parked){.thread = at_libc_self(), .result = -ETIMEDOUT};
    at_list_push_back(&all, &parked->all);
    while (!parked->over && (deadline_ns == AT_NEVER || at_clock_now_ns() < deadline_ns)) {
        at_libc_thread_sleep(&parked->place, deadline_ns, what);
    }
    at_list_remove(&parked->all);
    return parked->result;
}

void at_libc_unpark(struct at_libc_parked *parked, long result)
{
    if (result != 0) {
        parked->error = result;
    }
    if (!parked->over) {
        parked->over = true;
        parked->result = result;
        at_libc_thread_wake(parked->place);
    }
}

void at_libc_interrupt(void *thread)
{
    for (struct at_list_node *node = at_list_first(&all); node != NULL; node = at_list_next(&all, node)) {
        struct at_libc_parked *parked = AT_CONTAINER_OF(node, struct at_libc_parked, all);
        if (parked->thread == thread) {
            at_libc_unpark(parked, -EINTR);
        }
    }
}
