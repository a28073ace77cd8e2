/* SPDX-License-Identifier: ISC */
#include <atman/guest_suspend.h>
#include <atman/netfront/netfront.h>

static void resume(void *ctx, enum at_lifecycle_resumption how)
{
    if (how == AT_LIFECYCLE_RESTORED)
        at_netfront_resume(ctx);
}

static at_status reconnect(void *ctx, uint64_t deadline_ns)
{
    (void)deadline_ns; /* the device has its own */
    return at_netfront_reconnect(ctx);
}

void at_guest_hook_netfront(struct at_lifecycle_hook *hook, struct at_netfront *front)
{
    *hook = (struct at_lifecycle_hook){.name = "netfront", .ctx = front, .resume = resume, .reconnect = reconnect};
    at_lifecycle_hook_add(at_guest_hooks(), hook);
}
