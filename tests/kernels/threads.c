/* SPDX-License-Identifier: ISC */
/*
 * What threads do on real Xen and a contract suite cannot: die, wait for each other for ever, ask XenStore in a crowd.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <atman/base/panic.h>
#include <atman/guest.h>
#include <atman/mm/frames.h>
#include <atman/sched/lock.h>
#include <atman/sched/thread.h>
#include <atman/xenstore/watch.h>
#include <atman/xenstore/xenstore.h>

static struct at_sched_thread *start(const char *name, at_sched_thread_fn function, void *argument, size_t stack_size)
{
    struct at_sched_thread *thread;
    at_status status = at_sched_thread_create(at_guest_sched(), &thread, name, function, argument, stack_size);

    AT_ASSERT(status == AT_OK);
    return thread;
}

/* Descends until it is `bytes` below `top`, in steps that no guard page is too small for. */
static unsigned descend(uintptr_t top, size_t bytes)
{
    volatile unsigned char frame[256];

    frame[0] = 1;
    return top - (uintptr_t)frame > bytes ? frame[0] : descend(top, bytes) + frame[0];
}

/*
 * The smallest stack has a page. A page and a half further down there was memory of somebody else's, but for the guard.
 */
static void *overflow(void *argument)
{
    printf("about to overflow\n");
    printf("survived at depth %u\n", descend((uintptr_t)__builtin_frame_address(0), AT_SCHED_STACK_MIN * 3 / 2));
    return argument;
}

static int overflow_one(void)
{
    at_sched_thread_join(start("deep", overflow, NULL, AT_SCHED_STACK_MIN), NULL);
    return 0;
}

static void *nothing(void *argument)
{
    return argument;
}

/* Stacks come back whole: what was a guard page is memory again, and all memory can be written. */
static int reuse_stacks(void)
{
    struct at_sched_thread *threads[8];
    void *pages = NULL;
    size_t count = 0;

    for (size_t i = 0; i < 8; i++)
        threads[i] = start("brief", nothing, NULL, 0);
    for (size_t i = 0; i < 8; i++)
        at_sched_thread_join(threads[i], NULL);
    for (void *page; at_mm_frames_alloc(at_guest_frames(), &page, 0) == AT_OK; count++) {
        memset(page, 0xa5, AT_MM_PAGE_SIZE);
        *(void **)page = pages;
        pages = page;
    }
    printf("wrote all of %zu pages\n", count);
    return 0;
}

/* Two who each hold what the other wants. */
static struct at_sched_mutex fork, knife;

static void *take_fork_first(void *argument)
{
    at_sched_mutex_lock(&fork);
    at_sched_thread_yield(at_guest_sched());
    at_sched_mutex_lock(&knife);
    return argument;
}

static void *take_knife_first(void *argument)
{
    at_sched_mutex_lock(&knife);
    at_sched_thread_yield(at_guest_sched());
    at_sched_mutex_lock(&fork);
    return argument;
}

static int deadlock(void)
{
    struct at_sched_thread *ann;

    at_sched_mutex_init(&fork, at_guest_sched(), "fork");
    at_sched_mutex_init(&knife, at_guest_sched(), "knife");
    ann = start("ann", take_fork_first, NULL, 0);
    start("bob", take_knife_first, NULL, 0);
    at_sched_thread_join(ann, NULL);
    return 0;
}

/* Many threads ask XenStore at once while one waits to be told something and one does nothing but run. */
#define ASKERS 12
#define ROUNDS 20

static struct at_xenstore_watch watch;
static unsigned long turns;
static int finished;

static void *ask(void *argument)
{
    struct at_xenstore *xs = at_guest_xenstore();
    uintptr_t number = (uintptr_t)argument;
    char path[32], wanted[16], value[16];
    unsigned long idle_rounds = 0;
    size_t size;

    snprintf(path, sizeof(path), "data/asker-%u", (unsigned)number);
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned long before = turns;
        int length = snprintf(wanted, sizeof(wanted), "%u.%u", (unsigned)number, i);

        if (at_xenstore_write(xs, AT_XENSTORE_NO_TRANSACTION, path, wanted, (size_t)length, AT_NEVER) != AT_OK ||
            at_xenstore_read(xs, value, sizeof(value), &size, AT_XENSTORE_NO_TRANSACTION, path, AT_NEVER) != AT_OK ||
            strcmp(value, wanted) != 0)
            return "the answer is not what was written";
        if (turns == before)
            idle_rounds++;
    }
    return idle_rounds == 0 ? NULL : "nobody ran while an answer was awaited";
}

static void *run(void *argument)
{
    while (!finished) {
        turns++;
        at_sched_thread_yield(at_guest_sched());
    }
    return argument;
}

static void *wait_to_be_told(void *argument)
{
    struct at_xenstore *xs = at_guest_xenstore();
    char value[16];
    size_t size;

    AT_ASSERT(at_xenstore_watch_add(xs, &watch, "data/word", NULL, AT_NEVER) == AT_OK);
    do {
        AT_ASSERT(at_xenstore_watch_wait(xs, &watch, AT_NEVER) == AT_OK);
    } while (at_xenstore_read(xs, value, sizeof(value), &size, AT_XENSTORE_NO_TRANSACTION, "data/word", AT_NEVER) !=
             AT_OK);
    printf("told '%s'\n", value);
    return argument;
}

static int crowd(void)
{
    struct at_sched_thread *askers[ASKERS], *waiter, *runner;
    struct at_xenstore_stats stats;
    int failed = 0;

    at_guest_sched(); /* first, so that waiting for XenStore lets others run */
    waiter = start("waiter", wait_to_be_told, NULL, 0);
    runner = start("runner", run, NULL, 0);
    for (uintptr_t i = 0; i < ASKERS; i++)
        askers[i] = start("asker", ask, (void *)i, 0);
    for (size_t i = 0; i < ASKERS; i++) {
        void *complaint;

        at_sched_thread_join(askers[i], &complaint);
        if (complaint != NULL) {
            printf("asker %zu: %s\n", i, (const char *)complaint);
            failed = 1;
        }
    }
    finished = 1;
    at_sched_thread_join(runner, NULL);
    at_xenstore_stats(at_guest_xenstore(), &stats);
    printf("%u requests in %u round trips\n", (unsigned)stats.requests, (unsigned)stats.round_trips);
    at_sched_thread_join(waiter, NULL);
    return failed || stats.round_trips * 2 > stats.requests;
}

static const struct {
    const char *name;
    int (*act)(void);
} acts[] = {
    {"overflow", overflow_one},
    {"reuse-stacks", reuse_stacks},
    {"deadlock", deadlock},
    {"crowd", crowd},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof(acts) / sizeof(acts[0]); i++)
        if (strcmp(argv[1], acts[i].name) == 0)
            return acts[i].act();
    return 99; /* no such act: the test is wrong */
}
