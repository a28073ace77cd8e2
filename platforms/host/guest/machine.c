/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE

#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <atman/base/console.h>
#include <atman/base/panic.h>
#include <atman/host/seams.h>
#include <atman/testing/fake_console.h>
#include <atman/testing/fake_netback.h>
#include <atman/testing/fake_xen.h>
#include <atman/testing/fake_xenstored.h>

#include "wire.h"

#define PAGES_PER_MIB 256u
#define OTHER_PAGES 64u /* the fake's own: shared_info, grant tables, rings */
#define IN_FLIGHT 32u   /* frames that wait for the guest to offer buffers; a wire keeps the rest */

static struct at_host_machine machine;
static struct at_fake_xenstored *store;
static struct at_fake_console *console;
static struct at_fake_netback *net;
static struct at_host_wire *wire;
static at_xen_port store_peer;
static uint64_t injected;
static volatile sig_atomic_t asked; /* to shut down: 1 by a signal or the end of a capture, 2 once the guest was told */
static int signalled;               /* an eventfd that ends the sleep in pass() */

/* ---- time: the fake's, moved to what the host's clock says ---- */

static uint64_t host_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t catch_up(void *ctx)
{
    uint64_t now_ns = host_ns();

    (void)ctx;
    if (now_ns > at_fake_xen_now(machine.xen))
        at_fake_xen_advance(machine.xen, now_ns - at_fake_xen_now(machine.xen));
    return at_fake_xen_now(machine.xen);
}

/* Nothing can happen in the machine before `until_ns`, unless something comes from outside. */
static uint64_t pass(void *ctx, uint64_t now_ns, uint64_t until_ns)
{
    struct pollfd fds[] = {
        {.fd = signalled, .events = POLLIN},
        {.fd = wire->fd, .events = POLLIN},
        {.fd = STDIN_FILENO, .events = POLLIN},
    };
    struct timespec patience;

    (void)ctx;
    (void)now_ns;
    if (wire->ended && asked == 0) {
        asked = 1;
        return host_ns();
    }
    now_ns = host_ns();
    if (until_ns > now_ns && asked != 1) {
        patience.tv_sec = (time_t)((until_ns - now_ns) / 1000000000u);
        patience.tv_nsec = (long)((until_ns - now_ns) % 1000000000u);
        if (until_ns == UINT64_MAX)
            patience.tv_sec = INT32_MAX;
        ppoll(fds, isatty(STDIN_FILENO) ? 3 : 2, &patience, NULL);
    }
    return host_ns();
}

/* ---- dom0, as far as it is not the fakes' ---- */

static void on_signal(int number)
{
    const uint64_t one = 1;
    ssize_t written = write(signalled, &one, sizeof one);

    (void)written;
    if (asked != 0) { /* the guest was told and goes on: as usual then */
        signal(number, SIG_DFL);
        raise(number);
    }
    asked = 1;
}

static uint64_t serve_store(void *ctx, uint64_t now_ns)
{
    (void)ctx;
    if (asked == 1) {
        uint64_t count;
        ssize_t got = read(signalled, &count, sizeof count);

        (void)got; /* nothing, at the end of a capture */
        asked = 2;
        at_fake_xenstored_write(store, "/local/domain/1/control/shutdown", "poweroff");
    }
    return at_fake_xenstored_step(store) > 0 ? now_ns : UINT64_MAX;
}

static uint64_t serve_wire(void *ctx, uint64_t now_ns)
{
    static uint8_t frame[AT_HOST_FRAME_MAX];
    struct at_fake_netback_stats stats;
    bool more = false;
    size_t size;

    (void)ctx;
    while ((size = at_fake_netback_take(net, frame, NULL)) > 0)
        wire->send(wire, frame, size);
    if (!at_fake_netback_is_connected(net))
        return UINT64_MAX;
    for (;;) {
        at_fake_netback_stats(net, &stats);
        if (injected - stats.to_guest - stats.lost >= IN_FLIGHT)
            return UINT64_MAX; /* the guest's next buffers will be an event, after which this runs again */
        size = wire->receive(wire, frame);
        if (size == 0)
            return more ? now_ns : UINT64_MAX;
        at_fake_netback_inject(net, frame, (uint32_t)size);
        injected++;
        more = true;
    }
}

static uint64_t serve_console(void *ctx, uint64_t now_ns)
{
    static size_t shown;
    char typed[256];
    size_t size;
    const char *text = at_fake_console_text(console, &size);

    (void)ctx;
    (void)now_ns;
    if (size > shown)
        at_console_write(text + shown, size - shown);
    shown = size;
    if (isatty(STDIN_FILENO)) {
        struct pollfd typing = {.fd = STDIN_FILENO, .events = POLLIN};
        ssize_t got = poll(&typing, 1, 0) > 0 ? read(STDIN_FILENO, typed, sizeof typed) : 0;

        if (got > 0)
            at_fake_console_type(console, typed, (size_t)got);
    }
    return UINT64_MAX;
}

/* ---- making it ---- */

static void notify_store(void *ctx)
{
    (void)ctx;
    at_fake_xen_notify(machine.xen, 0, store_peer);
}

static void give_memory(unsigned mib)
{
    machine.pages = (size_t)mib * PAGES_PER_MIB;
    machine.memory = at_fake_xen_page_alloc(machine.xen, AT_HOST_DOMAIN);
    for (size_t i = 1; i < machine.pages; i++) {
        bool adjacent = at_fake_xen_page_alloc(machine.xen, AT_HOST_DOMAIN) == machine.memory + i * 4096;

        AT_ASSERT(adjacent);
    }
}

static void plug_in(const struct at_host_options *options)
{
    const struct at_fake_netback_config config = {
        .xen = machine.xen,
        .store = store,
        .domid = AT_HOST_DOMAIN,
        .behaviour = AT_FAKE_NETBACK_NO_CSUM | AT_FAKE_NETBACK_NO_GSO, /* the wire carries frames as they are */
        .mac = options->mac != NULL ? options->mac : "00:16:3e:4d:4e:04",
        .ip = options->ip,
    };

    wire =
        options->tap != NULL ? at_host_wire_tap(options->tap) : at_host_wire_capture(options->pcap, options->pcap_out);
    net = at_fake_netback_new(&config);
    at_fake_xen_add_step(machine.xen, 0, serve_wire, NULL);
}

void at_host_machine_start(const struct at_host_options *options)
{
    const struct at_fake_xen_config config = {
        .pages = options->memory * PAGES_PER_MIB + OTHER_PAGES,
        .start_ns = host_ns(),
    };
    struct timespec wall;

    machine.xen = at_fake_xen_create(&config);
    clock_gettime(CLOCK_REALTIME, &wall);
    at_fake_xen_set_wall(machine.xen, (uint64_t)wall.tv_sec, (uint32_t)wall.tv_nsec);
    at_fake_xen_add_domain(machine.xen, AT_HOST_DOMAIN);
    at_fake_xen_enter(machine.xen, AT_HOST_DOMAIN);
    at_fake_xen_pace(machine.xen, pass, NULL);
    at_host_clock_redirect(catch_up, NULL);

    store = at_fake_xenstored_new(NULL);
    machine.store_ring = at_fake_xen_page_alloc(machine.xen, AT_HOST_DOMAIN);
    at_fake_xen_channel(machine.xen, AT_HOST_DOMAIN, &machine.store_port, 0, &store_peer);
    at_fake_xenstored_connect(store, AT_HOST_DOMAIN, machine.store_ring, notify_store, NULL);
    at_fake_xen_add_step(machine.xen, 0, serve_store, NULL);
    console = at_fake_console_create(machine.xen, &machine.console_ring, &machine.console_port, AT_HOST_DOMAIN);
    at_fake_xen_add_step(machine.xen, 0, serve_console, NULL);
    plug_in(options);
    give_memory(options->memory);

    signalled = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (signalled < 0)
        at_host_fail("signals", "of the process", NULL);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
}

const struct at_host_machine *at_host_machine(void)
{
    return &machine;
}

void at_host_fail(const char *what, const char *name, const char *why)
{
    fprintf(stderr, "atman: %s %s: %s.\n", what, name, why != NULL ? why : strerror(errno));
    exit(2);
}
