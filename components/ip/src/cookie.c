/* SPDX-License-Identifier: ISC */
/*
 * SYN cookies (RFC 4987, 3.6): when a listener's half-open connections are as many as it may have, the next SYN is
 * answered by lwIP as ever, but with a sequence number that says all there is to know, and forgotten. The ACK that
 * brings the number back brings the connection back: lwIP is given the SYN again, and then the ACK.
 */

#include <string.h>

#include "guard.h"

#include "lwip/ip.h"
#include "lwip/priv/tcp_priv.h"

#define SLOT_NS (64000 * AT_IP_MS) /* a cookie is good for this time at least, and twice as much at most */

/* What a cookie says in its last 8 bits, hidden. The others are the hash's. */
#define MSS_BITS 3u
#define SCALE_AT 2
#define SCALE_BITS 15u /* all: no window scaling */
#define SACK_BIT 0x40u

static const uint16_t sizes[] = {536, 1220, 1440, 1460};

static uint32_t hash(const struct at_ip *ip, const struct tcp_hdr *header, uint32_t first, unsigned slots_ago)
{
    uint32_t more[] = {first, (uint32_t)(ip->now_ns / SLOT_NS) - slots_ago};

    return at_ip_hash(ip_current_dest_addr(), header->dest, ip_current_src_addr(), header->src, more, sizeof(more));
}

void at_ip_cookie_offer(struct at_ip *ip, const struct tcp_pcb_listen *listener, const struct at_ip_arrival *arrival)
{
    const uint8_t *mss, *scale;
    uint32_t hashed, bits = 0;

    if (ip->is_restoring)
        return;
    at_ip_cookie_forget(ip); /* the last one's: by the loopback interface many come before at_ip_tcp_delivered() */
    if (listener->accepts_pending + 1 < listener->backlog)
        return;
    mss = at_ip_arrival_option(arrival, LWIP_TCP_OPT_MSS, LWIP_TCP_OPT_LEN_MSS);
    scale = at_ip_arrival_option(arrival, LWIP_TCP_OPT_WS, LWIP_TCP_OPT_LEN_WS);
    while (mss != NULL && bits < MSS_BITS && sizes[bits + 1] <= (mss[0] << 8 | mss[1]))
        bits++;
    bits |= (scale == NULL ? SCALE_BITS : LWIP_MIN(*scale, 14u)) << SCALE_AT;
    if (at_ip_arrival_option(arrival, LWIP_TCP_OPT_SACK_PERM, LWIP_TCP_OPT_LEN_SACK_PERM) != NULL)
        bits |= SACK_BIT;
    hashed = hash(ip, arrival->header, arrival->header->seqno, 0);
    ip->cookie = hashed << 8 | (bits ^ hashed >> 24);
    ip->has_cookie = ip->is_cookie_due = true;
    ip->cookies_until_ns = ip->now_ns + 2 * SLOT_NS;
}

static bool is_cookies(const struct at_ip *ip, const struct tcp_pcb *pcb)
{
    return pcb != NULL && pcb->state == SYN_RCVD && pcb->lastack == ip->cookie;
}

void at_ip_cookie_forget(struct at_ip *ip)
{
    if (!ip->has_cookie)
        return;
    ip->has_cookie = ip->is_cookie_due = false;
    if (is_cookies(ip, tcp_active_pcbs))
        tcp_abandon(tcp_active_pcbs, 0);
}

/* The SYN that the cookie was the answer to. Timestamps are on if the ACK has one. */
static struct pbuf *make_syn(const struct at_ip_arrival *arrival, uint32_t bits)
{
    const uint8_t *timestamps = at_ip_arrival_option(arrival, LWIP_TCP_OPT_TS, LWIP_TCP_OPT_LEN_TS);
    uint16_t mss = sizes[bits & MSS_BITS];
    uint8_t scale = bits >> SCALE_AT & SCALE_BITS;
    uint8_t options[] = {
        LWIP_TCP_OPT_MSS,
        LWIP_TCP_OPT_LEN_MSS,
        (uint8_t)(mss >> 8),
        (uint8_t)mss,
        LWIP_TCP_OPT_NOP,
        LWIP_TCP_OPT_WS,
        LWIP_TCP_OPT_LEN_WS,
        scale,
        LWIP_TCP_OPT_NOP,
        LWIP_TCP_OPT_NOP,
        LWIP_TCP_OPT_SACK_PERM,
        LWIP_TCP_OPT_LEN_SACK_PERM,
        LWIP_TCP_OPT_NOP,
        LWIP_TCP_OPT_NOP,
        LWIP_TCP_OPT_TS,
        LWIP_TCP_OPT_LEN_TS,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    };
    struct pbuf *p = pbuf_alloc(PBUF_RAW, TCP_HLEN + sizeof(options), PBUF_RAM);
    struct tcp_hdr *header;

    if (p == NULL)
        return NULL;
    if (scale == SCALE_BITS)
        memset(options + 4, LWIP_TCP_OPT_NOP, 4);
    if ((bits & SACK_BIT) == 0)
        memset(options + 8, LWIP_TCP_OPT_NOP, 4);
    if (timestamps != NULL)
        memcpy(options + 16, timestamps, 8);
    else
        memset(options + 12, LWIP_TCP_OPT_NOP, 12);
    header = p->payload;
    memset(header, 0, TCP_HLEN);
    header->src = lwip_htons(arrival->header->src);
    header->dest = lwip_htons(arrival->header->dest);
    header->seqno = lwip_htonl(arrival->header->seqno - 1);
    header->wnd = lwip_htons(arrival->header->wnd);
    TCPH_HDRLEN_FLAGS_SET(header, (TCP_HLEN + sizeof(options)) / 4, TCP_SYN);
    memcpy(header + 1, options, sizeof(options));
    return p;
}

/* Gives lwIP the SYN, and keeps its answer from the wire: the client has had it. */
static bool restore(struct at_ip *ip, struct netif *netif, const struct at_ip_arrival *arrival, uint32_t bits)
{
    struct pbuf *syn = make_syn(arrival, bits);

    if (syn == NULL)
        return false;
    NETIF_SET_CHECKSUM_CTRL(netif, netif->chksum_flags & (uint16_t)~NETIF_CHECKSUM_CHECK_TCP); /* of this frame */
    ip->cookie = arrival->header->ackno - 1;
    ip->is_cookie_due = ip->is_restoring = true;
    tcp_input(syn, netif);
    ip->has_cookie = ip->is_cookie_due = ip->is_restoring = false;
    return is_cookies(ip, tcp_active_pcbs);
}

/* lwIP reads the segment once more, as it came: of its header it has changed the order of bytes. */
static void again(struct netif *netif, const struct at_ip_arrival *arrival, struct pbuf *p)
{
    struct tcp_hdr *header;

    if (pbuf_add_header(p, TCP_HLEN + arrival->options_size) != 0)
        return;
    header = p->payload;
    header->src = lwip_htons(header->src);
    header->dest = lwip_htons(header->dest);
    header->seqno = lwip_htonl(header->seqno);
    header->ackno = lwip_htonl(header->ackno);
    header->wnd = lwip_htons(header->wnd);
    pbuf_ref(p); /* one is the caller's, who gives it up */
    tcp_input(p, netif);
}

bool at_ip_cookie_pass(struct at_ip *ip, const struct at_ip_arrival *arrival, struct pbuf *p)
{
    struct netif *netif = ip_current_input_netif();
    uint32_t cookie = arrival->header->ackno - 1;

    if (ip->now_ns >= ip->cookies_until_ns || (arrival->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK)
        return true;
    for (unsigned slots_ago = 0; slots_ago < 2; slots_ago++) {
        uint32_t hashed = hash(ip, arrival->header, arrival->header->seqno - 1, slots_ago);

        if (hashed << 8 != (cookie & ~255u))
            continue;
        if (restore(ip, netif, arrival, (cookie ^ hashed >> 24) & 255u))
            again(netif, arrival, p);
        return false;
    }
    return true;
}
