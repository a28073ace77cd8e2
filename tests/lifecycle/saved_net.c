/* SPDX-License-Identifier: ISC */
/*
 * What is put between examples/net.c and the kit so that this program, as it is, can be saved and restored: it opens
 * its device, starts to watch for requests and waits for frames by these functions (BUILD says so to the compiler), and
 * its waits carry out a request to suspend. Prints what became of each.
 */

#include <stdio.h>

#include <atman/guest.h>
#include <atman/guest_suspend.h>
#include <atman/lifecycle/lifecycle.h>
#include <atman/netfront/netfront.h>

#define SECOND 1000000000u

at_status saved_net_open(struct at_netfront *nf, const struct at_netfront_config *config);
struct at_netdev saved_net_netdev(struct at_netfront *nf);
at_status saved_net_start(struct at_lifecycle *l, struct at_xenstore *xs, struct at_wait wake, uint64_t deadline_ns);

static struct at_lifecycle *requests;
static const struct at_netdev_ops *ops_of_netfront;

static void be_saved(void)
{
    enum at_lifecycle_resumption how;
    at_status status;

    at_lifecycle_clear(requests);
    status = at_guest_suspend(&how, 5ull * SECOND);
    puts(status != AT_OK ? at_status_name(status) : how == AT_LIFECYCLE_RESTORED ? "restored" : "cancelled");
}

static at_status wait_or_be_saved(void *ctx, unsigned events, uint64_t deadline_ns)
{
    at_status status = ops_of_netfront->wait(ctx, events, deadline_ns);

    if (at_lifecycle_requested(requests) == AT_LIFECYCLE_SUSPEND)
        be_saved();
    return status;
}

at_status saved_net_open(struct at_netfront *nf, const struct at_netfront_config *config)
{
    static struct at_lifecycle_hook hook;
    at_status status;

    at_guest_hooks();
    status = at_netfront_open(nf, config);
    if (status == AT_OK)
        at_guest_hook_netfront(&hook, nf);
    return status;
}

struct at_netdev saved_net_netdev(struct at_netfront *nf)
{
    static struct at_netdev_ops ops;
    struct at_netdev dev = at_netfront_netdev(nf);

    ops_of_netfront = dev.ops;
    ops = *dev.ops;
    ops.wait = wait_or_be_saved;
    return (struct at_netdev){&ops, dev.ctx};
}

at_status saved_net_start(struct at_lifecycle *l, struct at_xenstore *xs, struct at_wait wake, uint64_t deadline_ns)
{
    requests = l;
    return at_lifecycle_start(l, xs, wake, deadline_ns);
}
