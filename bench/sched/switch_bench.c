/* SPDX-License-Identifier: ISC */

/*
 * What a thread switch costs, beside ucontext's, from 2 threads to 1,000: every thread yields in turn, and the time
 * is divided by the switches. Both columns are measured in turn in the same run, the best of several rounds each,
 * because a shared machine only ever makes things slower. The events are polled as always; the timer column has one
 * timer pending, so that the clock is read once a round as well.
 */

#define _DEFAULT_SOURCE /* clock_gettime, ucontext */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <ucontext.h>

#include <atman/base/bits.h>
#include <atman/base/panic.h>
#include <atman/sched/thread.h>
#include <atman/testing/fake_sched_platform.h>

#define SWITCHES 400000
#define ROUNDS 7
#define MAX_THREADS 1000
#define UCONTEXT_STACK ((size_t)16 * 1024)

static uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct game {
    struct at_sched sched;
    unsigned long yields; /* of each thread */
};

static void *yield_often(void *argument)
{
    struct game *game = argument;

    for (unsigned long i = 0; i < game->yields; i++)
        at_sched_thread_yield(&game->sched);
    return NULL;
}

/* The platform's clock is virtual; here it has to cost what a real one costs. */
static uint64_t real_now_ns(void *ctx)
{
    (void)ctx;
    return clock_ns();
}

static void ignore(struct at_sched_timer *timer)
{
    (void)timer;
}

/* Returns nanoseconds per switch among `threads` threads. */
static double time_sched(unsigned threads, int with_timer)
{
    static struct at_sched_thread *made[MAX_THREADS];
    struct at_fake_sched_platform platform;
    struct at_sched_timer timer = {0};
    struct at_sched_ops ops;
    struct game game;
    uint64_t begin_ns, end_ns;

    at_fake_sched_platform_init(&platform);
    ops = *platform.config.ops;
    ops.now_ns = real_now_ns;
    platform.config.ops = &ops;
    at_sched_init(&game.sched, &platform.config);
    game.yields = SWITCHES / threads;
    if (with_timer)
        at_sched_timer_start(at_sched_timers(&game.sched), &timer, AT_NEVER - 1, ignore);
    for (unsigned i = 0; i < threads; i++)
        AT_ASSERT(at_sched_thread_create(&game.sched, &made[i], "bench", yield_often, &game, 0) == AT_OK);
    at_sched_thread_yield(&game.sched); /* touches every stack once */
    begin_ns = clock_ns();
    for (unsigned i = 0; i < threads; i++)
        at_sched_thread_join(made[i], NULL);
    end_ns = clock_ns();
    at_sched_timer_stop(at_sched_timers(&game.sched), &timer);
    AT_ASSERT(at_sched_fini(&game.sched) == AT_OK);
    return (double)(end_ns - begin_ns) / (double)(game.yields * threads);
}

static ucontext_t contexts[MAX_THREADS];
static unsigned ring_size;

static void swap_for_ever(unsigned self)
{
    for (;;)
        swapcontext(&contexts[self], &contexts[self + 1 == ring_size ? 0 : self + 1]);
}

/* The same for contexts of the C library; the first is the caller's own. */
static double time_ucontext(unsigned threads)
{
    unsigned long turns = SWITCHES / 4 / threads;
    char *stacks = malloc(threads * UCONTEXT_STACK);
    uint64_t begin_ns, end_ns;

    AT_ASSERT(stacks != NULL);
    ring_size = threads;
    for (unsigned i = 1; i < threads; i++) {
        getcontext(&contexts[i]);
        contexts[i].uc_stack.ss_sp = stacks + i * UCONTEXT_STACK;
        contexts[i].uc_stack.ss_size = UCONTEXT_STACK;
        contexts[i].uc_link = NULL;
        makecontext(&contexts[i], (void (*)(void))swap_for_ever, 1, i);
    }
    swapcontext(&contexts[0], &contexts[1]);
    begin_ns = clock_ns();
    for (unsigned long i = 0; i < turns; i++)
        swapcontext(&contexts[0], &contexts[1]);
    end_ns = clock_ns();
    free(stacks);
    return (double)(end_ns - begin_ns) / (double)(turns * threads);
}

static double least(double a, double b)
{
    return b < a ? b : a;
}

int main(void)
{
    static const unsigned counts[] = {2, 8, 32, 100, 316, 1000};

    printf("thread switch, one way, ns (best of %d)\n", ROUNDS);
    printf("%8s %10s %12s %10s %10s\n", "threads", "sched", "with timer", "ucontext", "ratio");
    for (size_t i = 0; i < AT_COUNT_OF(counts); i++) {
        double sched = 1e9, timer = 1e9, ucontext = 1e9;

        for (int round = 0; round < ROUNDS; round++) {
            sched = least(sched, time_sched(counts[i], 0));
            timer = least(timer, time_sched(counts[i], 1));
            ucontext = least(ucontext, time_ucontext(counts[i]));
        }
        printf("%8u %10.1f %12.1f %10.1f %10.1f\n", counts[i], sched, timer, ucontext, ucontext / sched);
    }
    return 0;
}
