/* SPDX-License-Identifier: ISC */
/* The scheduler on this platform: idle blocks in Xen, and every stack has an unmapped page below it. */

#include <atman/base/clock.h>
#include <atman/guest.h>
#include <atman/libc/thread.h>
#include <atman/mm/mmu.h>
#include <atman/mm/run.h>
#include <atman/sched/thread.h>
#include <atman/xen/event.h>

#include "internal.h"
#include "mmu.h"
#include "wait.h"

#define STACK_SIZE 16384u

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
    size_t pages = size / AT_MM_PAGE_SIZE + (size % AT_MM_PAGE_SIZE != 0);
    void *run;
    at_status status = at_mm_run_alloc(at_guest_frames(), &run, 1 + pages, 0);

    (void)ctx;
    if (status != AT_OK)
        return status;
    status = at_mm_guard(&at_xen_pv_mmu, run);
    if (status != AT_OK) {
        at_mm_run_free(at_guest_frames(), run);
        return status;
    }
    stack->data = (uint8_t *)run + AT_MM_PAGE_SIZE;
    stack->size = pages * AT_MM_PAGE_SIZE;
    return AT_OK;
}

static void stack_free(void *ctx, struct at_span stack)
{
    void *run = stack.data - AT_MM_PAGE_SIZE;

    (void)ctx;
    if (at_mm_unguard(&at_xen_pv_mmu, run, at_xen_pv_frame_of(run)) == AT_OK)
        at_mm_run_free(at_guest_frames(), run);
    /* Otherwise Xen will not map the guard page again: the run is of no use to anybody and stays taken. */
}

struct at_sched *at_guest_sched(void)
{
    static const struct at_sched_ops ops = {
        .now_ns = now_ns,
        .poll = poll,
        .idle = idle,
        .stack_alloc = stack_alloc,
        .stack_free = stack_free,
    };
    static struct at_sched_wait_queue waiting;
    static struct at_sched sched;
    static int ready;

    if (!ready) {
        const struct at_sched_config config = {
            .ops = &ops, .ctx = at_guest_events(), .stack_size = STACK_SIZE, .local = at_libc_thread_main()};

        at_sched_init(&sched, &config);
        at_libc_thread_follow(at_sched_current_local(&sched));
        at_sched_wait_queue_init(&waiting, &sched, "guest");
        at_xen_pv_wait_in(at_sched_wait_queue_waiter(&waiting));
        ready = 1;
    }
    return &sched;
}
