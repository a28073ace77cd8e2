/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_SCHED_SANITIZER_H
#define ATMAN_SCHED_SANITIZER_H

/*
 * What AddressSanitizer has to be told about stacks. In any other build these functions are empty.
 *
 *     void *fake_stack = at_sched_sanitizer_leave(from, to);
 *     previous = at_sched_context_switch(from, to);
 *     at_sched_sanitizer_arrive(fake_stack, previous);
 */

#include <stddef.h>

#include <atman/sched/thread.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AT_SCHED_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define AT_SCHED_SANITIZER 1
#endif

#ifdef AT_SCHED_SANITIZER

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

/* A stack that was used before carries the marks of frames that never returned. */
static inline void at_sched_sanitizer_new_stack(struct at_span stack)
{
    ASAN_UNPOISON_MEMORY_REGION(stack.data, stack.size);
}

/* An ended thread gives up its fake stack with its last switch. */
static inline void *at_sched_sanitizer_leave(const struct at_sched_thread *from, const struct at_sched_thread *to)
{
    void *fake_stack = NULL;

    __sanitizer_start_switch_fiber(from->ended ? NULL : &fake_stack, to->stack.data, to->stack.size);
    return fake_stack;
}

/* The stack of "main" is known to the sanitizer alone: it is learnt when somebody comes from there. */
static inline void at_sched_sanitizer_arrive(void *fake_stack, struct at_sched_thread *previous)
{
    const void *bottom;
    size_t size;

    __sanitizer_finish_switch_fiber(fake_stack, &bottom, &size);
    if (!previous->stack.data)
        previous->stack = at_span_of((void *)bottom, size);
}

#else

static inline void at_sched_sanitizer_new_stack(struct at_span stack)
{
    (void)stack;
}

static inline void *at_sched_sanitizer_leave(const struct at_sched_thread *from, const struct at_sched_thread *to)
{
    (void)from;
    (void)to;
    return NULL;
}

static inline void at_sched_sanitizer_arrive(void *fake_stack, struct at_sched_thread *previous)
{
    (void)fake_stack;
    (void)previous;
}

#endif

#endif /* ATMAN_SCHED_SANITIZER_H */
