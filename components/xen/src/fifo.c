/* SPDX-License-Identifier: ISC */
/* Switching to FIFO event channels, and taking events off their queues. */

#include <atman/xen/fifo.h>

#include <atman/xen/hypercall.h>

#include "internal.h"

#define PAGE 4096u
#define BIT(n) ((event_word_t)1 << (n))

at_status at_xen_fifo_expand(struct at_xen_fifo *fifo, uint64_t frame)
{
    struct evtchn_expand_array op = {.array_gfn = frame};
    long result = at_xen_event_channel_op(EVTCHNOP_expand_array, &op);

    if (result < 0)
        return at_xen_status(result);
    fifo->ports += AT_XEN_FIFO_PORTS_PER_PAGE;
    return AT_OK;
}

at_status at_xen_fifo_init(struct at_xen_fifo *fifo, struct at_xen_events *events,
                           const struct at_xen_fifo_config *config)
{
    struct evtchn_init_control op = {
        .control_gfn = config->control_frame,
        .offset = (uint32_t)((uintptr_t)config->control % PAGE),
    };
    long result = at_xen_event_channel_op(EVTCHNOP_init_control, &op);

    if (result < 0)
        return at_xen_status(result);
    *fifo = (struct at_xen_fifo){.events = events, .control = config->control, .words = config->words};
    return at_xen_fifo_expand(fifo, config->words_frame);
}

at_status at_xen_fifo_set_priority(at_xen_port port, uint32_t priority)
{
    struct evtchn_set_priority op = {.port = port, .priority = priority};

    return at_xen_status(at_xen_event_channel_op(EVTCHNOP_set_priority, &op));
}

/* ---- dispatching ---- */

/* What one call of dispatch has done. */
struct round {
    uint64_t visited[AT_XEN_EVENT_PORTS / 64]; /* slots whose handler ran */
    unsigned ran;
};

/* The slot of `port` if its handler may run, -1 otherwise. */
static int runnable(const struct at_xen_events *events, at_xen_port port)
{
    for (uint32_t i = 0; i < events->used; i++) {
        if (events->slots[i].port == port)
            return at_xen_slot_is_polled(&events->slots[i]) ? (int)i : -1;
    }
    return -1;
}

static bool was_visited(const struct round *round, int slot)
{
    return (round->visited[slot / 64] >> (slot % 64)) & 1;
}

/* Clears the pending bit before the handler runs: what comes meanwhile is linked anew. */
static void run(struct at_xen_fifo *fifo, struct round *round, at_xen_port port, int slot)
{
    const struct at_xen_event_slot *handler = &fifo->events->slots[slot];

    if (!(__atomic_fetch_and(&fifo->words[port], ~BIT(EVTCHN_FIFO_PENDING), __ATOMIC_SEQ_CST) &
          BIT(EVTCHN_FIFO_PENDING)))
        return; /* closed since, or taken already */
    round->visited[slot / 64] |= (uint64_t)1 << (slot % 64);
    round->ran++;
    handler->fn(handler->ctx);
}

/* Takes `port` off its queue and returns the next in it, 0 at its end: Xen adds to a linked tail from another CPU. */
static uint32_t unlink(struct at_xen_fifo *fifo, at_xen_port port)
{
    const event_word_t kept = ~(BIT(EVTCHN_FIFO_LINKED) | (event_word_t)EVTCHN_FIFO_LINK_MASK);
    event_word_t word = __atomic_load_n(&fifo->words[port], __ATOMIC_RELAXED);

    while (!__atomic_compare_exchange_n(&fifo->words[port], &word, word & kept, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        ;
    return word & (event_word_t)EVTCHN_FIFO_LINK_MASK;
}

/*
 * Takes the first event off `queue`. A port that was visited in this round stays where it is, and with it all that came
 * after it: they wait for the next call. Returns whether the queue is done with for now.
 */
static bool take(struct at_xen_fifo *fifo, struct round *round, unsigned queue)
{
    uint32_t port = fifo->head[queue];
    int slot;

    if (port == 0)
        port = __atomic_load_n(&fifo->control->head[queue], __ATOMIC_ACQUIRE);
    slot = runnable(fifo->events, port);
    fifo->head[queue] = port;
    if (slot >= 0 && was_visited(round, slot))
        return true;
    fifo->head[queue] = unlink(fifo, port);
    if (fifo->head[queue] == 0)
        fifo->ready &= ~BIT(queue);
    if (slot >= 0)
        run(fifo, round, port, slot);
    else if (port >= fifo->set_aside)
        fifo->set_aside = port + 1;
    return fifo->head[queue] == 0;
}

/* Runs what was taken off its queue when its port was masked or had no handler, and may run now. */
static void run_set_aside(struct at_xen_fifo *fifo, struct round *round)
{
    uint32_t end = fifo->set_aside;

    fifo->set_aside = 0;
    for (at_xen_port port = 1; port < end; port++) {
        event_word_t word = __atomic_load_n(&fifo->words[port], __ATOMIC_RELAXED);
        int slot;

        if (!(word & BIT(EVTCHN_FIFO_PENDING)) || (word & BIT(EVTCHN_FIFO_LINKED)))
            continue;
        slot = runnable(fifo->events, port);
        if (slot >= 0 && !was_visited(round, slot))
            run(fifo, round, port, slot);
        else if (port >= fifo->set_aside)
            fifo->set_aside = port + 1;
    }
}

unsigned at_xen_fifo_dispatch(struct at_xen_fifo *fifo)
{
    struct round round = {.ran = 0};
    uint32_t left = 2 * AT_XEN_EVENT_PORTS, done = 0, ready;

    /* Nothing is missed by looking once in between: what is linked later is ready in the control block. */
    if (__atomic_load_n(&fifo->control->ready, __ATOMIC_RELAXED) != 0)
        fifo->ready |= __atomic_exchange_n(&fifo->control->ready, 0, __ATOMIC_SEQ_CST);
    for (ready = fifo->ready; ready != 0 && left > 0; left--) {
        unsigned queue = (unsigned)__builtin_ctz(ready);

        if (take(fifo, &round, queue))
            done |= BIT(queue);
        if (__atomic_load_n(&fifo->control->ready, __ATOMIC_RELAXED) != 0)
            fifo->ready |= __atomic_exchange_n(&fifo->control->ready, 0, __ATOMIC_SEQ_CST);
        ready = fifo->ready & ~done;
    }
    if (fifo->set_aside != 0)
        run_set_aside(fifo, &round);
    return round.ran;
}
