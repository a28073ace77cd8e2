/* SPDX-License-Identifier: ISC */
/*
 * The guest that `atman bench netfront` measures: drops what its network device receives, and sends as many frames as a
 * frame of type 0x88b6 asks for, from where they lie. The argument says how the device is opened: `front` (netfront.h),
 * `queues` (queues.h, one queue) or `poll` (the same, and it looks at the rings before it sleeps). Ends when it is
 * asked.
 */

#include <stdio.h>
#include <string.h>

#include <atman/base/bits.h>
#include <atman/guest.h>
#include <atman/lifecycle/lifecycle.h>
#include <atman/netfront/netfront.h>
#include <atman/netfront/queues.h>

#define SECOND 1000000000u
#define POLL_NS 50000
#define BUFFERS 256        /* as many as Linux has */
#define MEMORY_PAGES 16    /* a frame on each, in turn: Xen counts up to 255 mappings of one grant */
#define ORDER_TYPE 0x88b6u /* for experiments: IEEE 802 */
#define ORDER_SIZE (AT_NETDEV_HEADER_SIZE + 6u)

/* What a frame of ORDER_TYPE says behind its header. */
struct order {
    uint32_t count;
    uint16_t size;
};

static _Alignas(4096) uint8_t memory[MEMORY_PAGES * 4096];
static struct at_lifecycle lifecycle;

static uint16_t read16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void take_back(struct at_netdev dev)
{
    void *cookies[64];
    size_t count;

    do {
        count = 0;
        (void)at_netdev_tx_done(dev, cookies, AT_COUNT_OF(cookies), &count);
    } while (count == AT_COUNT_OF(cookies));
}

/* To an address that nobody has, so that it ends in dom0's bridge. */
static void carry_out(struct at_netdev dev, const struct order *order)
{
    static const uint8_t head[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
    struct at_netdev_piece piece = {memory, order->size};
    const struct at_netdev_frame frame = {.pieces = &piece, .count = 1, .cookie = memory};
    uint32_t left = order->count;

    for (unsigned i = 0; i < MEMORY_PAGES; i++)
        memcpy(memory + 4096 * i, head, sizeof head);
    while (left > 0) {
        at_status status = at_netdev_send(dev, &frame);

        if (status == AT_OK) {
            left--;
            piece.data = memory + 4096 * (left % MEMORY_PAGES);
        } else if (status != AT_AGAIN || at_netdev_wait(dev, AT_NETDEV_TX, AT_NEVER) != AT_OK) {
            printf("cannot send: %s\n", at_status_name(status));
            return;
        } else {
            take_back(dev);
        }
    }
    at_netdev_flush(dev);
}

static at_status serve(struct at_netdev dev)
{
    struct at_netdev_part parts[2 * AT_NETDEV_PARTS_MAX];
    struct order order = {0, 0};
    size_t count;
    at_status status = at_netdev_wait(dev, AT_NETDEV_RX, AT_NEVER);

    if (status != AT_OK || (status = at_netdev_recv(dev, parts, AT_COUNT_OF(parts), &count)) != AT_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *data = parts[i].data;

        if (parts[i].size >= ORDER_SIZE && read16(data + 12) == ORDER_TYPE)
            order = (struct order){(uint32_t)read16(data + 14) << 16 | read16(data + 16), read16(data + 18)};
    }
    at_netdev_release(dev, parts, count);
    if (order.count > 0 && order.size >= AT_NETDEV_HEADER_SIZE && order.size <= at_netdev_info(dev)->max_frame)
        carry_out(dev, &order);
    return AT_OK;
}

static at_status open(struct at_netdev *dev, const char *how)
{
    static struct at_netfront front;
    static struct at_netfront_queues device;
    static struct at_netfront_queue queue;
    static struct at_netfront_buffer buffers[2 * BUFFERS];
    static struct at_netfront_slot slots[BUFFERS];
    static uint32_t grants[MEMORY_PAGES];
    const struct at_netfront_queues_config config = {
        .front = {.store = at_guest_xenstore(),
                  .events = at_guest_events(),
                  .grants = at_guest_grants(),
                  .pages = at_guest_pages(),
                  .wait = at_guest_wait(),
                  .buffers = buffers,
                  .tx = at_netfront_tx(),
                  .slots = slots,
                  .shared = {memory, MEMORY_PAGES, grants},
                  .tx_buffers = 1,
                  .tx_slots = BUFFERS,
                  .rx_buffers = BUFFERS,
                  .timeout_ns = 10ull * SECOND},
        .queues = &queue,
        .count = 1,
        .poll_ns = strcmp(how, "poll") == 0 ? POLL_NS : 0,
    };
    at_status status;

    if (strcmp(how, "front") == 0) {
        status = at_netfront_open(&front, &config.front);
        *dev = at_netfront_netdev(&front);
    } else {
        status = at_netfront_queues_open(&device, &config);
        *dev = at_netfront_queues_netdev(&device);
    }
    return status;
}

int main(int argc, char **argv)
{
    struct at_wait wait = at_guest_wait();
    struct at_netdev dev;
    at_status status = open(&dev, argv[argc - 1]);

    if (status == AT_OK)
        status = at_lifecycle_start(&lifecycle, at_guest_xenstore(), wait, at_wait_now(wait) + SECOND);
    puts(status == AT_OK ? "ready" : at_status_name(status));
    while (status == AT_OK && at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_NONE)
        status = serve(dev);
    return status != AT_OK;
}
