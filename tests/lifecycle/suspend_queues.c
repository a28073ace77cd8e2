/* SPDX-License-Identifier: ISC */
/*
 * A guest with a network device of two queues and split channels, for the toolstack to save and restore, and to take
 * away and give back: prints `open`, with how many queues are in use, `frame` and a word for each frame of type 0x88b5,
 * and what became of each time that it was to be suspended. Opens the device again when it has ended.
 */

#include <stdio.h>

#include <atman/guest.h>
#include <atman/guest_suspend.h>
#include <atman/lifecycle/lifecycle.h>
#include <atman/netfront/queues.h>

#define SECOND 1000000000u
#define QUEUES 2
#define RX_BUFFERS 32

static struct at_lifecycle lifecycle;
static struct at_netfront_queues device;

static void print_state(const char *what)
{
    printf("%s, %u queues%s\n", what, at_netfront_queues_count(&device),
           at_netfront_queues_is_split(&device) ? ", split" : "");
}

static at_status show_frames(struct at_netdev dev)
{
    struct at_netdev_part parts[AT_NETDEV_PARTS_MAX];
    size_t count;
    at_status status = at_netdev_recv(dev, parts, AT_NETDEV_PARTS_MAX, &count);

    for (size_t i = 0; i < count; i++) {
        const uint8_t *text = parts[i].data + AT_NETDEV_HEADER_SIZE;
        size_t size = 0;

        while (AT_NETDEV_HEADER_SIZE + size < parts[i].size && text[size] != '\n')
            size++;
        if (parts[i].size > AT_NETDEV_HEADER_SIZE && parts[i].data[12] == 0x88 && parts[i].data[13] == 0xb5)
            printf("frame %.*s\n", (int)size, (const char *)text);
    }
    at_netdev_release(dev, parts, count);
    return status;
}

static void resume(void *ctx, enum at_lifecycle_resumption how)
{
    if (how == AT_LIFECYCLE_RESTORED)
        at_netfront_queues_resume(ctx);
}

static at_status reconnect(void *ctx, uint64_t deadline_ns)
{
    (void)deadline_ns; /* the device has its own */
    return at_netfront_queues_reconnect(ctx);
}

static void be_saved(void)
{
    enum at_lifecycle_resumption how;
    at_status status;

    at_lifecycle_clear(&lifecycle);
    status = at_guest_suspend(&how, 5ull * SECOND);
    print_state(status != AT_OK ? at_status_name(status) : how == AT_LIFECYCLE_RESTORED ? "restored" : "cancelled");
}

/* Whether the guest is not to end. */
static bool goes_on(void)
{
    enum at_lifecycle_request request = at_lifecycle_requested(&lifecycle);

    if (request == AT_LIFECYCLE_SUSPEND)
        be_saved();
    return request == AT_LIFECYCLE_NONE || request == AT_LIFECYCLE_SUSPEND;
}

/* From opening the device to the end of it or of the guest. */
static void use_device(const struct at_netfront_queues_config *config)
{
    static struct at_lifecycle_hook hook;
    const struct at_wait wait = config->front.wait;
    at_status status = at_netfront_queues_open(&device, config);

    if (status == AT_OK) {
        struct at_netdev dev = at_netfront_queues_netdev(&device);

        hook = (struct at_lifecycle_hook){.name = "queues", .ctx = &device, .resume = resume, .reconnect = reconnect};
        at_lifecycle_hook_add(at_guest_hooks(), &hook);
        print_state("open");
        while (status == AT_OK && goes_on()) {
            status = at_netdev_wait(dev, AT_NETDEV_RX, AT_NEVER);
            if (status == AT_OK)
                status = show_frames(dev);
        }
        printf("ended: %s\n", at_status_name(status));
        at_lifecycle_hook_remove(&hook);
    }
    while (at_netfront_queues_close(&device, at_wait_now(wait) + SECOND) == AT_BUSY)
        (void)at_wait_sleep(wait, at_wait_now(wait) + SECOND / 10);
}

int main(void)
{
    static struct at_netfront_queue queues[QUEUES];
    static struct at_netfront_buffer buffers[QUEUES * RX_BUFFERS];
    const struct at_netfront_queues_config config = {
        .front = {.store = at_guest_xenstore(),
                  .events = at_guest_events(),
                  .grants = at_guest_grants(),
                  .pages = at_guest_pages(),
                  .wait = at_guest_wait(),
                  .buffers = buffers,
                  .rx_buffers = RX_BUFFERS,
                  .timeout_ns = 5ull * SECOND},
        .queues = queues,
        .count = QUEUES,
        .split = true,
    };
    const struct at_wait wait = config.front.wait;

    at_guest_hooks();
    if (at_lifecycle_start(&lifecycle, config.front.store, wait, at_wait_now(wait) + SECOND) != AT_OK)
        return 1;
    while (goes_on()) {
        use_device(&config);
        /* Time for the toolstack to take the device away: one that is opened meanwhile is in its way. */
        for (uint64_t next = at_wait_now(wait) + SECOND; goes_on() && at_wait_now(wait) < next;)
            (void)at_wait_sleep(wait, next);
    }
    return 0;
}
