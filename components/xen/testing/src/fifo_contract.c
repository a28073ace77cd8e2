/* SPDX-License-Identifier: ISC */
/* Events in FIFO mode, over loops as in the two-level suite. The switch is for good: this suite comes last. */

#include <atman/testing/xen_contract.h>

#include <atman/base/bits.h>
#include <atman/xen/clock.h>
#include <atman/xen/fifo.h>

#define MILLISECOND UINT64_C(1000000)
#define LOOPS 4u

/* Ports in order of their handlers' running. */
struct log {
    unsigned count;
    unsigned who[16];
};

struct end {
    struct log *log;
    unsigned who;
};

/* Channels of the domain with itself; what is sent from `near[i]` is logged as `i`. */
struct loops {
    struct at_xen_events events;
    struct at_xen_fifo *fifo;
    at_xen_port near[LOOPS], far[LOOPS];
    struct end ends[LOOPS];
    struct log log;
};

static void note(void *ctx)
{
    const struct end *end = ctx;

    if (end->log->count < AT_COUNT_OF(end->log->who))
        end->log->who[end->log->count] = end->who;
    end->log->count++;
}

/* The domain's queues with a port table of this case alone; the first case makes the switch. */
static bool start(struct at_contract *t, struct loops *loops, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    const struct at_xen_fifo_config config = {
        .control = env->fifo_control,
        .control_frame = env->fifo_control_frame,
        .words = env->fifo_words,
        .words_frame = env->fifo_words_frame,
    };

    loops->fifo = &env->fifo;
    at_xen_events_init(&loops->events, env->shared);
    loops->log.count = 0;
    if (at_xen_fifo_ports(&env->fifo) == 0 &&
        !AT_CHECK_EQ(t, at_xen_fifo_init(&env->fifo, &loops->events, &config), AT_OK))
        return false;
    env->fifo.events = &loops->events;
    for (unsigned i = 0; i < LOOPS; i++) {
        loops->ends[i] = (struct end){.log = &loops->log, .who = i};
        if (!AT_CHECK_EQ(t, at_xen_event_alloc_unbound(&loops->events, &loops->near[i], DOMID_SELF), AT_OK) ||
            !AT_CHECK_EQ(t, at_xen_event_bind_interdomain(&loops->events, &loops->far[i], DOMID_SELF, loops->near[i]),
                         AT_OK))
            return false;
        at_xen_event_handle(&loops->events, loops->far[i], note, &loops->ends[i]);
    }
    at_xen_fifo_dispatch(&env->fifo); /* binding raises the far ends */
    loops->log.count = 0;
    return true;
}

static void stop(struct at_contract *t, struct loops *loops)
{
    for (unsigned i = 0; i < LOOPS; i++) {
        AT_CHECK_EQ(t, at_xen_event_close(&loops->events, loops->far[i]), AT_OK);
        AT_CHECK_EQ(t, at_xen_event_close(&loops->events, loops->near[i]), AT_OK);
    }
    AT_CHECK_EQ(t, at_xen_fifo_dispatch(loops->fifo), 0);
    loops->fifo->events = NULL;
}

static void events_run_in_the_order_in_which_they_came(struct at_contract *t, void *ctx)
{
    static const unsigned order[] = {2, 0, 3, 1};
    struct loops loops;

    AT_REQUIRE(t, start(t, &loops, ctx));
    for (unsigned i = 0; i < LOOPS; i++)
        AT_CHECK_EQ(t, at_xen_event_notify(loops.near[order[i]]), AT_OK);
    AT_CHECK_EQ(t, at_xen_event_notify(loops.near[2]), AT_OK); /* pending already: where it is */
    AT_CHECK_EQ(t, at_xen_fifo_dispatch(loops.fifo), LOOPS);
    AT_CHECK_EQ(t, loops.log.count, LOOPS);
    for (unsigned i = 0; i < LOOPS; i++)
        AT_CHECK_EQ(t, loops.log.who[i], order[i]);
    AT_CHECK_EQ(t, at_xen_fifo_dispatch(loops.fifo), 0);
    stop(t, &loops);
}

static void higher_priorities_run_first(struct at_contract *t, void *ctx)
{
    static const unsigned order[] = {3, 1, 2, 0};
    struct loops loops;

    AT_REQUIRE(t, start(t, &loops, ctx));
    AT_CHECK_EQ(t, at_xen_fifo_set_priority(loops.far[3], EVTCHN_FIFO_PRIORITY_MAX), AT_OK);
    AT_CHECK_EQ(t, at_xen_fifo_set_priority(loops.far[0], EVTCHN_FIFO_PRIORITY_MIN), AT_OK);
    AT_CHECK_EQ(t, at_xen_fifo_set_priority(loops.far[0], EVTCHN_FIFO_PRIORITY_MIN + 1), AT_INVALID);
    AT_CHECK_EQ(t, at_xen_fifo_set_priority(0xfffffff0, EVTCHN_FIFO_PRIORITY_MIN), AT_INVALID);
    for (unsigned i = 0; i < LOOPS; i++)
        AT_CHECK_EQ(t, at_xen_event_notify(loops.near[i]), AT_OK);
    AT_CHECK_EQ(t, at_xen_fifo_dispatch(loops.fifo), LOOPS);
    for (unsigned i = 0; i < LOOPS; i++)
        AT_CHECK_EQ(t, loops.log.who[i], order[i]);
    stop(t, &loops);
}

static void a_masked_port_keeps_its_event(struct at_contract *t, void *ctx)
{
    struct loops loops;

    AT_REQUIRE(t, start(t, &loops, ctx));
    AT_CHECK_EQ(t, at_xen_event_mask(&loops.events, loops.far[1]), AT_OK);
    for (unsigned i = 0; i < LOOPS; i++)
        AT_CHECK_EQ(t, at_xen_event_notify(loops.near[i]), AT_OK);
    AT_CHECK_EQ(t, at_xen_fifo_dispatch(loops.fifo), LOOPS - 1);
    AT_CHECK_EQ(t, at_xen_event_notify(loops.near[1]), AT_OK);
    AT_CHECK_EQ(t, at_xen_fifo_dispatch(loops.fifo), 0);
    AT_CHECK_EQ(t, at_xen_event_unmask(&loops.events, loops.far[1]), AT_OK);
    AT_CHECK_EQ(t, at_xen_fifo_dispatch(loops.fifo), 1);
    AT_CHECK_EQ(t, loops.log.who[3], 1);
    AT_CHECK_EQ(t, at_xen_fifo_dispatch(loops.fifo), 0);
    stop(t, &loops);
}

static void what_was_pending_when_its_port_closed_is_gone(struct at_contract *t, void *ctx)
{
    struct loops loops;

    AT_REQUIRE(t, start(t, &loops, ctx));
    AT_CHECK_EQ(t, at_xen_event_notify(loops.near[0]), AT_OK);
    AT_CHECK_EQ(t, at_xen_event_notify(loops.near[1]), AT_OK);
    AT_CHECK_EQ(t, at_xen_event_close(&loops.events, loops.far[0]), AT_OK);
    AT_CHECK_EQ(t, at_xen_fifo_dispatch(loops.fifo), 1);
    AT_CHECK_EQ(t, loops.log.who[0], 1);
    AT_CHECK_EQ(t, at_xen_event_bind_interdomain(&loops.events, &loops.far[0], DOMID_SELF, loops.near[0]), AT_OK);
    stop(t, &loops);
}

static void wait_returns_for_a_pending_port_and_at_its_deadline(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    at_status status = AT_OK;
    uint64_t deadline_ns;
    struct loops loops;

    AT_REQUIRE(t, start(t, &loops, ctx));
    AT_CHECK_EQ(t, at_xen_event_notify(loops.near[1]), AT_OK);
    AT_CHECK_EQ(t, at_xen_fifo_wait(loops.fifo, AT_NEVER), AT_OK);
    AT_CHECK_EQ(t, loops.log.count, 1);
    deadline_ns = at_xen_clock_read(env->shared) + MILLISECOND;
    for (unsigned i = 0; i < 1000000 && status == AT_OK; i++) /* Xen's time may be ahead of what it publishes */
        status = at_xen_fifo_wait(loops.fifo, deadline_ns);
    AT_CHECK_EQ(t, status, AT_TIMED_OUT);
    AT_CHECK(t, at_xen_clock_read(env->shared) >= deadline_ns);
    stop(t, &loops);
}

static void the_switch_is_made_once(struct at_contract *t, void *ctx)
{
    struct at_xen_contract_env *env = ctx;
    const struct at_xen_fifo_config config = {
        .control = env->fifo_control,
        .control_frame = env->fifo_control_frame,
        .words = env->fifo_words,
        .words_frame = env->fifo_words_frame,
    };
    struct at_xen_fifo again;
    struct loops loops;

    AT_REQUIRE(t, start(t, &loops, ctx));
    AT_CHECK_EQ(t, at_xen_fifo_init(&again, &loops.events, &config), AT_INVALID);
    stop(t, &loops);
}

const struct at_contract_case at_xen_fifo_contract[] = {
    {"EventsRunInTheOrderInWhichTheyCame", events_run_in_the_order_in_which_they_came},
    {"HigherPrioritiesRunFirst", higher_priorities_run_first},
    {"AMaskedPortKeepsItsEvent", a_masked_port_keeps_its_event},
    {"WhatWasPendingWhenItsPortClosedIsGone", what_was_pending_when_its_port_closed_is_gone},
    {"WaitReturnsForAPendingPortAndAtItsDeadline", wait_returns_for_a_pending_port_and_at_its_deadline},
    {"TheSwitchIsMadeOnce", the_switch_is_made_once},
};
const size_t at_xen_fifo_contract_count = AT_COUNT_OF(at_xen_fifo_contract);
