/* SPDX-License-Identifier: ISC */
/*
 * A small kernel that is not built with Atman: it boots on Xen, reads its name from XenStore, opens its network device
 * and sends frames for three seconds. It has no scheduler and no heap; one thing happens after the other.
 */

#include "kernel.h"

#include <string.h>

#include <atman/base/panic.h>
#include <atman/netfront/netfront.h>
#include <atman/xen/console.h>
#include <atman/xen/domain.h>
#include <atman/xen/event.h>
#include <atman/xen/grant.h>
#include <atman/xen/hypercall.h>
#include <atman/xenstore/xenstore.h>

#define SECOND UINT64_C(1000000000)
#define BUFFERS 20
#define TRIES 30

/* Pages of the image in whose places Xen's are mapped. */
static unsigned char shared_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static unsigned char console_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static unsigned char store_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static unsigned char grant_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static struct at_xen_console console;
static struct at_xen_events events;
static struct at_xen_grants grants;
static struct at_xenstore store;
static struct at_netfront device;
static struct at_netfront_buffer buffers[2 * BUFFERS];
static struct at_netfront_slot slots[BUFFERS];
static at_xen_port store_port;

void kernel(const start_info_t *start) __attribute__((noreturn));

/* The seams of `xen` and `base`. */

long at_xen_hypercall(unsigned long number, unsigned long a1, unsigned long a2, unsigned long a3, unsigned long a4,
                      unsigned long a5)
{
    register unsigned long r10 __asm__("r10") = a4;
    register unsigned long r8 __asm__("r8") = a5;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                     : "0"(number)
                     : "rcx", "r11", "memory");
    return result;
}

static void print(const char *text)
{
    at_xen_console_write(&console, text, strlen(text));
}

static _Noreturn void end(unsigned reason)
{
    at_xen_console_flush(&console, at_wait_now(at_xen_events_waiter(&events)) + SECOND);
    for (;;)
        at_xen_domain_shutdown(reason);
}

void at_panic(const char *reason)
{
    print("panic: ");
    print(reason);
    print("\n");
    end(SHUTDOWN_crash);
}

static void must(at_status status, const char *what)
{
    if (status == AT_OK)
        return;
    print(what);
    print(": ");
    at_panic(at_status_name(status));
}

/* What the kernel does for them. */

static void *map(unsigned char *page, uint64_t frame)
{
    const uint64_t present_writable_accessed_dirty = 0x63;

    if (at_xen_update_va_mapping((uintptr_t)page, frame << 12 | present_writable_accessed_dirty, UVMF_INVLPG) != 0)
        end(SHUTDOWN_crash);
    return page;
}

static void store_notify(void *ctx)
{
    (void)ctx;
    at_xen_event_notify(store_port);
}

static void store_event(void *ctx)
{
    at_xenstore_on_event(ctx);
}

static void open_store(const start_info_t *start)
{
    const struct at_xenstore_config config = {
        .ring = map(store_page, start->store_mfn),
        .notify = store_notify,
        .wait = at_xen_events_waiter(&events),
    };

    store_port = start->store_evtchn;
    at_xenstore_init(&store, &config);
    must(at_xen_event_adopt(&events, store_port), "XenStore's port");
    must(at_xen_event_handle(&events, store_port, store_event, &store), "XenStore's handler");
}

static struct at_netdev open_device(const start_info_t *start)
{
    const struct at_netfront_config config = {
        .store = &store,
        .events = &events,
        .grants = &grants,
        .pages = pool_pages(start),
        .wait = at_xen_events_waiter(&events),
        .buffers = buffers,
        .tx = at_netfront_tx(),
        .slots = slots,
        .rx_buffers = BUFFERS,
        .tx_buffers = BUFFERS,
        .tx_slots = BUFFERS,
        .timeout_ns = 10 * SECOND,
    };

    must(at_netfront_open(&device, &config), "netfront");
    return at_netfront_netdev(&device);
}

static void greet(void)
{
    char name[64];
    size_t size;

    must(at_xenstore_read(&store, name, sizeof(name), &size, AT_XENSTORE_NO_TRANSACTION, "name",
                          at_wait_now(at_xen_events_waiter(&events)) + SECOND),
         "name");
    print("outside: I am ");
    print(name);
    print("\n");
}

/* Sends one frame to everybody, of the type that IEEE 802 leaves to experiments. */
static void send_frame(struct at_netdev dev)
{
    static const char text[46] = "a frame from outside";
    uint8_t header[AT_NETDEV_HEADER_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 0x88, 0xb5};
    const struct at_netdev_piece pieces[] = {{header, sizeof(header)}, {(const uint8_t *)text, sizeof(text)}};
    const struct at_netdev_frame frame = {.pieces = pieces, .count = 2};

    memcpy(header + AT_NETDEV_MAC_SIZE, at_netdev_info(dev)->mac, AT_NETDEV_MAC_SIZE);
    must(at_netdev_send(dev, &frame), "send");
    at_netdev_flush(dev);
}

void kernel(const start_info_t *start)
{
    struct at_netdev dev;
    struct at_wait wait;
    uint64_t frame;

    at_xen_events_init(&events, map(shared_page, start->shared_info >> 12));
    at_xen_console_init(&console, map(console_page, start->console.domU.mfn), (shared_info_t *)shared_page,
                        start->console.domU.evtchn);
    must(at_xen_grant_table_frames(&frame, 1), "grant table");
    at_xen_grants_init(&grants, map(grant_page, frame), AT_XEN_GRANTS_PER_FRAME);
    wait = at_xen_events_waiter(&events);
    open_store(start);
    greet();
    dev = open_device(start);
    print("outside: the network is there\n");

    for (int i = 0; i < TRIES; i++) {
        send_frame(dev);
        uint64_t next_ns = at_wait_now(wait) + SECOND / 10;
        while (at_wait_now(wait) < next_ns)
            at_netdev_wait(dev, AT_NETDEV_TX, next_ns);
    }

    must(at_netfront_close(&device, at_wait_now(wait) + 5 * SECOND), "close");
    if (pool_free() != POOL_PAGES)
        at_panic("pages are missing");
    print("outside: all pages are back\n");
    end(SHUTDOWN_poweroff);
}
