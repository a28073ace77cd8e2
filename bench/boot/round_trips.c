/* SPDX-License-Identifier: ISC */
/* Connects the first network device as examples/net does, and prints how often it waited for XenStore until then. */

#include <stdio.h>

#include <atman/guest.h>
#include <atman/netfront/netfront.h>
#include <atman/xenstore/xenstore.h>

#define RX_BUFFERS 64

int main(void)
{
    static struct at_netfront device;
    static struct at_netfront_buffer buffers[RX_BUFFERS];
    const struct at_netfront_config config = {
        .store = at_guest_xenstore(),
        .events = at_guest_events(),
        .grants = at_guest_grants(),
        .pages = at_guest_pages(),
        .wait = at_guest_wait(),
        .buffers = buffers,
        .rx_buffers = RX_BUFFERS,
        .timeout_ns = 10000000000u,
    };
    at_status status = at_netfront_open(&device, &config);
    struct at_xenstore_stats stats;

    at_xenstore_stats(config.store, &stats);
    printf("%s after %u round trips of %u requests\n", at_status_name(status), (unsigned)stats.round_trips,
           (unsigned)stats.requests);
    return status != AT_OK;
}
