/* SPDX-License-Identifier: ISC */
/* The scheduler of a process: idle blocks in the fake Xen, stacks are mapped with a page below that faults. */

#define _GNU_SOURCE

#include <sys/mman.h>

#include <atman/base/clock.h>
#include <atman/base/panic.h>
#include <atman/guest.h>
#include <atman/sched/thread.h>
#include <atman/xen/event.h>

#include "program.h"

#define GUARD 4096u
#define STACK_SIZE 16384u /* as in platforms/xen_pv */
#define ROOM 65536u       /* more below it, for the host's C library and the sanitizers */

static struct at_wait place; /* for whoever has to wait */
static void *first_local;

static uint64_t now_ns(void *ctx)
{
    (void)ctx;
    return at_clock_now_ns();
}

static void poll(void *ctx)
{
    at_xen_events_dispatch(ctx);
}

static at_status idle(void *ctx, uint64_t deadline_ns)
{
    return at_xen_events_wait(ctx, deadline_ns);
}

static at_status stack_alloc(void *ctx, struct at_span *stack, size_t size)
{
    uint8_t *base;

    (void)ctx;
    if (size > SIZE_MAX / 2)
        return AT_NO_MEMORY; /* the sums below would be too small */
    size = ((size + GUARD - 1) / GUARD) * GUARD;
    base = mmap(NULL, GUARD + ROOM + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (base == MAP_FAILED)
        return AT_NO_MEMORY;
    if (mprotect(base, GUARD, PROT_NONE) != 0) {
        munmap(base, GUARD + ROOM + size);
        return AT_NO_MEMORY;
    }
    *stack = at_span_of(base + GUARD + ROOM, size);
    return AT_OK;
}

static void stack_free(void *ctx, struct at_span stack)
{
    (void)ctx;
    munmap(stack.data - ROOM - GUARD, GUARD + ROOM + stack.size);
}

void at_host_sched_local(void *local)
{
    first_local = local;
}

struct at_sched *at_guest_sched(void)
{
    static const struct at_sched_ops ops = {now_ns, poll, idle, stack_alloc, stack_free};
    static struct at_sched_wait_queue waiting;
    static struct at_sched sched;
    static int ready;

    if (!ready) {
        const struct at_sched_config config = {
            .ops = &ops, .ctx = at_guest_events(), .stack_size = STACK_SIZE, .local = first_local};

        at_sched_init(&sched, &config);
        at_sched_wait_queue_init(&waiting, &sched, "guest");
        place = at_sched_wait_queue_waiter(&waiting);
        ready = 1;
    }
    return &sched;
}

struct at_wait at_guest_wait(void)
{
    if (place.ops == NULL)
        place = at_xen_events_waiter(at_guest_events());
    return place;
}
