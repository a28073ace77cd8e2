/* SPDX-License-Identifier: ISC */
/*
 * Frames on their way from lwIP to the device: in place where they lie in memory that the device shares, with their
 * checksum left to it. When its ring is full they wait, a few; TCP keeps what does not fit and sends it again.
 */

#include <string.h>

#include <atman/base/bits.h>

#include "internal.h"

#include "lwip/inet_chksum.h"
#include "lwip/prot/ip.h"

#define ETHERNET 14u
#define PIECES AT_NETDEV_PARTS_MAX

/* Frames up to this size are copied by the driver: less than what it takes to get them back. */
#define SMALL 256u

/*
 * Leaves the checksum of a TCP segment to the device, if lwIP has left it out: the pseudo-header's sum goes where the
 * device expects it. Leaves one that is larger than the MTU to the device as well, to be cut.
 */
static void offload(const struct at_ip_interface *interface, struct at_netdev_frame *to, struct pbuf *p)
{
    uint8_t *frame = p->payload, *ip = frame + ETHERNET, *tcp;
    unsigned type = (unsigned)frame[12] << 8 | frame[13];
    uint64_t sum;
    uint32_t rest; /* of the pseudo-header: the length, the protocol */
    uint16_t folded;

    if ((interface->checks & NETIF_CHECKSUM_GEN_TCP) != 0)
        return;
    if (type == 0x0800 && ip[9] == IP_PROTO_TCP) {
        tcp = ip + 20; /* lwIP sends TCP without IP options */
        sum = at_ip_sum(0, ip + 12, 8);
    } else if (type == 0x86dd && ip[6] == IP_PROTO_TCP) {
        tcp = ip + 40;
        sum = at_ip_sum(0, ip + 8, 32);
    } else {
        return;
    }
    rest = lwip_htonl(p->tot_len - (uint32_t)(tcp - frame) + IP_PROTO_TCP);
    folded = at_ip_sum_fold(at_ip_sum(sum, &rest, sizeof(rest)));
    memcpy(tcp + 16, &folded, sizeof(folded));
    to->flags = AT_NETDEV_CSUM_BLANK;
    if (p->tot_len > ETHERNET + interface->info->mtu) {
        to->flags |= type == 0x0800 ? AT_NETDEV_GSO4 : AT_NETDEV_GSO6;
        to->gso_size = (uint16_t)(interface->info->mtu - (tcp - ip) - (tcp[12] >> 4) * 4);
    }
}

/* Hands `p` to the device. Its pieces stay referenced until the device is done with them, if it does not copy. */
static at_status hand_over(struct at_ip_interface *interface, struct pbuf *p)
{
    struct at_netdev_piece pieces[PIECES];
    struct at_netdev_frame frame = {.pieces = pieces};
    bool is_lasting = true;
    at_status status;

    offload(interface, &frame, p);
    for (struct pbuf *q = p; q != NULL; q = q->next) {
        if (q->len == 0)
            continue;
        if (frame.count == PIECES)
            return AT_TOO_BIG;
        pieces[frame.count++] = (struct at_netdev_piece){.data = q->payload, .size = q->len};
        if (PBUF_NEEDS_COPY(q))
            is_lasting = false;
    }
    if (is_lasting && p->tot_len > SMALL)
        frame.cookie = p;
    status = at_netdev_send(interface->dev, &frame);
    if (status == AT_OK) {
        interface->dirty = true;
        interface->ip->active_ns = interface->ip->now_ns;
        interface->stats.tx_frames++;
        if (frame.cookie != NULL) {
            pbuf_ref(p);
            interface->in_flight++;
        }
    }
    return status;
}

static at_status hand_over_whole(struct at_ip_interface *interface, struct pbuf *p)
{
    at_status status = hand_over(interface, p);

    if (status == AT_TOO_BIG) {
        struct pbuf *whole = pbuf_clone(PBUF_RAW, PBUF_RAM, p);

        if (whole == NULL)
            return AT_NO_MEMORY;
        status = hand_over(interface, whole);
        pbuf_free(whole);
    }
    return status;
}

err_t at_ip_transmit(struct netif *netif, struct pbuf *p)
{
    struct at_ip_interface *interface = (struct at_ip_interface *)netif;
    at_status status;

    if (interface->ip->is_restoring)
        return ERR_OK;
    status = interface->count > 0 ? AT_AGAIN : hand_over_whole(interface, p);
    if (status == AT_OK)
        return ERR_OK;
    if (status == AT_AGAIN && interface->count < AT_IP_WAITING) {
        pbuf_ref(p);
        interface->waiting[(interface->first + interface->count++) % AT_IP_WAITING] = p;
        if (interface->count == 1 && interface->ip->sleeping)
            at_wait_wake(interface->ip->config.wait); /* it did not ask the device to be told of room */
        return ERR_OK;
    }
    interface->stats.tx_dropped++;
    return ERR_MEM;
}

void at_ip_transmit_waiting(struct at_ip_interface *interface)
{
    while (interface->count > 0) {
        struct pbuf *p = interface->waiting[interface->first];
        at_status status = hand_over_whole(interface, p);

        if (status == AT_AGAIN)
            return;
        if (status != AT_OK)
            interface->stats.tx_dropped++;
        interface->first = (interface->first + 1) % AT_IP_WAITING;
        interface->count--;
        pbuf_free(p);
    }
}

void at_ip_transmit_done(struct at_ip_interface *interface)
{
    void *cookies[32];
    size_t count;

    do {
        if (at_netdev_tx_done(interface->dev, cookies, AT_COUNT_OF(cookies), &count) != AT_OK)
            return;
        for (size_t i = 0; i < count; i++)
            pbuf_free(cookies[i]);
        interface->in_flight -= (uint32_t)count;
    } while (count == AT_COUNT_OF(cookies));
}

void at_ip_transmit_abandon(struct at_ip_interface *interface)
{
    for (; interface->count > 0; interface->count--) {
        pbuf_free(interface->waiting[interface->first]);
        interface->first = (interface->first + 1) % AT_IP_WAITING;
    }
}
