/* SPDX-License-Identifier: ISC */
#include <atman/testing/fake_console.h>

#include <atman/base/panic.h>
#include <atman/xen/hypercall.h>

#include <stdlib.h>
#include <string.h>

#include <xen/event_channel.h>

#include "fake_internal.h"

struct at_fake_console {
    struct at_fake_xen *xen;
    struct xencons_interface *ring;
    at_xen_domid domid;
    at_xen_port theirs;
    at_xen_port ours;
    bool deaf;
    uint32_t bytes; /* at most so many ... */
    uint64_t every_ns;
    uint64_t next_ns; /* ... and not before this time */
    char *text;
    size_t size;
};

/* Takes `count` bytes off the ring, and says so. */
static void take(struct at_fake_console *console, uint32_t count)
{
    struct xencons_interface *ring = console->ring;

    console->text = realloc(console->text, console->size + count + 1);
    FAKE_REQUIRE(console->text != NULL, "out of host memory");
    for (uint32_t i = 0; i < count; i++)
        console->text[console->size++] = ring->out[MASK_XENCONS_IDX(ring->out_cons++, ring->out)];
    console->text[console->size] = '\0';
    at_fake_xen_notify(console->xen, 0, console->ours);
}

static uint64_t step(void *ctx, uint64_t now_ns)
{
    struct at_fake_console *console = ctx;
    uint32_t there = console->ring->out_prod - console->ring->out_cons;

    at_fake_xen_take_event(console->xen, 0, console->ours);
    if (console->deaf || there == 0 || there > sizeof console->ring->out)
        return UINT64_MAX;
    if (console->bytes == 0) {
        take(console, there);
        return UINT64_MAX;
    }
    if (now_ns >= console->next_ns) {
        take(console, there < console->bytes ? there : console->bytes);
        console->next_ns = now_ns + console->every_ns;
    }
    return console->next_ns;
}

struct at_fake_console *at_fake_console_create(struct at_fake_xen *xen, struct xencons_interface **ring,
                                               at_xen_port *port, at_xen_domid domid)
{
    struct at_fake_console *console = calloc(1, sizeof *console);

    FAKE_REQUIRE(console != NULL, "out of host memory");
    console->xen = xen;
    console->domid = domid;
    console->ring = at_fake_xen_page_alloc(xen, domid);
    at_fake_xen_channel(xen, domid, &console->theirs, 0, &console->ours);
    at_fake_xen_add_step(xen, 0, step, console);
    *ring = console->ring;
    *port = console->theirs;
    return console;
}

void at_fake_console_destroy(struct at_fake_console *console)
{
    struct at_fake_xen *xen = console->xen;
    struct evtchn_close ours = {.port = console->ours}, theirs = {.port = console->theirs};

    at_fake_xen_remove_step(xen, step, console);
    at_fake_xen_event_op_(xen, at_fake_xen_domain_(xen, 0), EVTCHNOP_close, &ours);
    at_fake_xen_event_op_(xen, at_fake_xen_domain_(xen, console->domid), EVTCHNOP_close, &theirs);
    at_fake_xen_page_free(xen, console->ring);
    free(console->text);
    free(console);
}

const char *at_fake_console_text(const struct at_fake_console *console, size_t *size)
{
    if (size != NULL)
        *size = console->size;
    return console->text != NULL ? console->text : "";
}

size_t at_fake_console_type(struct at_fake_console *console, const char *text, size_t size)
{
    struct xencons_interface *ring = console->ring;
    size_t typed = 0;

    while (typed < size && ring->in_prod - ring->in_cons < sizeof ring->in)
        ring->in[MASK_XENCONS_IDX(ring->in_prod++, ring->in)] = text[typed++];
    at_fake_xen_notify(console->xen, 0, console->ours);
    return typed;
}

void at_fake_console_set_deaf(struct at_fake_console *console, bool deaf)
{
    console->deaf = deaf;
}

void at_fake_console_set_slow(struct at_fake_console *console, uint32_t bytes, uint64_t every_ns)
{
    console->bytes = bytes;
    console->every_ns = every_ns;
}
