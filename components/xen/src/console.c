/* SPDX-License-Identifier: ISC */
#include <atman/xen/console.h>

#include <atman/base/clock.h>
#include <atman/xen/clock.h>
#include <atman/xen/event.h>
#include <atman/xen/hypercall.h>

#include <string.h>

#include "internal.h"

#define OUT_SIZE ((uint32_t)sizeof(((struct xencons_interface *)0)->out))
#define IN_SIZE ((uint32_t)sizeof(((struct xencons_interface *)0)->in))

void at_xen_console_init(struct at_xen_console *console, struct xencons_interface *ring, shared_info_t *shared,
                         at_xen_port port)
{
    *console = (struct at_xen_console){
        .ring = ring,
        .shared = shared,
        .port = port,
        .out_prod = ring->out_prod,
        .in_cons = ring->in_cons,
    };
}

/* How far apart our index and the peer's are, if that can be; else the console is broken from now on. */
static at_status distance(struct at_xen_console *console, uint32_t *bytes, uint32_t producer, uint32_t consumer,
                          uint32_t size)
{
    *bytes = producer - consumer;
    if (*bytes > size)
        console->broken = 1;
    return console->broken ? AT_PROTOCOL : AT_OK;
}

/* How many bytes the peer has not taken yet. */
static at_status unread(struct at_xen_console *console, uint32_t *bytes)
{
    uint32_t out_cons = __atomic_load_n(&console->ring->out_cons, __ATOMIC_ACQUIRE);

    return distance(console, bytes, console->out_prod, out_cons, OUT_SIZE);
}

/*
 * Blocks until at most `limit` bytes are unread. A reader may wait for the same port elsewhere: what we took of its
 * pending bit we give back.
 */
static at_status await(struct at_xen_console *console, uint32_t limit, uint64_t deadline_ns)
{
    bool raised = false;
    at_status status;

    for (;;) {
        uint32_t bytes;
        long result;

        raised |= at_xen_pending_take(console->shared, console->port);
        status = unread(console, &bytes);
        if (status != AT_OK || bytes <= limit)
            break;
        if (deadline_ns != AT_NEVER && at_xen_clock_read(console->shared) >= deadline_ns) {
            status = AT_TIMED_OUT;
            break;
        }
        result = at_xen_poll(&console->port, 1, deadline_ns);
        if (result < 0) {
            status = at_xen_status(result);
            break;
        }
    }
    if (raised)
        __atomic_fetch_or(at_xen_pending_word(console->shared, console->port), at_xen_port_bit(console->port),
                          __ATOMIC_SEQ_CST);
    return status;
}

/* Blocks for room until `*deadline_ns`, set by the first to wait within a write; gives up at once on a stalled peer. */
static at_status await_room(struct at_xen_console *console, uint64_t *deadline_ns)
{
    at_status status;

    if (console->stalled)
        return AT_TIMED_OUT;
    if (*deadline_ns == 0)
        *deadline_ns = at_xen_clock_read(console->shared) + AT_XEN_CONSOLE_PATIENCE_NS;
    status = await(console, OUT_SIZE - 1, *deadline_ns);
    console->stalled = status == AT_TIMED_OUT;
    return status;
}

/* Puts what fits of `text` on the ring; `*put` says how much that was. */
static at_status put(struct at_xen_console *console, size_t *put, const char *text, size_t size)
{
    uint32_t at = console->out_prod % OUT_SIZE, first, bytes;
    at_status status = unread(console, &bytes);

    *put = 0;
    if (status != AT_OK || bytes == OUT_SIZE)
        return status;
    console->stalled = 0;
    bytes = OUT_SIZE - bytes;
    if (bytes > size)
        bytes = (uint32_t)size;
    first = bytes < OUT_SIZE - at ? bytes : OUT_SIZE - at;
    memcpy(console->ring->out + at, text, first);
    memcpy(console->ring->out, text + first, bytes - first);
    console->out_prod += bytes;
    __atomic_store_n(&console->ring->out_prod, console->out_prod, __ATOMIC_SEQ_CST);
    at_xen_event_notify(console->port);
    *put = bytes;
    return AT_OK;
}

at_status at_xen_console_write(struct at_xen_console *console, const char *text, size_t size)
{
    uint64_t deadline_ns = 0;

    while (size > 0) {
        size_t done;
        at_status status = put(console, &done, text, size);

        text += done;
        size -= done;
        if (status == AT_OK && size > 0)
            status = await_room(console, &deadline_ns);
        if (status != AT_OK) {
            console->dropped += size;
            return status;
        }
    }
    return AT_OK;
}

at_status at_xen_console_read(struct at_xen_console *console, char *text, size_t *got, size_t size)
{
    uint32_t in_prod = __atomic_load_n(&console->ring->in_prod, __ATOMIC_ACQUIRE);
    uint32_t at = console->in_cons % IN_SIZE, first, bytes;
    at_status status = distance(console, &bytes, in_prod, console->in_cons, IN_SIZE);

    *got = 0;
    if (bytes > size)
        bytes = (uint32_t)size;
    if (status != AT_OK || bytes == 0)
        return status;
    first = bytes < IN_SIZE - at ? bytes : IN_SIZE - at;
    memcpy(text, console->ring->in + at, first);
    memcpy(text + first, console->ring->in, bytes - first);
    console->in_cons += bytes;
    __atomic_store_n(&console->ring->in_cons, console->in_cons, __ATOMIC_SEQ_CST);
    at_xen_event_notify(console->port); /* there is room again for who types */
    *got = bytes;
    return AT_OK;
}

at_status at_xen_console_flush(struct at_xen_console *console, uint64_t deadline_ns)
{
    return await(console, 0, deadline_ns);
}
