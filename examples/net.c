/* SPDX-License-Identifier: ISC */
/*
 * Opens the first network device and prints a line for every Ethernet frame that arrives, until it is asked to shut
 * down.
 */
#include <string.h>

#include <atman/base/console.h>
#include <atman/guest.h>
#include <atman/lifecycle/lifecycle.h>
#include <atman/netfront/netfront.h>
#include <atman/xenstore/request.h>
#include <atman/xenstore/xenstore.h>

#include "net_line.h"

#define SECOND 1000000000u
#define RX_BUFFERS 64

static struct at_netfront device;
static struct at_netfront_buffer buffers[RX_BUFFERS];
static struct at_lifecycle lifecycle;

/* Straight to the console: stdio works as well, and would be a tenth of this program. */
static void print(const char *text)
{
    at_console_write(text, strlen(text));
}

static void print_value(const char *what, const char *value)
{
    print(what);
    print(value);
    print("\n");
}

static int complain(at_status status)
{
    if (status == AT_NOT_FOUND && at_netfront_phase(&device) == AT_NETFRONT_DEVICE)
        print("No network device: this guest's configuration has no vif.\n");
    else if (status == AT_TIMED_OUT && at_netfront_phase(&device) == AT_NETFRONT_CONNECT)
        print("Network device never connected: its back-end did not answer in 10 seconds.\n");
    else
        print_value("Network device cannot be opened: ", at_status_name(status));
    return 1;
}

/* The address that the toolstack configured: xl writes it among the back-end's keys, others among the device's own. */
static const char *ip_address(struct at_xenstore *store, char own[64], char backend[64], uint64_t deadline_ns)
{
    struct at_xenstore_request reads[] = {
        {.op = AT_XENSTORE_READ, .dir = "device/vif/0", .path = "ip", .reply = own, .capacity = 64},
        {.op = AT_XENSTORE_READ, .dir = at_netfront_backend(&device), .path = "ip", .reply = backend, .capacity = 64},
    };
    at_status status = at_xenstore_call(store, reads, 2, deadline_ns);

    if (status == AT_OK && reads[0].status != AT_OK && reads[1].status == AT_OK)
        return backend;
    status = status == AT_OK ? reads[0].status : status;
    return status == AT_OK ? own : at_xenstore_error_name(status);
}

static void introduce(struct at_netdev dev, struct at_xenstore *store, uint64_t deadline_ns)
{
    char mac[NET_MAC_SIZE], own[64], backend[64];

    net_mac(mac, at_netdev_info(dev)->mac);
    print("Network device initialized:\n");
    print_value("  Mac address: ", mac);
    print_value("  IP address:  ", ip_address(store, own, backend, deadline_ns));
}

/* Prints what has arrived. A frame is the driver's: it is looked at where it lies, and given back. */
static at_status print_frames(struct at_netdev dev)
{
    struct at_netdev_part frames[AT_NETDEV_PARTS_MAX]; /* each is whole: nothing else was asked for */
    char line[NET_LINE_SIZE];
    size_t count;
    at_status status = at_netdev_recv(dev, frames, AT_NETDEV_PARTS_MAX, &count);

    for (size_t i = 0; i < count; i++) {
        net_line(line, frames[i].data, frames[i].size);
        print(line);
    }
    at_netdev_release(dev, frames, count);
    return status;
}

int main(void)
{
    struct at_wait wait = at_guest_wait();
    const struct at_netfront_config config = {
        .store = at_guest_xenstore(),
        .events = at_guest_events(),
        .grants = at_guest_grants(),
        .pages = at_guest_pages(),
        .wait = wait,
        .buffers = buffers,
        .rx_buffers = RX_BUFFERS,
        .timeout_ns = 10ull * SECOND,
    };
    at_status status = at_netfront_open(&device, &config);
    struct at_netdev dev = at_netfront_netdev(&device);
    uint64_t now_ns;

    if (status != AT_OK)
        return complain(status);
    introduce(dev, config.store, at_wait_now(wait) + SECOND);

    status = at_lifecycle_start(&lifecycle, config.store, wait, at_wait_now(wait) + SECOND);
    while (status == AT_OK && at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_NONE) {
        status = at_netdev_wait(dev, AT_NETDEV_RX, AT_NEVER);
        if (status == AT_OK)
            status = print_frames(dev);
    }
    now_ns = at_wait_now(wait);
    at_lifecycle_stop(&lifecycle, now_ns + SECOND / 4);
    at_netfront_close(&device, now_ns + SECOND / 4 * 3);
    if (status != AT_OK)
        print_value("Network device ended: ", at_status_name(status));
    else if (at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_REBOOT)
        at_guest_reboot();
    return status != AT_OK;
}
