/* SPDX-License-Identifier: ISC */
/*
 * Received frames on their way to lwIP. The first AT_IP_HEAD bytes are copied and checked as a copy (filter.c), since
 * the peer may change a shared page at any time. Of TCP's frames the rest stays where it is; everything else is copied
 * whole, because lwIP reads it more than once (DHCP, DNS, neighbour discovery) and none of it is bulk.
 */

#include <string.h>

#include "internal.h"

#include "lwip/etharp.h"
#include "lwip/ip4.h"
#include "lwip/ip6.h"
#include "lwip/prot/ip.h"

#define BATCH 64
#define ETHERNET 14u

/* A part of the device's, held as long as lwIP or a user holds the pbuf. */
struct held {
    struct pbuf_custom custom;
    struct at_ip_interface *interface;
    struct at_netdev_part part;
};

/* Bytes of the stack's own. */
struct copy {
    struct pbuf_custom custom;
    uint16_t pad; /* puts what follows the Ethernet header at a multiple of 4 */
    uint8_t bytes[];
};

static void release(struct at_ip_interface *interface, const struct at_netdev_part *parts, size_t count)
{
    at_netdev_release(interface->dev, parts, count);
    interface->dirty = true;
}

static void free_held(struct pbuf *p)
{
    struct held *held = (struct held *)p;
    struct at_ip_interface *interface = held->interface;

    release(interface, &held->part, 1);
    interface->stats.rx_held--;
    at_mm_heap_free(interface->ip->config.heap, held);
}

static void free_copy(struct pbuf *p)
{
    at_ip_the->copies--;
    at_mm_heap_free(at_ip_the->config.heap, p);
}

/* A pbuf of `size` bytes of the stack's own memory; their place is `bytes` of the result. */
static struct copy *make_copy(struct at_ip *ip, size_t size)
{
    struct copy *copy = at_ip_alloc(ip, offsetof(struct copy, bytes) + size);

    if (copy == NULL)
        return NULL;
    copy->custom.custom_free_function = free_copy;
    /* PBUF_RAM, so that lwIP may put a header in front again: an answer to an echo request goes out of its own pbuf. */
    pbuf_alloced_custom(PBUF_RAW, (u16_t)size, PBUF_RAM, &copy->custom, copy->bytes, (u16_t)size);
    ip->copies++;
    return copy;
}

/* Appends `part`, from byte `from` on, to the chain whose last pbuf is `*last`: in place, or a copy of it. */
static bool append(struct at_ip_interface *interface, struct pbuf **last, const struct at_netdev_part *part,
                   size_t from, bool in_place)
{
    struct pbuf *p;

    if (in_place) {
        struct held *held = at_mm_heap_alloc(interface->ip->config.heap, sizeof(*held));

        if (held == NULL)
            return false;
        held->custom.custom_free_function = free_held;
        held->interface = interface;
        held->part = *part;
        p = pbuf_alloced_custom(PBUF_RAW, (u16_t)(part->size - from), PBUF_REF, &held->custom, part->data + from,
                                (u16_t)(part->size - from));
        interface->stats.rx_held++;
    } else {
        struct copy *copy = make_copy(interface->ip, part->size - from);

        if (copy == NULL)
            return false;
        memcpy(copy->bytes, part->data + from, part->size - from);
        p = &copy->custom.pbuf;
        release(interface, part, 1);
    }
    (*last)->next = p;
    *last = p;
    return true;
}

/* Copies the first bytes of the frame to `head`. Returns how many there are, at most `capacity`. */
static size_t gather(uint8_t *head, size_t capacity, const struct at_netdev_part *parts, size_t count)
{
    size_t done = 0;

    for (size_t i = 0; i < count && done < capacity; i++) {
        size_t size = parts[i].size < capacity - done ? parts[i].size : capacity - done;

        memcpy(head + done, parts[i].data, size);
        done += size;
    }
    return done;
}

/* Puts what `head` has not got of the frame behind it. Takes over all parts, also when it fails. */
static bool append_rest(struct at_ip_interface *interface, struct pbuf *head, size_t have,
                        const struct at_netdev_part *parts, size_t count, bool in_place)
{
    struct pbuf *last = head;

    for (size_t i = 0; i < count; i++) {
        size_t from = have < parts[i].size ? have : parts[i].size;

        have -= from;
        if (from == parts[i].size) {
            release(interface, &parts[i], 1);
        } else if (!append(interface, &last, &parts[i], from, in_place)) {
            release(interface, parts + i, count - i);
            return false;
        }
    }
    return true;
}

/* What lwIP's ethernet_input() would have noted of the destination. */
static u8_t link_flags(const uint8_t *destination)
{
    if ((destination[0] & 1) == 0)
        return 0;
    return destination[0] == 0xff ? PBUF_FLAG_LLBCAST : PBUF_FLAG_LLMCAST;
}

/* Whether it is a packet of `protocol` and no fragment. */
static bool is_whole(const uint8_t *frame, enum at_ip_kind kind, uint8_t protocol)
{
    const uint8_t *ip = frame + ETHERNET;

    if (kind == AT_IP_IPV4)
        return ip[9] == protocol && ((ip[6] & 0x3f) | ip[7]) == 0;
    return kind == AT_IP_IPV6 && ip[6] == protocol;
}

/* lwIP looks at the checksums that the device did not vouch for. */
static void set_checks(struct at_ip_interface *interface, const uint8_t *frame, enum at_ip_kind kind, uint16_t flags)
{
    uint16_t checks = interface->checks;

    if ((flags & AT_NETDEV_CSUM_OK) != 0 && (kind == AT_IP_TCP4 || kind == AT_IP_TCP6))
        checks &= (uint16_t)~NETIF_CHECKSUM_CHECK_TCP;
    else if ((flags & AT_NETDEV_CSUM_OK) != 0 && is_whole(frame, kind, IP_PROTO_UDP)) /* a fragment has no sum */
        checks &= (uint16_t)~NETIF_CHECKSUM_CHECK_UDP;
    NETIF_SET_CHECKSUM_CTRL(&interface->netif, checks);
}

static void deliver(struct at_ip_interface *interface, struct pbuf *p, enum at_ip_kind kind)
{
    struct netif *netif = &interface->netif;
    const uint8_t *frame = p->payload;

    p->flags |= link_flags(frame);
    p->if_idx = netif_get_index(netif);
    pbuf_remove_header(p, ETHERNET);
    interface->stats.rx_frames++;
    if (kind != AT_IP_TCP4 && kind != AT_IP_TCP6 && !is_whole(frame, kind, IP_PROTO_ICMP))
        interface->ip->timers_changed = true;
    if (kind == AT_IP_ARP)
        etharp_input(p, netif);
    else if (kind == AT_IP_IPV4 || kind == AT_IP_TCP4)
        ip4_input(p, netif);
    else
        ip6_input(p, netif);
    at_ip_tcp_delivered(interface->ip);
}

/* The lengths that a chain counts: each pbuf's own and all that follow it. */
static void count_lengths(struct pbuf *p, size_t total)
{
    for (; p != NULL; p = p->next) {
        p->tot_len = (u16_t)total;
        total -= p->len;
    }
}

static void receive_frame(struct at_ip_interface *interface, const struct at_netdev_part *parts, size_t count)
{
    size_t total = 0, have;
    struct copy *head;
    struct pbuf *p;
    enum at_ip_kind kind;
    bool in_place;

    for (size_t i = 0; i < count; i++)
        total += parts[i].size;
    have = total <= AT_IP_SMALL ? total : AT_IP_HEAD;
    head = total > UINT16_MAX + ETHERNET ? NULL : make_copy(interface->ip, have);
    if (head == NULL) {
        interface->stats.rx_no_memory++;
        release(interface, parts, count);
        return;
    }
    p = &head->custom.pbuf;
    gather(head->bytes, have, parts, count);
    kind = at_ip_filter(head->bytes, have, total);
    if (kind == AT_IP_DROP) {
        interface->stats.rx_malformed++;
        release(interface, parts, count);
        pbuf_free(p);
        return;
    }
    in_place = kind == AT_IP_TCP4 || kind == AT_IP_TCP6;
    if (in_place && have < total && interface->stats.rx_held + count > interface->info->rx_buffers / 2u) {
        in_place = false;
        interface->stats.rx_copied += count;
    }
    if (!append_rest(interface, p, have, parts, count, in_place)) {
        interface->stats.rx_no_memory++;
        pbuf_free(p);
        return;
    }
    /* A frame of the largest size counts its Ethernet header only until deliver() has taken it off. */
    count_lengths(p, total);
    set_checks(interface, head->bytes, kind, parts[0].flags);
    deliver(interface, p, kind);
}

void at_ip_receive(struct at_ip_interface *interface)
{
    struct at_netdev_part parts[BATCH];
    size_t count, i = 0;
    at_status status;

    if (interface->ended != AT_OK)
        return;
    status = at_netdev_recv(interface->dev, parts, BATCH, &count);
    if (status != AT_OK)
        interface->ended = status;
    if (count > 0)
        at_ip_timers_wake(interface->ip);
    while (i < count) {
        size_t more = 1;

        while ((parts[i + more - 1].flags & AT_NETDEV_MORE) != 0)
            more++;
        receive_frame(interface, parts + i, more);
        i += more;
    }
}
