/* SPDX-License-Identifier: ISC */
/* Events over a loop: a port of this domain connected to another of this domain. And the clocks. */

#include <atman/testing/xen_contract.h>

#include <atman/base/bits.h>
#include <atman/xen/clock.h>

#define MILLISECOND UINT64_C(1000000)
#define NO_SUCH_DOMAIN 0x7fee
#define YEAR_2020 UINT64_C(1577836800)

/*
 * Every case has a port table of its own: the guest's may have handlers (XenStore's), and a wait would not be ours
 * alone. Tables that hold different ports do not disturb each other.
 */
static shared_info_t *start(struct at_xen_events *events, void *ctx)
{
    const struct at_xen_contract_env *env = ctx;

    at_xen_events_init(events, env->shared);
    return env->shared;
}

static void count(void *ctx)
{
    ++*(unsigned *)ctx;
}

/* Two ends of one channel, each counting its events. */
struct loop {
    at_xen_port near, far;
    unsigned near_ran, far_ran;
};

/* Opens `loop` and swallows the event that binding raises. */
static bool open_loop(struct at_contract *t, struct at_xen_events *events, struct loop *loop)
{
    *loop = (struct loop){.near = 0};
    if (!AT_CHECK_EQ(t, at_xen_event_alloc_unbound(events, &loop->near, DOMID_SELF), AT_OK))
        return false;
    if (!AT_CHECK_EQ(t, at_xen_event_bind_interdomain(events, &loop->far, DOMID_SELF, loop->near), AT_OK)) {
        at_xen_event_close(events, loop->near);
        return false;
    }
    AT_CHECK_EQ(t, at_xen_event_handle(events, loop->near, count, &loop->near_ran), AT_OK);
    AT_CHECK_EQ(t, at_xen_event_handle(events, loop->far, count, &loop->far_ran), AT_OK);
    at_xen_events_dispatch(events);
    loop->near_ran = loop->far_ran = 0;
    return true;
}

static void close_loop(struct at_contract *t, struct at_xen_events *events, const struct loop *loop)
{
    AT_CHECK_EQ(t, at_xen_event_close(events, loop->far), AT_OK);
    AT_CHECK_EQ(t, at_xen_event_close(events, loop->near), AT_OK);
}

static void notify_runs_the_other_end(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;
    struct loop loop;

    start(&events, ctx);
    AT_REQUIRE(t, open_loop(t, &events, &loop));
    AT_CHECK_EQ(t, at_xen_event_notify(loop.near), AT_OK);
    AT_CHECK_EQ(t, at_xen_events_dispatch(&events), 1);
    AT_CHECK_EQ(t, loop.far_ran, 1);
    AT_CHECK_EQ(t, loop.near_ran, 0);
    AT_CHECK_EQ(t, at_xen_events_dispatch(&events), 0);
    close_loop(t, &events, &loop);
}

static void binding_raises_the_new_port(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;
    at_xen_port near, far;
    unsigned ran = 0;

    start(&events, ctx);
    AT_REQUIRE(t, at_xen_event_alloc_unbound(&events, &near, DOMID_SELF) == AT_OK);
    AT_REQUIRE(t, at_xen_event_bind_interdomain(&events, &far, DOMID_SELF, near) == AT_OK);
    AT_CHECK_EQ(t, at_xen_events_dispatch(&events), 0);
    AT_CHECK_EQ(t, at_xen_event_handle(&events, far, count, &ran), AT_OK);
    AT_CHECK_EQ(t, at_xen_events_dispatch(&events), 1);
    AT_CHECK_EQ(t, ran, 1);
    AT_CHECK_EQ(t, at_xen_event_close(&events, far), AT_OK);
    AT_CHECK_EQ(t, at_xen_event_close(&events, near), AT_OK);
}

static void a_masked_port_keeps_its_event(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;
    struct loop loop;

    start(&events, ctx);
    AT_REQUIRE(t, open_loop(t, &events, &loop));
    AT_CHECK_EQ(t, at_xen_event_mask(&events, loop.far), AT_OK);
    AT_CHECK_EQ(t, at_xen_event_notify(loop.near), AT_OK);
    AT_CHECK_EQ(t, at_xen_events_dispatch(&events), 0);
    AT_CHECK_EQ(t, at_xen_event_unmask(&events, loop.far), AT_OK);
    AT_CHECK_EQ(t, at_xen_events_dispatch(&events), 1);
    close_loop(t, &events, &loop);
}

static void wait_returns_for_a_pending_port(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;
    struct loop loop;

    start(&events, ctx);
    AT_REQUIRE(t, open_loop(t, &events, &loop));
    AT_CHECK_EQ(t, at_xen_event_notify(loop.far), AT_OK);
    AT_CHECK_EQ(t, at_xen_events_wait(&events, AT_NEVER), AT_OK);
    AT_CHECK_EQ(t, loop.near_ran, 1);
    close_loop(t, &events, &loop);
}

/*
 * Blocks until `deadline_ns` although Xen may wake for nothing. Many times: where its time is ahead of what it
 * publishes, by milliseconds on an emulated machine, it ends each poll at once until the published time has come as
 * far.
 */
static at_status wait_until(struct at_xen_events *events, uint64_t deadline_ns)
{
    at_status status = AT_OK;

    for (unsigned i = 0; i < 1000000 && status == AT_OK; i++)
        status = at_xen_events_wait(events, deadline_ns);
    return status;
}

static void wait_ends_at_its_deadline(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;
    shared_info_t *shared = start(&events, ctx);
    uint64_t deadline_ns;
    struct loop loop;

    AT_REQUIRE(t, open_loop(t, &events, &loop));
    deadline_ns = at_xen_clock_read(shared) + MILLISECOND;
    AT_CHECK_EQ(t, wait_until(&events, deadline_ns), AT_TIMED_OUT);
    AT_CHECK(t, at_xen_clock_read(shared) >= deadline_ns);
    close_loop(t, &events, &loop);

    /* Without any port as well. */
    deadline_ns = at_xen_clock_read(shared) + MILLISECOND;
    AT_CHECK_EQ(t, wait_until(&events, deadline_ns), AT_TIMED_OUT);
    AT_CHECK(t, at_xen_clock_read(shared) >= deadline_ns);
}

static void past_deadlines_do_not_block(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;

    start(&events, ctx);
    AT_CHECK_EQ(t, at_xen_events_wait(&events, 0), AT_TIMED_OUT);
    AT_CHECK_EQ(t, wait_until(&events, 1), AT_TIMED_OUT);
}

static void waiting_for_nothing_is_a_deadlock(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;

    start(&events, ctx);
    AT_CHECK_EQ(t, at_xen_events_wait(&events, AT_NEVER), AT_DEADLOCK);
}

static void binding_to_what_is_not_there_fails(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;
    struct loop loop;
    at_xen_port port = 0;

    start(&events, ctx);
    AT_REQUIRE(t, open_loop(t, &events, &loop));
    AT_CHECK_EQ(t, at_xen_event_bind_interdomain(&events, &port, DOMID_SELF, loop.near), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_event_bind_interdomain(&events, &port, DOMID_SELF, 0xfffffff0), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_event_bind_interdomain(&events, &port, NO_SUCH_DOMAIN, 1), AT_NOT_FOUND);
    AT_CHECK_EQ(t, port, 0);
    close_loop(t, &events, &loop);
}

static void a_virq_is_bound_once(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;
    at_xen_port port, other;

    start(&events, ctx);
    for (unsigned i = 0; i < 2; i++) { /* closing frees it */
        AT_REQUIRE(t, at_xen_event_bind_virq(&events, &port, VIRQ_DEBUG, 0) == AT_OK);
        AT_CHECK_EQ(t, at_xen_event_bind_virq(&events, &other, VIRQ_DEBUG, 0), AT_EXISTS);
        AT_CHECK_EQ(t, at_xen_event_close(&events, port), AT_OK);
    }
    AT_CHECK_EQ(t, at_xen_event_bind_virq(&events, &port, 1000, 0), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_event_bind_virq(&events, &port, VIRQ_DEBUG, 1000), AT_NOT_FOUND);
}

static void closed_ports_are_gone(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;
    struct loop loop;

    start(&events, ctx);
    AT_REQUIRE(t, open_loop(t, &events, &loop));
    AT_CHECK_EQ(t, at_xen_event_notify(loop.near), AT_OK);
    AT_CHECK_EQ(t, at_xen_event_close(&events, loop.far), AT_OK);
    AT_CHECK_EQ(t, at_xen_event_close(&events, loop.far), AT_NOT_FOUND);
    AT_CHECK_EQ(t, at_xen_event_notify(loop.far), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_event_notify(loop.near), AT_OK); /* unbound again: swallowed */
    AT_CHECK_EQ(t, at_xen_events_dispatch(&events), 0);
    AT_CHECK_EQ(t, at_xen_event_close(&events, loop.near), AT_OK);
}

const struct at_contract_case at_xen_event_contract[] = {
    {"NotifyRunsTheOtherEnd", notify_runs_the_other_end},
    {"BindingRaisesTheNewPort", binding_raises_the_new_port},
    {"AMaskedPortKeepsItsEvent", a_masked_port_keeps_its_event},
    {"WaitReturnsForAPendingPort", wait_returns_for_a_pending_port},
    {"WaitEndsAtItsDeadline", wait_ends_at_its_deadline},
    {"PastDeadlinesDoNotBlock", past_deadlines_do_not_block},
    {"WaitingForNothingIsADeadlock", waiting_for_nothing_is_a_deadlock},
    {"BindingToWhatIsNotThereFails", binding_to_what_is_not_there_fails},
    {"AVirqIsBoundOnce", a_virq_is_bound_once},
    {"ClosedPortsAreGone", closed_ports_are_gone},
};
const size_t at_xen_event_contract_count = AT_COUNT_OF(at_xen_event_contract);

/* ---- clocks ---- */

static void the_monotonic_clock_never_steps_back(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;
    shared_info_t *shared = start(&events, ctx);
    struct at_xen_clock clock;
    uint64_t last_ns = 0;
    unsigned steps_back = 0;

    at_xen_clock_init(&clock, shared);
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t now_ns = at_xen_clock_now(&clock);

        steps_back += now_ns < last_ns;
        last_ns = now_ns;
    }
    AT_CHECK_EQ(t, steps_back, 0);
    AT_CHECK(t, last_ns > 0);
}

/* Xen's poll timer and the guest's clock are one clock: a wait of 20 ms takes 20 ms, within what a busy host does. */
static void a_wait_takes_its_time(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;
    shared_info_t *shared = start(&events, ctx);
    uint64_t before_ns = at_xen_clock_read(shared), took_ns;

    AT_CHECK_EQ(t, wait_until(&events, before_ns + 20 * MILLISECOND), AT_TIMED_OUT);
    took_ns = at_xen_clock_read(shared) - before_ns;
    AT_CHECK(t, took_ns >= 20 * MILLISECOND);
    AT_CHECK(t, took_ns < 20000 * MILLISECOND);
}

static void the_wall_clock_is_of_our_time_and_moves(struct at_contract *t, void *ctx)
{
    struct at_xen_events events;
    shared_info_t *shared = start(&events, ctx);
    struct at_xen_wall_time before, after;

    at_xen_clock_wall(shared, &before);
    wait_until(&events, at_xen_clock_read(shared) + MILLISECOND);
    at_xen_clock_wall(shared, &after);
    AT_CHECK(t, before.seconds >= YEAR_2020);
    AT_CHECK(t, before.nanoseconds < 1000000000 && after.nanoseconds < 1000000000);
    AT_CHECK(t, after.seconds > before.seconds ||
                    (after.seconds == before.seconds && after.nanoseconds > before.nanoseconds));
}

const struct at_contract_case at_xen_clock_contract[] = {
    {"TheMonotonicClockNeverStepsBack", the_monotonic_clock_never_steps_back},
    {"AWaitTakesItsTime", a_wait_takes_its_time},
    {"TheWallClockIsOfOurTimeAndMoves", the_wall_clock_is_of_our_time_and_moves},
};
const size_t at_xen_clock_contract_count = AT_COUNT_OF(at_xen_clock_contract);
