/* SPDX-License-Identifier: ISC */
/* The seam under pthreads and everything in the C library that waits, on the guest's scheduler. */

#include <atman/base/clock.h>
#include <atman/guest.h>
#include <atman/libc/thread.h>
#include <atman/sched/thread.h>
#include <atman/sched/wait.h>

static void *begin(void *start)
{
    struct at_libc_start *at = start;

    at->entry(at->argument);
    return NULL;
}

at_status at_libc_thread_start(struct at_libc_start *start, void *state, struct at_span stack)
{
    struct at_sched_thread *thread;

    return at_sched_thread_create_on(at_guest_sched(), &thread, "pthread", begin, start, stack, state);
}

AT_NORETURN void at_libc_thread_end(void)
{
    struct at_sched *sched = at_guest_sched();

    if (at_sched_thread_current(sched) != &sched->main)
        at_sched_thread_exit(sched, NULL);
    for (;;)
        at_sched_thread_sleep(sched, AT_NEVER); /* the boot stack has nowhere to go */
}

void at_libc_thread_yield(void)
{
    at_sched_thread_yield(at_guest_sched());
}

void at_libc_thread_sleep(void **place, uint64_t deadline_ns, const char *what)
{
    struct at_sched_wait_queue queue;

    at_sched_wait_queue_init(&queue, at_guest_sched(), what);
    *place = &queue;
    at_sched_wait(&queue, deadline_ns);
}

void at_libc_thread_wake(void *place)
{
    at_sched_wake_one(place);
}

at_status at_libc_stack_alloc(struct at_span *stack, size_t size)
{
    const struct at_sched_config *config = &at_guest_sched()->config;

    return config->ops->stack_alloc(config->ctx, stack, size);
}

void at_libc_stack_free(struct at_span stack)
{
    const struct at_sched_config *config = &at_guest_sched()->config;

    config->ops->stack_free(config->ctx, stack);
}
