/* SPDX-License-Identifier: ISC */
/*
 * Holds the first network device whenever there is one, for dom0 to take away and to give back: prints `open`, then a
 * line for each frame of type 0x88b5, then why the device ended, and if it cannot be closed, why.
 */

#include <stdio.h>

#include <atman/guest.h>
#include <atman/netfront/netfront.h>

#define SECOND 1000000000u
#define RX_BUFFERS 32

static void show_frames(struct at_netdev dev)
{
    struct at_netdev_part frames[AT_NETDEV_PARTS_MAX];
    at_status status = AT_OK;

    while (status == AT_OK) {
        size_t count;

        status = at_netdev_recv(dev, frames, AT_NETDEV_PARTS_MAX, &count);
        for (size_t i = 0; i < count; i++) {
            if (frames[i].size > AT_NETDEV_HEADER_SIZE && frames[i].data[12] == 0x88 && frames[i].data[13] == 0xb5)
                printf("frame %c\n", frames[i].data[AT_NETDEV_HEADER_SIZE]);
        }
        at_netdev_release(dev, frames, count);
        if (status == AT_OK)
            status = at_netdev_wait(dev, AT_NETDEV_RX, AT_NEVER);
    }
    printf("ended: %s\n", at_status_name(status));
}

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
        .timeout_ns = SECOND,
    };

    for (;;) {
        at_status status = at_netfront_open(&device, &config);

        if (status == AT_OK) {
            puts("open");
            show_frames(at_netfront_netdev(&device));
        }
        /* A back-end that was cut off may need a while to let go of the pages. */
        while ((status = at_netfront_close(&device, at_wait_now(config.wait) + SECOND)) == AT_BUSY)
            (void)at_wait_sleep(config.wait, at_wait_now(config.wait) + SECOND / 10);
        if (status != AT_OK)
            printf("closed: %s\n", at_status_name(status));
        /* Time for the toolstack to take the device away: one that is opened meanwhile is in its way. */
        for (uint64_t next = at_wait_now(config.wait) + SECOND; at_wait_now(config.wait) < next;)
            (void)at_wait_sleep(config.wait, next);
    }
}
