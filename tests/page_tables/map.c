/* SPDX-License-Identifier: ISC */
/*
 * Uses memory in every way that there is (the boot stack, threads, the heap, blocks beyond what the builder mapped,
 * frames in the window, the grant table), prints the addresses that must not be mapped, and waits: to be looked at from
 * outside.
 */

#include <stdio.h>

#include <atman/guest.h>
#include <atman/mm/heap.h>
#include <atman/mm/pages.h>
#include <atman/mm/space.h>
#include <atman/sched/thread.h>
#include <atman/xen/grant.h>

/* Of platforms/xen_pv: the page under the boot stack. */
extern char at_xen_pv_stack_guard[];

#define BLOCKS 4
#define FOREVER (AT_NEVER - 1) /* a deadline, so that nobody takes it for a deadlock */

static void *wait_for_ever(void *lowest)
{
    struct at_sched *sched = at_guest_sched();

    *(void **)lowest = at_sched_thread_current(sched)->stack.data;
    at_sched_thread_sleep(sched, FOREVER);
    return NULL;
}

int main(void)
{
    struct at_sched *sched = at_guest_sched();
    struct at_sched_thread *thread;
    char *lowest = NULL;
    void *block, *view;
    uint64_t frame;

    for (int i = 0; i < BLOCKS; i++) {
        if (at_mm_frames_alloc(at_guest_frames(), &block, AT_MM_ORDER_MAX) != AT_OK)
            return 1;
    }
    frame = at_mm_pages_frame(at_guest_pages(), block);
    if (at_mm_heap_alloc(at_guest_heap(), 100) == NULL || at_xen_grants_available(at_guest_grants()) == 0 ||
        at_mm_space_map(at_guest_space(), &view, &frame, 1, AT_MM_READ) != AT_OK ||
        at_sched_thread_create(sched, &thread, "sleeper", wait_for_ever, &lowest, 0) != AT_OK)
        return 1;
    at_sched_thread_yield(sched);
    printf("absent 0 %p %p\n", (void *)at_xen_pv_stack_guard, (void *)(lowest - AT_MM_PAGE_SIZE));
    at_sched_thread_sleep(sched, FOREVER);
    return 0;
}
