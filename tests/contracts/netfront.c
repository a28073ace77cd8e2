/* SPDX-License-Identifier: ISC */
/*
 * The contract of netdev, kept by netfront with Linux's netback at the other end, and what offloads come to there. Two
 * devices of this guest are on one bridge: what the first sends the second receives. They are opened and closed again
 * and again, with one queue and with several, the second with and without offloads: with them a large frame arrives as
 * it was sent, without them Linux has to cut it up and to fill in its checksums, and so must have understood it.
 */

#include <atman/base/bits.h>
#include <atman/guest.h>
#include <atman/netfront/netfront.h>
#include <atman/netfront/queues.h>
#include <atman/testing/netdev_contract.h>
#include <atman/xen/grant.h>

#include <stdio.h>
#include <string.h>

#include "queues.h"
#include "runner.h"
#include "segments.h"

#define SECOND UINT64_C(1000000000)
#define RX_BUFFERS 64
#define TX_BUFFERS 16
#define SLOTS 128
#define OFFLOADS (AT_NETFRONT_SG | AT_NETFRONT_CSUM | AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6)
#define LARGE 40000 /* bytes of payload */
#define MSS 1400

/* A device, of one kind or the other. */
struct port {
    struct at_netfront device;
    struct at_netfront_queues wide;
    struct at_netfront_queue queues[QUEUES];
    struct at_netfront_group groups[8];
    struct at_netfront_buffer buffers[QUEUES * (RX_BUFFERS + TX_BUFFERS)];
    struct at_netfront_slot slots[QUEUES * SLOTS];
};

enum kind { OFFLOADED, WHOLE_FRAMES, WIDE };

static struct port sender, receiver;
static _Alignas(4096) uint8_t memory[AT_NETDEV_CONTRACT_MEMORY];
static uint32_t grants_of_memory[AT_NETDEV_CONTRACT_MEMORY / 4096];
static enum kind running;
static bool arrives_whole; /* the receiver takes offloads */

static uint64_t soon(void *ctx)
{
    (void)ctx;
    return at_wait_now(at_guest_wait()) + 5 * SECOND;
}

/* Sends it from shared memory, and returns what the device said. */
static at_status send(const struct at_netdev_contract_env *e, const struct segment *out, uint16_t flags)
{
    const struct at_netdev_piece piece = {e->memory + 100, segment_make(e->memory + 100, out)};
    const struct at_netdev_frame frame = {
        .pieces = &piece,
        .count = 1,
        .flags = flags | AT_NETDEV_CSUM_BLANK,
        .gso_size = flags != 0 ? MSS : 0,
        .cookie = e->memory,
    };
    at_status status = at_netdev_send(e->dev, &frame);

    at_netdev_flush(e->dev);
    return status;
}

/* Copies the frame that begins at `parts` to `data`, and returns its size. */
static uint32_t gather(uint8_t *data, const struct at_netdev_part *parts, size_t *count)
{
    uint32_t size = 0;

    *count = 0;
    do {
        memcpy(data + size, parts[*count].data, parts[*count].size);
        size += parts[*count].size;
    } while (parts[(*count)++].flags & AT_NETDEV_MORE);
    return size;
}

/*
 * Receives the segments of what was sent until all of the stream is there, and judges each: whole with its checksum
 * open, or with one that is right. Returns how many there were, 0 if something is missing.
 */
static unsigned receive(struct at_contract *t, const struct at_netdev_contract_env *e, const struct segment *sent,
                        uint16_t flags)
{
    static uint8_t data[65536];
    uint64_t end = soon(NULL);
    uint32_t stream = 0;
    unsigned frames = 0;

    while (stream < sent->payload && at_netdev_wait(e->arrival, AT_NETDEV_RX, end) == AT_OK) {
        struct at_netdev_part parts[2 * AT_NETDEV_PARTS_MAX];
        size_t count;

        if (at_netdev_recv(e->arrival, parts, AT_COUNT_OF(parts), &count) != AT_OK)
            return 0;
        for (size_t i = 0, n; i < count; i += n) {
            uint32_t size = gather(data, &parts[i], &n);
            struct segment got;

            if (!segment_read(&got, data, size) || got.tcp != sent->tcp || got.ipv6 != sent->ipv6)
                continue;
            AT_CHECK_EQ(t, got.offset, stream);
            stream += got.payload;
            frames++;
            if (arrives_whole)
                AT_CHECK_EQ(t, parts[i].flags & ~AT_NETDEV_MORE, flags | AT_NETDEV_CSUM_BLANK | AT_NETDEV_CSUM_OK);
            else
                AT_CHECK(t, segment_is_summed(data, size));
            AT_CHECK_EQ(t, parts[i].gso_size, arrives_whole && flags != 0 ? MSS : 0);
        }
        at_netdev_release(e->arrival, parts, count);
    }
    return stream == sent->payload ? frames : 0;
}

static void exchange(struct at_contract *t, const struct at_netdev_contract_env *e, bool ipv6, bool tcp, uint16_t flags)
{
    struct segment out = {.payload = flags != 0 ? LARGE : 1000, .ipv6 = ipv6, .tcp = tcp};
    void *cookie = NULL;
    size_t count = 0;
    unsigned expected = flags != 0 && !arrives_whole ? (LARGE + MSS - 1) / MSS : 1;
    uint64_t end;

    memcpy(out.to, at_netdev_info(e->arrival)->mac, sizeof out.to);
    memcpy(out.from, at_netdev_info(e->dev)->mac, sizeof out.from);
    AT_REQUIRE(t, send(e, &out, flags) == AT_OK);
    AT_CHECK_EQ(t, receive(t, e, &out, flags), expected);
    end = soon(NULL);
    while (count == 0 && at_netdev_wait(e->dev, AT_NETDEV_DONE, end) == AT_OK)
        AT_REQUIRE(t, at_netdev_tx_done(e->dev, &cookie, 1, &count) == AT_OK);
    AT_CHECK(t, cookie == e->memory);
}

static const struct at_netfront *front_of(const struct port *port, enum kind kind)
{
    return kind == WIDE ? &port->queues[0].front : &port->device;
}

static void carrier_is_on(struct at_contract *t, void *env)
{
    (void)env;
    AT_CHECK(t, at_netfront_has_carrier(front_of(&sender, running)));
    AT_CHECK(t, at_netfront_has_carrier(front_of(&receiver, running)));
}

static void everything_is_negotiated(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    const unsigned all = AT_NETDEV_SHARED | AT_NETDEV_TX_PARTS | AT_NETDEV_TX_CSUM4 | AT_NETDEV_TX_CSUM6 |
                         AT_NETDEV_TX_GSO4 | AT_NETDEV_TX_GSO6;

    AT_CHECK_EQ(t, at_netdev_info(e->dev)->features, all);
    AT_CHECK_EQ(t, at_netdev_info(e->dev)->max_gso, 65535);
}

static void open_checksums_are_understood(struct at_contract *t, void *env)
{
    for (int i = 0; i < 4; i++)
        exchange(t, env, i / 2 != 0, i % 2 != 0, 0);
}

static void large_frames_over_ipv4_are_understood(struct at_contract *t, void *env)
{
    exchange(t, env, false, true, AT_NETDEV_GSO4);
}

static void large_frames_over_ipv6_are_understood(struct at_contract *t, void *env)
{
    exchange(t, env, true, true, AT_NETDEV_GSO6);
}

static const struct at_contract_case offloads[] = {
    {"Carrier_IsOn_WhileTheDeviceIsOpen", carrier_is_on},
    {"Everything_IsNegotiated", everything_is_negotiated},
    {"OpenChecksums_AreUnderstood", open_checksums_are_understood},
    {"LargeFramesOverIpv4_AreUnderstood", large_frames_over_ipv4_are_understood},
    {"LargeFramesOverIpv6_AreUnderstood", large_frames_over_ipv6_are_understood},
};

static bool open(struct port *port, uint16_t index, enum kind kind)
{
    struct at_netfront_config config = {
        .store = at_guest_xenstore(),
        .events = at_guest_events(),
        .grants = at_guest_grants(),
        .pages = at_guest_pages(),
        .wait = at_guest_wait(),
        .buffers = port->buffers,
        .tx = at_netfront_tx(),
        .slots = port->slots,
        .offload = at_netfront_offload(),
        .tx_buffers = TX_BUFFERS,
        .tx_slots = SLOTS,
        .rx_buffers = RX_BUFFERS,
        .index = index,
        .features = index == 1 && kind == WHOLE_FRAMES ? 0 : OFFLOADS,
        .timeout_ns = 10 * SECOND,
    };
    const struct at_netfront *front = front_of(port, kind);
    at_status status;

    if (index == 0)
        config.shared = (struct at_netfront_shared){memory, AT_COUNT_OF(grants_of_memory), grants_of_memory};
    if (kind == WIDE) {
        struct at_netfront_queues_config wide = {
            .front = config,
            .queues = port->queues,
            .count = QUEUES,
            .split = true,
            .multicast = at_netfront_multicast(),
            .groups = port->groups,
            .group_count = AT_COUNT_OF(port->groups),
        };

        status = at_netfront_queues_open(&port->wide, &wide);
    } else {
        status = at_netfront_open(&port->device, &config);
    }
    if (status != AT_OK)
        printf("FAIL Open %s in phase %d\n", at_status_name(status), (int)at_netfront_phase(front));
    return status == AT_OK;
}

static struct at_netdev netdev(struct port *port, enum kind kind)
{
    return kind == WIDE ? at_netfront_queues_netdev(&port->wide) : at_netfront_netdev(&port->device);
}

static bool close(struct port *port, enum kind kind)
{
    uint64_t deadline_ns = at_wait_now(at_guest_wait()) + 5 * SECOND;
    at_status status = kind == WIDE ? at_netfront_queues_close(&port->wide, deadline_ns)
                                    : at_netfront_close(&port->device, deadline_ns);

    if (status != AT_OK)
        printf("FAIL Close %s\n", at_status_name(status));
    if (at_netfront_has_carrier(front_of(port, kind)))
        printf("FAIL Carrier is on when the device is closed\n");
    return status == AT_OK && !at_netfront_has_carrier(front_of(port, kind));
}

static unsigned run_once(enum kind kind)
{
    struct queues_env wide = {.sender = &sender.wide, .receiver = &receiver.wide};
    struct at_netdev_contract_env *env = &wide.contract;
    uint32_t grants = at_xen_grants_available(at_guest_grants()), left;
    unsigned failed;

    *env = (struct at_netdev_contract_env){.memory = memory, .noisy = true, .deadline_ns = soon};
    if (!open(&sender, 0, kind) || !open(&receiver, 1, kind))
        return 1;
    env->dev = netdev(&sender, kind);
    env->arrival = netdev(&receiver, kind);
    running = kind;
    arrives_whole = kind != WHOLE_FRAMES;
    failed = run_contract(at_netdev_contract, at_netdev_contract_count, env);
    failed += run_contract(offloads, AT_COUNT_OF(offloads), env);
    if (kind == WIDE)
        failed += run_contract(queues_cases, queues_case_count, &wide);
    failed += !close(&sender, kind) + !close(&receiver, kind);
    left = at_xen_grants_available(at_guest_grants());
    if (left != grants)
        printf("FAIL Grants %u of %u are back\n", (unsigned)left, (unsigned)grants);
    return failed + (left != grants);
}

int main(void)
{
    static const enum kind kinds[] = {OFFLOADED, WHOLE_FRAMES, WIDE, OFFLOADED, WHOLE_FRAMES};
    unsigned failed = 0;

    for (size_t i = 0; i < AT_COUNT_OF(kinds) && failed == 0; i++)
        failed = run_once(kinds[i]);
    return (int)failed;
}
