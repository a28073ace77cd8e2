/* SPDX-License-Identifier: ISC */
#include "internal.h"

#include <atman/base/bits.h>
#include <atman/base/panic.h>

#include "context.h"
#include "sanitizer.h"

/* Where a thread's life begins: entered by the first switch to it, on its own stack. */
AT_NORETURN static void thread_begin(struct at_sched_thread *previous, struct at_sched_thread *self)
{
    at_sched_sanitizer_arrive(NULL, previous);
    at_sched_thread_exit(self->end.sched, self->function(self->value));
}

/*
 * Returns where on `stack` the control block goes, with the first frames below it. Stacks begin at page boundaries,
 * so the same place on each would be in the same few sets of the caches: eight places, three cache lines apart, take
 * turns.
 */
static struct at_sched_thread *place(struct at_sched *sched, struct at_span stack)
{
    uintptr_t top = (uintptr_t)stack.data + stack.size - sched->created++ % 8 * 192;

    return (struct at_sched_thread *)at_bits_align_down(top - sizeof(struct at_sched_thread), 64);
}

/* Makes a thread on `stack`, last in the run queue. */
static struct at_sched_thread *make(struct at_sched *sched, const char *name, at_sched_thread_fn function,
                                    void *argument, struct at_span stack)
{
    struct at_sched_thread *made;
    uintptr_t *frame;

    at_sched_sanitizer_new_stack(stack);
    if (sched->config.mark_stacks)
        at_sched_stack_mark(stack);
    made = place(sched, stack);
    *made =
        (struct at_sched_thread){.local = sched->config.local, .function = function, .value = argument, .stack = stack};
    at_sched_wait_queue_init(&made->end, sched, name);
    made->end.kind = "the end of thread";
    at_list_push_back(&sched->threads, &made->all);

    /* As after a call from address 0 with frame pointer 0: there a debugger's or a crash report's backtrace ends. */
    frame = (uintptr_t *)made - 1;
    *frame = 0;
    made->context.stack_pointer = (uintptr_t)frame;
    made->context.program_counter = (uintptr_t)thread_begin;
    at_sched_make_ready(sched, made);
    return made;
}

at_status at_sched_thread_create(struct at_sched *sched, struct at_sched_thread **thread, const char *name,
                                 at_sched_thread_fn function, void *argument, size_t stack_size)
{
    struct at_span stack;
    at_status status;

    if (stack_size == 0)
        stack_size = sched->config.stack_size;
    if (stack_size < AT_SCHED_STACK_MIN)
        return AT_INVALID;
    at_sched_release_dead(sched);
    status = sched->config.ops->stack_alloc(sched->config.ctx, &stack, stack_size);
    if (status != AT_OK)
        return status;
    *thread = make(sched, name, function, argument, stack);
    return AT_OK;
}

at_status at_sched_thread_create_on(struct at_sched *sched, struct at_sched_thread **thread, const char *name,
                                    at_sched_thread_fn function, void *argument, struct at_span stack, void *local)
{
    if (stack.size < AT_SCHED_STACK_MIN)
        return AT_INVALID;
    *thread = make(sched, name, function, argument, stack);
    (*thread)->local = local;
    (*thread)->release = AT_SCHED_RELEASE_BY_OWNER;
    return AT_OK;
}

AT_NORETURN void at_sched_thread_exit(struct at_sched *sched, void *value)
{
    struct at_sched_thread *self = at_sched_self(sched);

    if (self == &sched->main)
        at_panic("sched: at_sched_thread_exit() is for created threads");
    self->value = value;
    self->ended = true;
    at_sched_stop_running(self);
    if (self->release == AT_SCHED_RELEASE_BY_ITSELF)
        at_list_push_back(&sched->dead, &self->link);
    else if (self->release == AT_SCHED_RELEASE_BY_OWNER)
        at_list_remove(&self->all); /* nothing may lead to it when its owner takes the stack back */
    at_sched_wake_all(&self->end);
    at_sched_give_way(sched);
    at_panic("sched: a thread that had ended was run");
}

void at_sched_release_thread(struct at_sched_thread *thread)
{
    const struct at_sched_config *config = &thread->end.sched->config;

    at_list_remove(&thread->all);
    config->ops->stack_free(config->ctx, thread->stack);
}

void at_sched_release_dead(struct at_sched *sched)
{
    struct at_list_node *next;

    for (struct at_list_node *node = at_list_first(&sched->dead); node; node = next) {
        struct at_sched_thread *thread = AT_CONTAINER_OF(node, struct at_sched_thread, link);

        next = at_list_next(&sched->dead, node);
        if (thread == sched->current)
            continue;
        at_list_remove(node);
        at_sched_release_thread(thread);
    }
}

/* Settles who releases `thread`, if nobody has been named yet. */
static at_status claim(struct at_sched_thread *thread, enum at_sched_release release)
{
    if (thread->release == AT_SCHED_RELEASE_BY_JOINER)
        return AT_BUSY;
    if (thread->release != AT_SCHED_RELEASE_OPEN)
        return AT_INVALID;
    thread->release = (uint8_t)release;
    return AT_OK;
}

at_status at_sched_thread_join(struct at_sched_thread *thread, void **value)
{
    struct at_sched *sched = thread->end.sched;
    at_status status;

    if (thread == at_sched_self(sched))
        return AT_INVALID;
    status = claim(thread, AT_SCHED_RELEASE_BY_JOINER);
    if (status != AT_OK)
        return status;
    if (!thread->ended)
        at_sched_wait(&thread->end, AT_NEVER);
    if (value)
        *value = thread->value;
    at_sched_release_thread(thread);
    return AT_OK;
}

at_status at_sched_thread_detach(struct at_sched_thread *thread)
{
    at_status status = claim(thread, AT_SCHED_RELEASE_BY_ITSELF);

    if (status == AT_OK && thread->ended)
        at_list_push_back(&thread->end.sched->dead, &thread->link);
    return status;
}
