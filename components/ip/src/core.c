/* SPDX-License-Identifier: ISC */
/* The stack's beginning and end, and the guard around lwIP. */

#include <string.h>

#include <atman/ip/tcp.h>

#include "internal.h"

#include "lwip/dns.h"
#include "lwip/init.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/netif.h"
#include "lwip/sys.h"
#include "lwip/priv/tcp_priv.h"

/* lwIP's state is in globals, so its glue's is as well. */
struct at_ip *at_ip_the;

/* Calls of at_ip_enter() without at_ip_leave(). Not in struct at_ip: lwIP asks for it dozens of times for a segment. */
static unsigned depth;

/* lwIP asks it wherever somebody comes in from outside. */
void at_ip_assert_entered(void)
{
    AT_ASSERT(depth > 0);
}

/* From outside of at_ip_run() it may be long since the last batch: then the clock has stood still. */
void at_ip_enter(struct at_ip *ip)
{
    if (depth++ > 0 || !ip->sleeping || !ip->is_resting)
        return;
    ip->now_ns = at_wait_now(ip->config.wait);
    at_ip_timers_wake(ip);
}

/* Whether something waits that the stack sends to itself. */
static bool has_loopback(void)
{
    struct netif *netif;

    NETIF_FOREACH(netif)
    {
        if (netif->loop_first != NULL)
            return true;
    }
    return false;
}

/*
 * From outside of at_ip_run() the end of the outermost call is the end of the batch. A timer that the call needs may be
 * earlier than the one that at_ip_run() sleeps for: TCP's, or who needs another says so in timers_changed.
 */
void at_ip_leave(struct at_ip *ip)
{
    at_ip_assert_entered();
    if (--depth > 0 || (ip->running && !ip->sleeping))
        return;
    at_ip_flush(ip);
    if (!ip->sleeping)
        return;
    if (at_ip_timers_next(ip) < ip->sleeps_until_ns || has_loopback() || !at_list_is_empty(&ip->unsent))
        at_wait_wake(ip->config.wait);
}

bool at_ip_is_inside(void)
{
    return depth > 0;
}

bool at_ip_is_in_batch(void)
{
    return depth > 1;
}

u32_t sys_now(void)
{
    return (u32_t)(at_ip_the->now_ns / AT_IP_MS);
}

void sys_init(void) {}

at_status at_ip_init(struct at_ip **out, const struct at_ip_config *config)
{
    struct at_ip *ip;
    at_status status;

    if (at_ip_the != NULL)
        return AT_EXISTS;
    ip = at_mm_heap_alloc(config->heap, sizeof(*ip));
    if (ip == NULL)
        return AT_NO_MEMORY;
    memset(ip, 0, sizeof(*ip));
    ip->config = *config;
    ip->now_ns = at_wait_now(config->wait);
    status = at_ip_random_init(ip);
    if (status == AT_OK)
        status = at_ip_pools_init(ip);
    if (status != AT_OK) {
        at_mm_heap_free(config->heap, ip);
        return status;
    }
    at_ip_timers_init(ip);
    at_list_init(&ip->unsent);
    at_ip_the = ip;
    at_ip_enter(ip);
    lwip_init();
    at_ip_leave(ip);
    *out = ip;
    return AT_OK;
}

/* Control blocks only: what wraps them is freed as its owner is told, or with the heap. */
static void close_connections(void)
{
    while (tcp_active_pcbs != NULL)
        tcp_abandon(tcp_active_pcbs, 1);
    while (tcp_tw_pcbs != NULL)
        tcp_abandon(tcp_tw_pcbs, 0);
    while (tcp_bound_pcbs != NULL)
        tcp_abandon(tcp_bound_pcbs, 0);
    while (tcp_listen_pcbs.pcbs != NULL)
        at_ip_tcp_listener_close(tcp_listen_pcbs.pcbs->callback_arg);
}

static bool holds_parts(const struct at_ip *ip)
{
    for (const struct at_ip_interface *i = ip->interfaces; i != NULL; i = i->next) {
        if (i->stats.rx_held > 0)
            return true;
    }
    return false;
}

/* lwIP gives fragments and questions up after so many seconds, and has no other way. */
static void pass_seconds(const struct at_ip *ip)
{
    for (unsigned i = 0; i < 128; i++) {
        ip_reass_tmr();
        ip6_reass_tmr();
        if (ip->dns_timer != NULL)
            ip->dns_timer();
    }
}

static void drop_loopback(void)
{
    struct netif *netif;

    NETIF_FOREACH(netif)
    {
        at_ip_loopback_drop(netif);
    }
}

static void remove_interfaces(struct at_ip *ip)
{
    drop_loopback();
    while (ip->interfaces != NULL)
        at_ip_interface_drop(ip->interfaces);
    pass_seconds(ip);
    drop_loopback(); /* where lwIP sends what it says of fragments given up, when no other interface is left */
    at_ip_udp_fini(ip);
    for (u8_t i = 0; i < AT_IP_DNS_SERVERS_MAX; i++)
        dns_setserver(i, NULL);
    while (netif_list != NULL)
        netif_remove(netif_list); /* the loopback interface, which lwip_init() will add again */
}

at_status at_ip_fini(struct at_ip *ip)
{
    struct at_mm_heap *heap = ip->config.heap;
    bool is_held;

    at_ip_enter(ip);
    ip->removing = true;
    close_connections();
    is_held = holds_parts(ip);
    if (!is_held)
        remove_interfaces(ip);
    at_ip_leave(ip);
    if (is_held || ip->copies > 0)
        return AT_BUSY;
    at_ip_time_wait_fini(ip);
    at_ip_pools_fini(ip);
    at_mm_heap_free(heap, ip);
    at_ip_the = NULL;
    return AT_OK;
}
