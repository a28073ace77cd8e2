/* SPDX-License-Identifier: ISC */
/* The devices, the memory that they share, and the stack on them. Nothing here is of this platform only. */

#include <atman/guest_ip.h>

#include <stddef.h>

#include <atman/base/panic.h>
#include <atman/base/status.h>
#include <atman/guest.h>
#include <atman/ip/ip.h>
#include <atman/ip/settings.h>
#include <atman/mm/frames.h>
#include <atman/mm/heap.h>
#include <atman/mm/run.h>
#include <atman/netfront/netfront.h>
#include <atman/xenstore/request.h>
#include <atman/xenstore/xenstore.h>

#define SECOND 1000000000ull
#define DEVICES 4
#define RX_MAX 128u
#define RX_MIN 32u
#define TX_BUFFERS 16u
#define TX_SLOTS 128u
#define SHARED_MAX 128u
#define ADDRESS_SIZE 128

/* Everything of one device, in one allocation: it lives as long as the guest. */
struct device {
    struct at_netfront front;
    struct at_netfront_slot slots[TX_SLOTS];
    uint32_t grants[SHARED_MAX];
    struct at_netfront_buffer buffers[RX_MAX + TX_BUFFERS];
};

static struct at_netfront *fronts[DEVICES];

static size_t total_pages(void)
{
    struct at_mm_frames_stats stats;

    at_mm_frames_stats(at_guest_frames(), &stats);
    return stats.total;
}

static uint32_t share_of(size_t pages, uint32_t least, uint32_t most)
{
    size_t share = pages / 8;

    return share < least ? least : share > most ? most : (uint32_t)share;
}

/* The address that the toolstack wrote for the device, in its own folder or in the back-end's; NULL if it did not. */
static const char *toolstack_address(const struct at_netfront *front, char own[ADDRESS_SIZE],
                                     char backend[ADDRESS_SIZE])
{
    struct at_xenstore_request reads[] = {
        {.op = AT_XENSTORE_READ, .dir = front->dir, .path = "ip", .reply = own, .capacity = ADDRESS_SIZE},
        {.op = AT_XENSTORE_READ,
         .dir = at_netfront_backend(front),
         .path = "ip",
         .reply = backend,
         .capacity = ADDRESS_SIZE},
    };
    struct at_xenstore *store = at_guest_xenstore();

    if (at_xenstore_call(store, reads, 2, at_wait_now(at_guest_wait()) + SECOND) != AT_OK)
        return NULL;
    return reads[0].status == AT_OK ? own : reads[1].status == AT_OK ? backend : NULL;
}

/* Opens device/vif/INDEX. Returns NULL if there is no such device. */
static struct at_netfront *open_device(unsigned index, struct at_span shared)
{
    struct device *device = at_mm_heap_calloc(at_guest_heap(), 1, sizeof(*device));
    struct at_netfront_config config = {
        .store = at_guest_xenstore(),
        .events = at_guest_events(),
        .grants = at_guest_grants(),
        .pages = at_guest_pages(),
        .wait = at_guest_wait(),
        .tx = at_netfront_tx(),
        .offload = at_netfront_offload(),
        .rx_buffers = (uint16_t)share_of(total_pages(), RX_MIN, index == 0 ? RX_MAX : RX_MIN),
        .tx_buffers = TX_BUFFERS,
        .tx_slots = TX_SLOTS,
        .index = (uint16_t)index,
        .features = AT_NETFRONT_SG | AT_NETFRONT_CSUM | AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6,
        .timeout_ns = 10 * SECOND,
    };
    at_status status;

    if (device == NULL)
        at_panic("no memory for a network device");
    config.buffers = device->buffers;
    config.slots = device->slots;
    if (index == 0) { /* the grant table would not hold them for every device; the others copy */
        config.shared.base = shared.data;
        config.shared.pages = (uint32_t)(shared.size / AT_MM_PAGE_SIZE);
        config.shared.grants = device->grants;
    }
    status = at_netfront_open(&device->front, &config);
    if (status == AT_NOT_FOUND && at_netfront_phase(&device->front) == AT_NETFRONT_DEVICE) {
        at_mm_heap_free(at_guest_heap(), device);
        return NULL;
    }
    if (status != AT_OK)
        at_panic(status == AT_TIMED_OUT ? "network device never connected: its back-end did not answer in 10 seconds"
                                        : "network device cannot be opened");
    return &device->front;
}

static void add_interface(struct at_ip *ip, struct at_netfront *front, unsigned index, char *const *words)
{
    char own[ADDRESS_SIZE], backend[ADDRESS_SIZE];
    struct at_ip_interface *interface;
    struct at_ip_settings settings, with_default;
    const char *error, *address;

    if (at_ip_settings_parse(&settings, &error, words, index, NULL) != AT_OK)
        at_panic(error);
    address = settings.dhcp ? toolstack_address(front, own, backend) : NULL;
    /* Toolstacks write all kinds of things there; what is no address leaves DHCP. */
    if (address != NULL && at_ip_settings_parse(&with_default, &error, words, index, address) == AT_OK)
        settings = with_default;
    if (at_ip_interface_add(ip, &interface, at_netfront_netdev(front), &settings) != AT_OK)
        at_panic("no memory for a network interface");
}

static struct at_span take_shared(void)
{
    uint32_t pages = share_of(total_pages(), 16, SHARED_MAX);
    void *run;

    if (at_mm_run_alloc(at_guest_frames(), &run, pages, 0) != AT_OK)
        at_panic("no memory for a network device");
    return at_span_of(run, pages * AT_MM_PAGE_SIZE);
}

struct at_ip *at_guest_ip(char *const *words)
{
    static struct at_ip *ip;
    struct at_ip_config config = {.wait = at_guest_wait()};
    struct at_netfront *front;
    at_status status;

    if (ip != NULL)
        return ip;
    config.heap = at_guest_heap();
    config.shared = take_shared();
    status = at_ip_init(&ip, &config);
    if (status != AT_OK)
        at_panic(status == AT_UNSUPPORTED ? "no source of entropy for the TCP/IP stack"
                                          : "no memory for the TCP/IP stack");
    for (unsigned index = 0; index < DEVICES; index++) {
        front = open_device(index, config.shared);
        if (front == NULL)
            break;
        fronts[index] = front;
        add_interface(ip, front, index, words);
    }
    if (at_ip_interface_first(ip) == NULL)
        at_panic("no network device: this guest's configuration has no vif");
    return ip;
}

struct at_netfront *at_guest_ip_device(unsigned index)
{
    return index < DEVICES ? fronts[index] : NULL;
}
