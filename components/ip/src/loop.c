/* SPDX-License-Identifier: ISC */
/* The stack's engine: a batch of frames, the timers that are due, sleep. */

#include "internal.h"

#include "lwip/priv/tcp_priv.h"

void at_ip_flush(struct at_ip *ip)
{
    for (struct at_ip_interface *i = ip->interfaces; i != NULL; i = i->next) {
        if (i->dirty) {
            i->dirty = false;
            at_netdev_flush(i->dev);
        }
    }
}

/* What lwIP sends to itself waits in its interfaces. */
static void poll_loopback(struct at_ip *ip)
{
    struct netif *netif;

    NETIF_FOREACH(netif)
    {
        if (netif->loop_first == NULL)
            continue;
        /* Which the device was to fill in. For a frame of its own rx.c sets it anew. */
        NETIF_SET_CHECKSUM_CTRL(netif, netif->chksum_flags & (uint16_t)~NETIF_CHECKSUM_CHECK_TCP);
        netif_poll(netif);
        at_ip_tcp_delivered(ip);
    }
}

/* Everything that can be done now, once. */
static void work(struct at_ip *ip)
{
    ip->now_ns = at_wait_now(ip->config.wait);
    at_ip_enter(ip);
    for (struct at_ip_interface *i = ip->interfaces; i != NULL; i = i->next) {
        bool waited = i->count > 0;

        if (i->in_flight > 0)
            at_ip_transmit_done(i);
        at_ip_receive(i);
        if (!waited)
            continue;
        at_ip_transmit_waiting(i);
        if (i->count == 0)
            tcp_txnow(); /* TCP was told that there is no room, and asks again by itself only when a timer runs */
    }
    at_ip_timers_run(ip);
    at_ip_tcp_send_unsent(ip);
    poll_loopback(ip);
    at_ip_leave(ip);
}

/* Asks every device to wake config.wait. Returns AT_AGAIN to sleep, AT_OK to go on, or what ended the last device. */
static at_status arm(struct at_ip *ip)
{
    at_status result = ip->interfaces == NULL ? AT_AGAIN : AT_CLOSED;

    for (struct at_ip_interface *i = ip->interfaces; i != NULL; i = i->next) {
        at_status status = i->ended;

        i->dirty = false; /* arming shows everything */
        if (status == AT_OK)
            status = at_netdev_arm(i->dev, i->count > 0 ? AT_NETDEV_RX | AT_NETDEV_TX : AT_NETDEV_RX);
        if (status == AT_OK) {
            at_ip_flush(ip); /* those that follow are not armed now, nor next time if this one stays busy */
            return AT_OK;
        }
        if (status == AT_AGAIN)
            result = AT_AGAIN;
        else
            i->ended = status;
        if (result != AT_AGAIN)
            result = status;
    }
    return result;
}

static at_status sleep_until(struct at_ip *ip, uint64_t deadline_ns)
{
    at_status status;

    AT_ASSERT(!at_ip_is_inside()); /* nobody may wait while lwIP is in the middle of something */
    ip->sleeps_until_ns = deadline_ns;
    ip->sleeping = true;
    status = at_wait_sleep(ip->config.wait, deadline_ns);
    ip->sleeping = false;
    return status;
}

at_status at_ip_run(struct at_ip *ip, uint64_t deadline_ns)
{
    at_status status = AT_OK;

    AT_ASSERT(!ip->running);
    ip->running = true;
    for (;;) {
        uint64_t until_ns;

        work(ip);
        until_ns = at_ip_timers_next(ip); /* starts what is needed, also for who runs the stack in short turns */
        if (ip->stop || ip->now_ns >= deadline_ns) {
            status = ip->stop ? AT_OK : AT_TIMED_OUT;
            break;
        }
        status = arm(ip);
        if (status != AT_OK && status != AT_AGAIN)
            break;
        /* Also when there is more to do: others get their turn, and events their handlers. */
        if (status == AT_OK)
            until_ns = 0;
        status = sleep_until(ip, deadline_ns < until_ns ? deadline_ns : until_ns);
        if (status == AT_DEADLOCK)
            break;
    }
    at_ip_flush(ip);
    ip->stop = false;
    ip->running = false;
    return status;
}

void at_ip_stop(struct at_ip *ip)
{
    ip->stop = true;
    if (ip->sleeping)
        at_wait_wake(ip->config.wait);
}

static uint64_t waiter_now(void *ctx)
{
    return at_wait_now(((struct at_ip *)ctx)->config.wait);
}

static at_status waiter_sleep(void *ctx, uint64_t deadline_ns)
{
    return at_ip_run(ctx, deadline_ns);
}

static void waiter_wake(void *ctx)
{
    at_ip_stop(ctx);
}

struct at_wait at_ip_waiter(struct at_ip *ip)
{
    static const struct at_wait_ops ops = {.now_ns = waiter_now, .sleep = waiter_sleep, .wake = waiter_wake};

    return (struct at_wait){.ops = &ops, .ctx = ip};
}
