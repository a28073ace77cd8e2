/* SPDX-License-Identifier: ISC */
#include <atman/base/panic.h>
#include <atman/guest_suspend.h>
#include <atman/ip/ip.h>

static void resume(void *ctx, enum at_lifecycle_resumption how)
{
    if (how == AT_LIFECYCLE_RESTORED && at_ip_reseed(ctx) != AT_OK)
        at_panic("the machine that the guest was restored on has no source of entropy for the TCP/IP stack");
}

void at_guest_hook_ip(struct at_lifecycle_hook *hook, struct at_ip *ip)
{
    *hook = (struct at_lifecycle_hook){.name = "ip", .ctx = ip, .resume = resume};
    at_lifecycle_hook_add(at_guest_hooks(), hook);
}
