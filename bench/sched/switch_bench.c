/* SPDX-License-Identifier: ISC */

/*
 * What a thread switch costs, beside the contexts of boost.context and of the C library, from 2 threads to 1,000: every
 * thread yields in turn, and the time is divided by the switches. All columns are measured in turn in the same run, the
 * best of several rounds each, because a shared machine only ever makes things slower. The events are polled as always;
 * the timer column has one timer pending, so that the clock is read once a round as well.
 *
 * The others' contexts jump to the next of a ring: they have no run queue, no events and no thread that waits, which is
 * less than a scheduler on them would do. boost.context is Debian's libboost-context1.74.0, taken if it is there.
 *
 * Then timers, up to 100,000 sleepers: what it costs to start one and to let it run, all at once and in random order.
 */

#define _DEFAULT_SOURCE /* clock_gettime, ucontext */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
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
    unsigned running;
    uint64_t end_ns; /* when the last had yielded as often: what comes then is the release of stacks */
};

static void *yield_often(void *argument)
{
    struct game *game = argument;

    for (unsigned long i = 0; i < game->yields; i++)
        at_sched_thread_yield(&game->sched);
    if (--game->running == 0)
        game->end_ns = clock_ns();
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
    uint64_t begin_ns;

    at_fake_sched_platform_init(&platform);
    ops = *platform.config.ops;
    ops.now_ns = real_now_ns;
    platform.config.ops = &ops;
    at_sched_init(&game.sched, &platform.config);
    game.yields = SWITCHES / threads;
    game.running = threads;
    if (with_timer)
        at_sched_timer_start(at_sched_timers(&game.sched), &timer, AT_NEVER - 1, ignore);
    for (unsigned i = 0; i < threads; i++)
        AT_ASSERT(at_sched_thread_create(&game.sched, &made[i], "bench", yield_often, &game, 0) == AT_OK);
    at_sched_thread_yield(&game.sched); /* touches every stack once */
    begin_ns = clock_ns();
    for (unsigned i = 0; i < threads; i++)
        at_sched_thread_join(made[i], NULL);
    at_sched_timer_stop(at_sched_timers(&game.sched), &timer);
    AT_ASSERT(at_sched_fini(&game.sched) == AT_OK);
    return (double)(game.end_ns - begin_ns) / (double)(game.yields * threads);
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

/* ---- boost.context: <boost/context/detail/fcontext.hpp>, whose functions have C linkage ---- */

#define FCONTEXT_STACK                                                                            \
    ((size_t)64 * 1024) /* as large as those of the scheduler's threads, below a page that faults \
                         */

struct transfer {
    void *from;
    void *data;
};

typedef struct transfer (*jump_fn)(void *to, void *data);
typedef void *(*make_fn)(void *top, size_t size, void (*fn)(struct transfer));

static jump_fn jump;
static make_fn make;
static void *fcontexts[MAX_THREADS];

static int load_boost(void)
{
    void *library = dlopen("libboost_context.so.1.74.0", RTLD_NOW);

    if (library == NULL)
        return 0;
    *(void **)&jump = dlsym(library, "jump_fcontext");
    *(void **)&make = dlsym(library, "make_fcontext");
    return jump != NULL && make != NULL;
}

/* Whoever is jumped to learns where its predecessor in the ring goes on. */
static void jump_for_ever(struct transfer arrived)
{
    unsigned self = (unsigned)(uintptr_t)arrived.data;

    for (;;) {
        unsigned next = self + 1 == ring_size ? 0 : self + 1;

        fcontexts[self == 0 ? ring_size - 1 : self - 1] = arrived.from;
        arrived = jump(fcontexts[next], (void *)(uintptr_t)next);
    }
}

static double time_fcontext(unsigned threads)
{
    unsigned long turns = SWITCHES / threads;
    static void *stacks[MAX_THREADS];
    uint64_t begin_ns = 0, end_ns;

    ring_size = threads;
    for (unsigned i = 1; i < threads; i++) {
        stacks[i] = mmap(NULL, FCONTEXT_STACK + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        AT_ASSERT(stacks[i] != MAP_FAILED && mprotect(stacks[i], 4096, PROT_NONE) == 0);
        fcontexts[i] = make((char *)stacks[i] + 4096 + FCONTEXT_STACK, FCONTEXT_STACK, jump_for_ever);
    }
    for (unsigned long i = 0; i < turns + 1; i++) { /* the first turn touches every stack once */
        if (i == 1)
            begin_ns = clock_ns();
        fcontexts[threads - 1] = jump(fcontexts[1], (void *)1).from;
    }
    end_ns = clock_ns();
    for (unsigned i = 1; i < threads; i++)
        munmap(stacks[i], FCONTEXT_STACK + 4096);
    return (double)(end_ns - begin_ns) / (double)(turns * threads);
}

/* ---- timers ---- */

#define MAX_TIMERS 100000u

struct timer_costs {
    double start, run; /* ns each */
};

static struct timer_costs time_timers(unsigned count)
{
    static struct at_sched_timer timers[MAX_TIMERS];
    struct at_sched_timer_queue queue = {0};
    struct timer_costs costs;
    uint64_t random = 1, times_ns[3];

    times_ns[0] = clock_ns();
    for (unsigned i = 0; i < count; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        timers[i] = (struct at_sched_timer){0};
        at_sched_timer_start(&queue, &timers[i], random >> 24, ignore);
    }
    times_ns[1] = clock_ns();
    /* A thousandth of them at a time, as sleepers wake. */
    for (uint64_t now_ns = 0; queue.pending > 0; now_ns += (UINT64_C(1) << 40) / 1000)
        at_sched_timer_run(&queue, now_ns);
    times_ns[2] = clock_ns();
    costs.start = (double)(times_ns[1] - times_ns[0]) / count;
    costs.run = (double)(times_ns[2] - times_ns[1]) / count;
    return costs;
}

static double least(double a, double b)
{
    return b < a ? b : a;
}

static void print_timers(void)
{
    static const unsigned counts[] = {100, 1000, 10000, MAX_TIMERS};

    printf("\n%8s %10s %10s\n", "sleepers", "start, ns", "wake, ns");
    for (size_t i = 0; i < AT_COUNT_OF(counts); i++) {
        struct timer_costs best = {1e9, 1e9};

        for (int round = 0; round < ROUNDS; round++) {
            struct timer_costs costs = time_timers(counts[i]);

            best.start = least(best.start, costs.start);
            best.run = least(best.run, costs.run);
        }
        printf("%8u %10.1f %10.1f\n", counts[i], best.start, best.run);
    }
}

int main(void)
{
    static const unsigned counts[] = {2, 8, 32, 100, 316, 1000};
    int has_boost = load_boost();

    printf("thread switch, one way, ns (best of %d)\n", ROUNDS);
    printf("%8s %10s %12s %10s %10s %18s\n", "threads", "sched", "with timer", "fcontext", "ucontext",
           "sched / fcontext");
    for (size_t i = 0; i < AT_COUNT_OF(counts); i++) {
        double sched = 1e9, timer = 1e9, ucontext = 1e9, fcontext = has_boost ? 1e9 : 0;

        for (int round = 0; round < ROUNDS; round++) {
            sched = least(sched, time_sched(counts[i], 0));
            timer = least(timer, time_sched(counts[i], 1));
            ucontext = least(ucontext, time_ucontext(counts[i]));
            if (has_boost)
                fcontext = least(fcontext, time_fcontext(counts[i]));
        }
        printf("%8u %10.1f %12.1f %10.1f %10.1f %18.2f\n", counts[i], sched, timer, fcontext, ucontext,
               has_boost ? sched / fcontext : 0);
    }
    print_timers();
    return 0;
}
