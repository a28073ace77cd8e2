/* SPDX-License-Identifier: ISC */
/*
 * Segmentation offload for sending. lwIP knows none; but it makes segments as large as a connection's `mss` says, and
 * does not mind if that grows. So the mss of a connection that sends in bulk follows its congestion window, up to what
 * the device cuts up. DESIGN.md says what that means for TCP.
 */

#include "internal.h"
#include "tcp.h"

#include "lwip/ip.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/priv/tcp_priv.h"

/* Segments of the wire in one of lwIP's: with its headers it fills eight pages of 4 KiB and no more. */
#define SEGMENTS_MAX 22u

/* Below so many segments' worth of congestion window there is nothing to gain. */
#define WINDOW_MIN 8u

/* A segment of lwIP's has at most this part of the window: TCP must go on when one is lost. */
#define WINDOW_PART 4u

/* After a loss, so many segments of the wire's are acknowledged without another one until lwIP's are large again. */
#define RECOVERY 1024u

#define TIMESTAMPS 12u /* bytes of the option */

bool at_ip_segments(const struct at_ip_interface *interface, bool is_v6)
{
    return (interface->checks & NETIF_CHECKSUM_GEN_TCP) == 0 &&
           (interface->info->features & (is_v6 ? AT_NETDEV_TX_GSO6 : AT_NETDEV_TX_GSO4)) != 0;
}

/* lwIP's call for a packet that is larger than the interface's MTU (lwip_hooks.h), which of TCP's only segments to be
 * cut are. The loopback interface has no MTU. */
err_t at_ip_fragment4(struct pbuf *p, struct netif *netif, const ip4_addr_t *to)
{
    const struct ip_hdr *header = p->payload;

    if (IPH_PROTO(header) == IP_PROTO_TCP)
        return netif->output(netif, p, to);
    return ip4_frag(p, netif, to);
}

err_t at_ip_fragment6(struct pbuf *p, struct netif *netif, const ip6_addr_t *to)
{
    const struct ip6_hdr *header = p->payload;

    if (IP6H_NEXTH(header) == IP6_NEXTH_TCP)
        return netif->output_ip6(netif, p, to);
    return ip6_frag(p, netif, to);
}

/* Finds out what a segment on the wire carries; 0: they cannot be offloaded. The peer must take what the device sends.
 */
static uint16_t payload_of(const struct tcp_pcb *pcb)
{
    struct netif *netif = ip_route(&pcb->local_ip, &pcb->remote_ip);
    bool is_v6 = IP_IS_V6_VAL(pcb->remote_ip);
    uint16_t whole;

    if (netif == NULL || netif->linkoutput != at_ip_transmit ||
        !at_ip_segments((const struct at_ip_interface *)netif, is_v6))
        return 0;
    whole = (uint16_t)(netif->mtu - (is_v6 ? IP6_HLEN : IP_HLEN) - TCP_HLEN);
    if (pcb->mss != whole)
        return 0;
    return (uint16_t)(whole - ((pcb->flags & TF_TIMESTAMP) != 0 ? TIMESTAMPS : 0));
}

/* In congestion avoidance lwIP adds its mss to the window once in a round trip: make that a segment of the wire's. */
static void slow_down(struct at_ip_tcp *tcp)
{
    struct tcp_pcb *pcb = tcp->pcb;

    if (tcp->window >= pcb->ssthresh && pcb->cwnd == tcp->window + pcb->mss)
        pcb->cwnd = tcp->window + tcp->payload;
    tcp->window = pcb->cwnd;
}

static void grow(struct at_ip_tcp *tcp)
{
    struct tcp_pcb *pcb = tcp->pcb;
    uint32_t segments = pcb->cwnd / WINDOW_PART / tcp->payload;
    uint32_t mss;

    if (segments > SEGMENTS_MAX)
        segments = SEGMENTS_MAX;
    mss = segments * tcp->payload + (tcp->whole - tcp->payload);
    if (mss > pcb->mss)
        pcb->mss = (u16_t)mss;
}

/*
 * Nothing is on its way, and the first segment does not fit the window: nobody would send it before a timer. Cuts off
 * what fits, in whole segments of the wire's, behind what the peer has already of it.
 */
static void fit(struct at_ip_tcp *tcp)
{
    struct tcp_pcb *pcb = tcp->pcb;
    struct tcp_seg *first = pcb->unsent;
    uint32_t window = LWIP_MIN(pcb->snd_wnd, pcb->cwnd), taken;

    if (first == NULL || pcb->unacked != NULL || window < tcp->payload)
        return;
    taken = pcb->lastack - lwip_ntohl(first->tcphdr->seqno);
    if (taken < first->len && first->len - taken > window)
        tcp_split_unsent_seg(pcb, (u16_t)(taken + window - window % tcp->payload));
}

/*
 * What is lost is sent again whole, large segments too: a path that loses often does better with those of the wire. One
 * that lost something once, among millions, does not.
 */
static void look_for_losses(struct at_ip_tcp *tcp)
{
    const struct tcp_pcb *pcb = tcp->pcb;

    if (pcb->nrtx > 0) {
        tcp->is_lossy = true;
        tcp->lost_at = pcb->lastack;
    } else if (tcp->is_lossy && pcb->mss == tcp->whole && pcb->lastack - tcp->lost_at >= RECOVERY * tcp->payload) {
        tcp->is_lossy = false;
    }
}

void at_ip_segment_tune(struct at_ip_tcp *tcp)
{
    struct tcp_pcb *pcb = tcp->pcb;

    if (tcp->payload == 0) {
        if (tcp->no_offload || pcb->cwnd < WINDOW_MIN * pcb->mss)
            return;
        tcp->whole = pcb->mss;
        tcp->payload = payload_of(pcb);
        tcp->no_offload = tcp->payload == 0;
        if (tcp->no_offload)
            return;
        tcp->window = pcb->cwnd;
    }
    slow_down(tcp);
    look_for_losses(tcp);
    if (!tcp->is_lossy)
        grow(tcp);
    else if (pcb->unsent == NULL && pcb->unacked == NULL)
        pcb->mss = tcp->whole; /* not before: lwIP relies on no segment being larger, sent or not */
    fit(tcp);
}

bool at_ip_segment_may_write(const struct at_ip_tcp *tcp)
{
    return !tcp->is_lossy || tcp->pcb->mss == tcp->whole;
}

void at_ip_segment_tick(void)
{
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        struct at_ip_tcp *tcp = pcb->callback_arg;

        if (pcb->sent != at_ip_tcp_on_sent || tcp->payload == 0)
            continue;
        at_ip_segment_tune(tcp);
        if (pcb->unsent != NULL && pcb->unacked == NULL)
            tcp_output(pcb);
    }
}
