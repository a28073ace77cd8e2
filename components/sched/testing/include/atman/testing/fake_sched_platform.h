/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_FAKE_SCHED_PLATFORM_H
#define ATMAN_TESTING_FAKE_SCHED_PLATFORM_H

/*
 * A platform for a scheduler in a test: virtual time, events that come when the test said, stacks with real guard
 * pages.
 *
 * Time moves only in idle(), which jumps to the next event or the deadline, and in at_fake_sched_advance(). So a test
 * that sleeps for a year takes no time, and runs the same way every time.
 *
 *     struct at_fake_sched_platform platform;
 *     struct at_sched sched;
 *
 *     at_fake_sched_platform_init(&platform);
 *     at_sched_init(&sched, &platform.config);
 *     ...
 *     EXPECT_EQ(at_sched_fini(&sched), AT_OK);
 *     EXPECT_EQ(platform.stacks, 0u);
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/sched/thread.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * An event to come, in the caller's memory. It belongs to the platform from at_fake_sched_event_at() until it has
 * come.
 */
struct at_fake_sched_event {
    uint64_t at_ns;
    void (*handle)(void *ctx);
    void *ctx;
    struct at_fake_sched_event *next;
};

/* The platform. What has no comment is its own. The counters count since init, and may be set back. */
struct at_fake_sched_platform {
    struct at_sched_config config; /* for at_sched_init(); stack_size is 64 KiB */
    uint64_t now_ns;               /* virtual time; begins at 0, may be set forward */
    uint64_t now_calls;
    uint64_t poll_calls;
    uint64_t idle_calls;
    uint64_t idle_deadline_ns; /* of the last idle */
    uint64_t stack_calls;      /* of stack_alloc, failed ones too */
    uint64_t fail_stack_call;  /* the stack_alloc that fails with AT_NO_MEMORY: 1 is the first; 0 none */
    size_t stacks;             /* that have not been given back */
    size_t stack_bytes;        /* their size */
    at_status idle_status;     /* what idle returns at once when it is not AT_OK */
    struct at_fake_sched_event *events;
};

/* at_fake_sched_platform_init starts the world at time 0, with nothing to come. */
void at_fake_sched_platform_init(struct at_fake_sched_platform *platform);

/*
 * at_fake_sched_event_at lets handle(ctx) be called, once, from the first poll or idle at or after `at_ns`; events
 * for the same moment in the order in which they were asked for.
 */
void at_fake_sched_event_at(struct at_fake_sched_platform *platform, struct at_fake_sched_event *event, uint64_t at_ns,
                            void (*handle)(void *ctx), void *ctx);

/* at_fake_sched_advance lets `ns` pass, as a thread does that computes; nothing is run by it. */
void at_fake_sched_advance(struct at_fake_sched_platform *platform, uint64_t ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_FAKE_SCHED_PLATFORM_H */
