/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include <atman/testing/fake_sched_platform.h>

#include <stdbool.h>
#include <sys/mman.h>

#include <atman/base/bits.h>
#include <atman/base/panic.h>

#define GUARD_SIZE ((size_t)4096)
#define DEFAULT_STACK_SIZE ((size_t)64 * 1024)

static uint64_t now_ns(void *ctx)
{
    struct at_fake_sched_platform *platform = ctx;

    platform->now_calls++;
    return platform->now_ns;
}

/* Runs what has come. Handlers may ask for more events, for now too: those run as well. Returns whether any came. */
static bool run_events(struct at_fake_sched_platform *platform)
{
    bool any = false;

    while (platform->events && platform->events->at_ns <= platform->now_ns) {
        struct at_fake_sched_event *event = platform->events;

        platform->events = event->next;
        event->handle(event->ctx);
        any = true;
    }
    return any;
}

static void poll(void *ctx)
{
    struct at_fake_sched_platform *platform = ctx;

    platform->poll_calls++;
    run_events(platform);
}

static at_status idle(void *ctx, uint64_t deadline_ns)
{
    struct at_fake_sched_platform *platform = ctx;
    uint64_t next_ns = platform->events ? platform->events->at_ns : AT_NEVER;

    platform->idle_calls++;
    platform->idle_deadline_ns = deadline_ns;
    if (platform->idle_status != AT_OK)
        return platform->idle_status;
    if (run_events(platform))
        return AT_OK;
    if (deadline_ns < next_ns)
        next_ns = deadline_ns;
    if (next_ns == AT_NEVER)
        return AT_DEADLOCK;
    if (platform->now_ns < next_ns)
        platform->now_ns = next_ns;
    return run_events(platform) ? AT_OK : AT_TIMED_OUT;
}

static at_status stack_alloc(void *ctx, struct at_span *stack, size_t size)
{
    struct at_fake_sched_platform *platform = ctx;
    uint8_t *base;

    if (++platform->stack_calls == platform->fail_stack_call || size > SIZE_MAX / 2)
        return AT_NO_MEMORY;
    size = at_bits_align_up(size, GUARD_SIZE);
    base = mmap(NULL, GUARD_SIZE + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return AT_NO_MEMORY;
    AT_ASSERT(mprotect(base, GUARD_SIZE, PROT_NONE) == 0);
    *stack = at_span_of(base + GUARD_SIZE, size);
    platform->stacks++;
    platform->stack_bytes += size;
    return AT_OK;
}

static void stack_free(void *ctx, struct at_span stack)
{
    struct at_fake_sched_platform *platform = ctx;
    const uint8_t *here = __builtin_frame_address(0);

    AT_ASSERT(here < stack.data || here >= stack.data + stack.size);
    AT_ASSERT(munmap(stack.data - GUARD_SIZE, GUARD_SIZE + stack.size) == 0);
    platform->stacks--;
    platform->stack_bytes -= stack.size;
}

void at_fake_sched_platform_init(struct at_fake_sched_platform *platform)
{
    static const struct at_sched_ops ops = {now_ns, poll, idle, stack_alloc, stack_free};

    *platform =
        (struct at_fake_sched_platform){.config = {.ops = &ops, .ctx = platform, .stack_size = DEFAULT_STACK_SIZE}};
}

void at_fake_sched_event_at(struct at_fake_sched_platform *platform, struct at_fake_sched_event *event, uint64_t at_ns,
                            void (*handle)(void *ctx), void *ctx)
{
    struct at_fake_sched_event **place = &platform->events;

    while (*place && (*place)->at_ns <= at_ns)
        place = &(*place)->next;
    *event = (struct at_fake_sched_event){at_ns, handle, ctx, *place};
    *place = event;
}

void at_fake_sched_advance(struct at_fake_sched_platform *platform, uint64_t ns)
{
    platform->now_ns += ns;
}
