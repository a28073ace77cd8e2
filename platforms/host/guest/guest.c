/* SPDX-License-Identifier: ISC */
/* <atman/guest.h> on the machine of this process. */

#include <atman/guest.h>

#include <stdlib.h>

#include <atman/base/entropy.h>
#include <atman/base/panic.h>
#include <atman/mm/frames.h>
#include <atman/mm/heap.h>
#include <atman/mm/pages.h>
#include <atman/testing/fake_xen.h>
#include <atman/xen/console.h>
#include <atman/xen/event.h>
#include <atman/xen/grant.h>
#include <atman/xenstore/xenstore.h>

#include "machine.h"

#define GRANT_FRAMES 2u /* as in platforms/xen_pv */

struct at_mm_frames *at_guest_frames(void)
{
    static struct at_mm_frames frames;
    static uint8_t *state;
    const struct at_host_machine *machine = at_host_machine();

    if (state == NULL) {
        /* A byte a page, at the end of the memory: there is no virgin memory here that need not exist. */
        size_t state_pages = (machine->pages + AT_MM_PAGE_SIZE - 1) / AT_MM_PAGE_SIZE;
        struct at_mm_frames_config config = {.base = machine->memory, .pages = machine->pages - state_pages};

        state = machine->memory + config.pages * AT_MM_PAGE_SIZE;
        config.state = state;
        config.ready_pages = config.pages;
        at_mm_frames_init(&frames, &config);
    }
    return &frames;
}

static uint64_t frame_of(void *ctx, const void *page)
{
    (void)ctx;
    return at_fake_xen_frame(at_host_machine()->xen, page);
}

struct at_mm_pages at_guest_pages(void)
{
    static struct at_mm_frame_pages pages;

    pages.frames = at_guest_frames();
    pages.frame_of = frame_of;
    return at_mm_pages_from_frames(&pages);
}

struct at_mm_heap *at_guest_heap(void)
{
    static struct at_mm_heap heap __attribute__((aligned(64)));
    static int ready;

    if (!ready) {
        uintptr_t secret;

        at_entropy_fill(&secret, sizeof(secret));
        at_mm_heap_init(&heap, at_guest_frames(), secret);
        ready = 1;
    }
    return &heap;
}

struct at_xen_events *at_guest_events(void)
{
    static struct at_xen_events events;

    if (events.shared == NULL)
        at_xen_events_init(&events, at_fake_xen_shared(at_host_machine()->xen, AT_HOST_DOMAIN));
    return &events;
}

struct at_xen_grants *at_guest_grants(void)
{
    static struct at_xen_grants grants;

    if (grants.table == NULL)
        at_xen_grants_init(&grants, at_fake_xen_grant_table(at_host_machine()->xen, AT_HOST_DOMAIN, GRANT_FRAMES),
                           GRANT_FRAMES * AT_XEN_GRANTS_PER_FRAME);
    return &grants;
}

struct at_xen_console *at_guest_console(void)
{
    static struct at_xen_console console;
    static int ready;

    if (!ready) {
        at_xen_console_init(&console, at_host_machine()->console_ring,
                            at_fake_xen_shared(at_host_machine()->xen, AT_HOST_DOMAIN),
                            at_host_machine()->console_port);
        ready = 1;
    }
    return &console;
}

static void notify_store(void *ctx)
{
    (void)ctx;
    at_xen_event_notify(at_host_machine()->store_port);
}

static void on_store(void *ctx)
{
    at_xenstore_on_event(ctx);
}

struct at_xenstore *at_guest_xenstore(void)
{
    static struct at_xenstore xenstore;
    at_xen_port port = at_host_machine()->store_port;

    if (xenstore.config.ring == NULL) {
        const struct at_xenstore_config config = {
            .ring = at_host_machine()->store_ring,
            .notify = notify_store,
            .wait = at_guest_wait(),
        };

        at_xenstore_init(&xenstore, &config);
        if (at_xen_event_adopt(at_guest_events(), port) != AT_OK)
            at_panic("no event channel to XenStore");
        at_xen_event_handle(at_guest_events(), port, on_store, &xenstore);
    }
    return &xenstore;
}

/* Nobody here would start it anew. */
AT_NORETURN void at_guest_reboot(void)
{
    exit(0);
}
