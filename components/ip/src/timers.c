/* SPDX-License-Identifier: ISC */
/*
 * lwIP's cyclic timers. Each runs only while something needs it, and falls on multiples of its interval, so that those
 * that run at all run together: a guest that nobody talks to wakes twice a minute, and not at all without an interface.
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

#define SECOND (1000 * AT_IP_MS)

/* When no frame has come or gone for so long, nothing that waits for an answer is left in the tables (5 seconds are the
 * longest wait, of ND's DELAY), and who ages them may sleep for longer. */
#define QUIET (10 * SECOND)
#define REST_S 30u

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

/* Ages them by the seconds that have passed. After a long pause, as of a guest that was not run, some are left out. */
static void run_tables(void)
{
    struct at_ip *ip = at_ip_the;
    uint64_t second = ip->now_ns / SECOND;

    if (second - ip->aged_s > REST_S)
        ip->aged_s = second - REST_S;
    for (; ip->aged_s < second; ip->aged_s++) {
        etharp_tmr();
        nd6_tmr();
    }
    for (struct at_ip_interface *i = ip->interfaces; i != NULL; i = i->next)
        at_ip_groups_mend(i);
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

/*
 * lwIP's timer asserts that who probes a shut window has something to send. What was to be sent again may have arrived
 * after all, though, and be acknowledged while the window stays shut: then lwIP does not stop the probes.
 */
static void stop_empty_probes(void)
{
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (pcb->unsent == NULL)
            pcb->persist_backoff = 0;
    }
}

static void run_tcp(void)
{
    stop_empty_probes();
    tcp_tmr();
    at_ip_segment_tick();
}

static const struct timer timers[] = {
    {run_tables, has_device, ARP_TMR_INTERVAL}, /* first: what the others send relies on the tables */
    {run_tcp, has_connections, TCP_TMR_INTERVAL},
    {ip_reass_tmr, has_fragments4, IP_TMR_INTERVAL},
    {dhcp_coarse_tmr, has_dhcp, DHCP_COARSE_TIMER_MSECS},
    {dhcp_fine_tmr, has_dhcp_request, DHCP_FINE_TIMER_MSECS},
    {igmp_tmr, has_igmp_report, IGMP_TMR_INTERVAL},
    {run_dns, has_names, 1000},
    {ip6_reass_tmr, has_fragments6, IP6_REASS_TMR_INTERVAL},
    {mld6_tmr, has_mld_report, MLD6_TMR_INTERVAL},
    {dhcp6_tmr, has_dhcp6_request, DHCP6_TIMER_MSECS},
};

_Static_assert(sizeof(timers) / sizeof(timers[0]) == AT_IP_TIMERS, "one deadline for each timer");
_Static_assert(ARP_TMR_INTERVAL == 1000 && ND6_TMR_INTERVAL == 1000, "both age by the second");

/* lwIP's call when a connection begins; at_ip_timers_next() looks for itself. */
void tcp_timer_needed(void) {}

enum { TABLES, TCP }; /* in `timers` */

void at_ip_timers_init(struct at_ip *ip)
{
    for (unsigned i = 0; i < AT_IP_TIMERS; i++)
        ip->due_ns[i] = AT_NEVER;
    ip->next_due_ns = AT_NEVER;
    ip->timers_changed = true;
    ip->active_ns = ip->now_ns;
    ip->aged_s = ip->now_ns / SECOND;
}

/* How often the timer runs from now on. */
static uint64_t interval_of(struct at_ip *ip, unsigned timer)
{
    if (timer != TABLES)
        return timers[timer].interval_ms * AT_IP_MS;
    ip->is_resting = ip->now_ns - ip->active_ns >= QUIET;
    return ip->is_resting ? REST_S * SECOND : SECOND;
}

/* Starts the timer if it is needed and does not run: it falls due at a multiple of its interval. */
static void start(struct at_ip *ip, unsigned timer)
{
    if (ip->due_ns[timer] == AT_NEVER && timers[timer].is_needed()) {
        uint64_t interval_ns = interval_of(ip, timer);

        ip->due_ns[timer] = (ip->now_ns / interval_ns + 1) * interval_ns;
    }
    if (ip->due_ns[timer] < ip->next_due_ns)
        ip->next_due_ns = ip->due_ns[timer];
}

void at_ip_timers_run(struct at_ip *ip)
{
    if (ip->next_due_ns > ip->now_ns)
        return;
    if (ip->is_resting)
        ip->due_ns[TABLES] = ip->now_ns;
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

void at_ip_timers_wake(struct at_ip *ip)
{
    ip->active_ns = ip->now_ns;
    if (!ip->is_resting)
        return;
    run_tables();
    ip->due_ns[TABLES] = AT_NEVER;
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
