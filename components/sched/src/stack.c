/* SPDX-License-Identifier: ISC */
/* How deep stacks were used: what a thread has not written still holds the mark. */

#include "internal.h"

/* No address, no small number, no text. */
#define MARK UINT64_C(0xa5c3f00dfeedbeef)

/* AddressSanitizer knows of frames in there; this looks at all of it on purpose. */
#if defined(__GNUC__)
#define LOOKS_EVERYWHERE __attribute__((__no_sanitize_address__))
#else
#define LOOKS_EVERYWHERE
#endif

void at_sched_stack_mark(struct at_span stack)
{
    uint64_t *words = (uint64_t *)(void *)stack.data;

    for (size_t i = 0; i < stack.size / sizeof(*words); i++)
        words[i] = MARK;
}

LOOKS_EVERYWHERE size_t at_sched_thread_stack_used(const struct at_sched_thread *thread)
{
    const struct at_sched *sched = thread->end.sched;
    const uint64_t *words = (const uint64_t *)(const void *)thread->stack.data;
    size_t i = 0;

    if (thread == &sched->main || !sched->config.mark_stacks)
        return 0;
    while (words[i] == MARK) /* the control block, at the top, ends it */
        i++;
    return thread->stack.size - i * sizeof(*words);
}
