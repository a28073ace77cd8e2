/* SPDX-License-Identifier: ISC */
/*
 * lwIP's cyclic timers. Each runs only while something needs it, and falls on multiples of its interval, so that those
 * that run at all run together: an idle guest wakes once a second, and not at all without an interface.
 */

#include "internal.h"
#include "tcp.h"

#include "lwip/dhcp.h"
#include "lwip/dhcp6.h"
#include "lwip/etharp.h"
#include "lwip/igmp.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/memp.h"
#include "lwip/mld6.h"
#include "lwip/nd6.h"
#include "lwip/priv/tcp_priv.h"

struct timer {
    void (*run)(void);
    bool (*is_needed)(void);
    uint16_t interval_ms;
};

static bool has_connections(void)
{
    return tcp_active_pcbs != NULL || tcp_tw_pcbs != NULL;
}

static bool has_fragments4(void)
{
    return at_ip_pool_count(MEMP_REASSDATA) > 0;
}

static bool has_fragments6(void)
{
    return at_ip_pool_count(MEMP_IP6_REASSDATA) > 0;
}

static bool has_names(void)
{
    return at_ip_the->dns_timer != NULL;
}

static void run_dns(void)
{
    at_ip_the->dns_timer();
}

/* ARP's and neighbour discovery's tables age as long as there is a device. */
static bool has_device(void)
{
    return at_ip_the->interfaces != NULL;
}

static bool has_dhcp(void)
{
    for (struct at_ip_interface *i = at_ip_the->interfaces; i != NULL; i = i->next) {
        if (netif_dhcp_data(&i->netif) != NULL)
            return true;
    }
    return false;
}

static bool has_dhcp_request(void)
{
    for (struct at_ip_interface *i = at_ip_the->interfaces; i != NULL; i = i->next) {
        const struct dhcp *dhcp = netif_dhcp_data(&i->netif);

        if (dhcp != NULL && dhcp->request_timeout > 0)
            return true;
    }
    return false;
}

static bool has_dhcp6_request(void)
{
    for (struct at_ip_interface *i = at_ip_the->interfaces; i != NULL; i = i->next) {
        const struct dhcp6 *dhcp6 = netif_dhcp6_data(&i->netif);

        if (dhcp6 != NULL && dhcp6->request_timeout > 0)
            return true;
    }
    return false;
}

static bool has_igmp_report(void)
{
    for (struct at_ip_interface *i = at_ip_the->interfaces; i != NULL; i = i->next) {
        for (const struct igmp_group *group = netif_igmp_data(&i->netif); group != NULL; group = group->next) {
            if (group->timer > 0)
                return true;
        }
    }
    return false;
}

static bool has_mld_report(void)
{
    for (struct at_ip_interface *i = at_ip_the->interfaces; i != NULL; i = i->next) {
        for (const struct mld_group *group = netif_mld6_data(&i->netif); group != NULL; group = group->next) {
            if (group->timer > 0)
                return true;
        }
    }
    return false;
}

static void run_tcp(void)
{
    tcp_tmr();
    at_ip_segment_tick();
}

static const struct timer timers[] = {
    {run_tcp, has_connections, TCP_TMR_INTERVAL},
    {ip_reass_tmr, has_fragments4, IP_TMR_INTERVAL},
    {etharp_tmr, has_device, ARP_TMR_INTERVAL},
    {dhcp_coarse_tmr, has_dhcp, DHCP_COARSE_TIMER_MSECS},
    {dhcp_fine_tmr, has_dhcp_request, DHCP_FINE_TIMER_MSECS},
    {igmp_tmr, has_igmp_report, IGMP_TMR_INTERVAL},
    {run_dns, has_names, 1000},
    {nd6_tmr, has_device, ND6_TMR_INTERVAL},
    {ip6_reass_tmr, has_fragments6, IP6_REASS_TMR_INTERVAL},
    {mld6_tmr, has_mld_report, MLD6_TMR_INTERVAL},
    {dhcp6_tmr, has_dhcp6_request, DHCP6_TIMER_MSECS},
};

_Static_assert(sizeof(timers) / sizeof(timers[0]) == AT_IP_TIMERS, "one deadline for each timer");

/* lwIP's call when a connection begins; at_ip_timers_next() looks for itself. */
void tcp_timer_needed(void) {}

#define TCP 0 /* in `timers` */

void at_ip_timers_init(struct at_ip *ip)
{
    for (unsigned i = 0; i < AT_IP_TIMERS; i++)
        ip->due_ns[i] = AT_NEVER;
    ip->next_due_ns = AT_NEVER;
    ip->timers_changed = true;
}

/* Starts the timer if it is needed and does not run: it falls due at a multiple of its interval. */
static void start(struct at_ip *ip, unsigned timer)
{
    uint64_t interval_ns = timers[timer].interval_ms * AT_IP_MS;

    if (ip->due_ns[timer] == AT_NEVER && timers[timer].is_needed())
        ip->due_ns[timer] = (ip->now_ns / interval_ns + 1) * interval_ns;
    if (ip->due_ns[timer] < ip->next_due_ns)
        ip->next_due_ns = ip->due_ns[timer];
}

void at_ip_timers_run(struct at_ip *ip)
{
    if (ip->next_due_ns > ip->now_ns)
        return;
    at_ip_time_wait_expire(ip); /* no timer of its own: an entry that is over is none, and memory takes it at need */
    for (unsigned i = 0; i < AT_IP_TIMERS; i++) {
        if (ip->due_ns[i] > ip->now_ns)
            continue;
        ip->due_ns[i] = AT_NEVER; /* at_ip_timers_next() starts it again */
        timers[i].run();
    }
    ip->next_due_ns = AT_NEVER;
    ip->timers_changed = true;
}

uint64_t at_ip_timers_next(struct at_ip *ip)
{
    if (ip->timers_changed) {
        for (unsigned i = 0; i < AT_IP_TIMERS; i++)
            start(ip, i);
        ip->timers_changed = false;
    } else {
        start(ip, TCP);
    }
    return ip->next_due_ns;
}
