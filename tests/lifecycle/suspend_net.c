/* SPDX-License-Identifier: ISC */
/*
 * A guest with a network device that can be saved and restored: prints `frame` and a word for each frame of type
 * 0x88b5, `open`, and what became of each time that it was to be suspended. Ends when it is asked to.
 */

#include <stdio.h>

#include <atman/guest.h>
#include <atman/guest_suspend.h>
#include <atman/lifecycle/lifecycle.h>
#include <atman/netfront/netfront.h>

#define SECOND 1000000000u
#define RX_BUFFERS 32

static struct at_lifecycle lifecycle;
static unsigned long frames;

/* `frame`, and what stands in it up to the end of the line. */
static void print_word(const char *text, size_t size)
{
    size_t length = 0;

    while (length < size && text[length] != '\n')
        length++;
    printf("frame %.*s\n", (int)length, text);
}

static at_status show_frames(struct at_netdev dev)
{
    struct at_netdev_part parts[AT_NETDEV_PARTS_MAX];
    size_t count;
    at_status status = at_netdev_recv(dev, parts, AT_NETDEV_PARTS_MAX, &count);

    for (size_t i = 0; i < count; i++) {
        if (parts[i].size > AT_NETDEV_HEADER_SIZE && parts[i].data[12] == 0x88 && parts[i].data[13] == 0xb5)
            print_word((const char *)parts[i].data + AT_NETDEV_HEADER_SIZE, parts[i].size - AT_NETDEV_HEADER_SIZE);
    }
    frames += count;
    at_netdev_release(dev, parts, count);
    return status;
}

static void be_saved(void)
{
    enum at_lifecycle_resumption how;
    at_status status;

    at_lifecycle_clear(&lifecycle);
    status = at_guest_suspend(&how, 5ull * SECOND);
    if (status != AT_OK)
        printf("refused: %s\n", at_status_name(status));
    else
        printf("%s after %lu frames\n", how == AT_LIFECYCLE_RESTORED ? "restored" : "cancelled", frames);
}

int main(void)
{
    static struct at_netfront device;
    static struct at_netfront_buffer buffers[RX_BUFFERS];
    static struct at_lifecycle_hook hook;
    const struct at_netfront_config config = {
        .store = at_guest_xenstore(),
        .events = at_guest_events(),
        .grants = at_guest_grants(),
        .pages = at_guest_pages(),
        .wait = at_guest_wait(),
        .buffers = buffers,
        .rx_buffers = RX_BUFFERS,
        .timeout_ns = 5ull * SECOND,
    };
    at_status status;

    at_guest_hooks();
    status = at_netfront_open(&device, &config);
    if (status != AT_OK)
        return 1;
    at_guest_hook_netfront(&hook, &device);
    puts("open");
    status = at_lifecycle_start(&lifecycle, config.store, config.wait, at_wait_now(config.wait) + SECOND);
    while (status == AT_OK && (at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_NONE ||
                               at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_SUSPEND)) {
        if (at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_SUSPEND)
            be_saved();
        status = at_netdev_wait(at_netfront_netdev(&device), AT_NETDEV_RX, AT_NEVER);
        if (status == AT_OK)
            status = show_frames(at_netfront_netdev(&device));
    }
    printf("ended: %s\n", at_status_name(status));
    at_netfront_close(&device, at_wait_now(config.wait) + SECOND);
    return status != AT_OK;
}
