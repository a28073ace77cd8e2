/* SPDX-License-Identifier: ISC */
/*
 * Connections that are over and wait for what may still be on its way. lwIP keeps each as a whole control block in a
 * list that it walks for every segment. A server's are kept here instead, in a hash table, and make room when memory is
 * needed. DESIGN.md says why.
 */

#include <string.h>

#include "guard.h"

#include "lwip/ip.h"
#include "lwip/priv/tcp_priv.h"

#define BUCKETS_FIRST 64u

struct ends {
    uint32_t local[4], remote[4]; /* IPv4: the first, and zeros */
    uint16_t local_port, remote_port;
};

struct entry {
    struct at_list_node node; /* among all, by the time they end */
    struct entry *next;       /* in its bucket */
    uint64_t ends_ns;
    struct ends ends;
    uint32_t hash;      /* of its ends: differs where they do, but for one in 2^32 */
    uint32_t received;  /* RCV.NXT */
    uint32_t sent;      /* SND.NXT */
    uint32_t timestamp; /* TS.Recent */
    bool has_timestamps;
};

static void set_address(uint32_t *to, const ip_addr_t *from)
{
    memcpy(to, ip_2_ip6(from)->addr, IP_IS_V6(from) ? 16 : 4);
}

/* Keyed, so that nobody can choose ports and addresses that fall together. */
static uint32_t hash_of(const struct at_ip *ip, const struct ends *ends)
{
    uint64_t words[sizeof(*ends) / 8 + 1] = {0}, mixed = ip->time_wait.key[0];

    memcpy(words, ends, sizeof(*ends));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        mixed = (mixed ^ words[i]) * (ip->time_wait.key[1] | 1);
        mixed ^= mixed >> 32;
    }
    return (uint32_t)mixed;
}

static struct entry **bucket_of(const struct at_ip *ip, uint32_t hash)
{
    return &ip->time_wait.buckets[hash & (ip->time_wait.size - 1)];
}

static void drop(struct at_ip *ip, struct entry *entry)
{
    struct entry **place = bucket_of(ip, entry->hash);

    while (*place != entry)
        place = &(*place)->next;
    *place = entry->next;
    at_list_remove(&entry->node);
    ip->time_wait.count--;
    at_mm_heap_free(ip->config.heap, entry);
}

static struct entry *oldest(const struct at_ip *ip)
{
    if (ip->time_wait.count == 0)
        return NULL;
    return AT_CONTAINER_OF(at_list_first(&ip->time_wait.all), struct entry, node);
}

bool at_ip_time_wait_give(struct at_ip *ip)
{
    struct entry *entry = oldest(ip);

    if (entry != NULL)
        drop(ip, entry);
    return entry != NULL;
}

void at_ip_time_wait_expire(struct at_ip *ip)
{
    struct entry *entry;

    while ((entry = oldest(ip)) != NULL && entry->ends_ns <= ip->now_ns)
        drop(ip, entry);
    if (entry == NULL)
        at_ip_time_wait_fini(ip);
}

void at_ip_time_wait_fini(struct at_ip *ip)
{
    while (at_ip_time_wait_give(ip)) {
    }
    at_mm_heap_free(ip->config.heap, ip->time_wait.buckets);
    ip->time_wait.buckets = NULL;
}

/* Twice as many buckets. Without memory the chains get longer. Returns whether there are any. */
static bool grow(struct at_ip *ip)
{
    struct at_ip_time_wait *table = &ip->time_wait;
    uint32_t size = table->buckets == NULL ? BUCKETS_FIRST : table->size * 2;
    struct entry **buckets = at_mm_heap_alloc(ip->config.heap, size * sizeof(struct entry *));

    if (buckets == NULL)
        return table->buckets != NULL;
    memset(buckets, 0, size * sizeof(struct entry *));
    at_mm_heap_free(ip->config.heap, table->buckets);
    if (table->buckets == NULL)
        at_list_init(&table->all);
    table->buckets = buckets;
    table->size = size;
    for (struct at_list_node *node = at_list_first(&table->all); node != NULL; node = at_list_next(&table->all, node)) {
        struct entry *entry = AT_CONTAINER_OF(node, struct entry, node);
        struct entry **place = bucket_of(ip, entry->hash);

        entry->next = *place;
        *place = entry;
    }
    return true;
}

static void wait_from_now(struct at_ip *ip, struct entry *entry)
{
    entry->ends_ns = ip->now_ns + 2 * TCP_MSL * AT_IP_MS;
    at_list_push_back(&ip->time_wait.all, &entry->node);
}

static bool put(struct at_ip *ip, const struct tcp_pcb *pcb)
{
    struct entry *entry, **place;

    if (ip->time_wait.count >= MEMP_NUM_TCP_PCB)
        at_ip_time_wait_give(ip);
    if ((ip->time_wait.buckets == NULL || ip->time_wait.count >= ip->time_wait.size) && !grow(ip))
        return false;
    entry = at_ip_alloc(ip, sizeof(*entry));
    if (entry == NULL)
        return false;
    memset(entry, 0, sizeof(*entry));
    set_address(entry->ends.local, &pcb->local_ip);
    set_address(entry->ends.remote, &pcb->remote_ip);
    entry->ends.local_port = pcb->local_port;
    entry->ends.remote_port = pcb->remote_port;
    entry->hash = hash_of(ip, &entry->ends);
    entry->received = pcb->rcv_nxt;
    entry->sent = pcb->snd_nxt;
    entry->timestamp = pcb->ts_recent;
    entry->has_timestamps = (pcb->flags & TF_TIMESTAMP) != 0;
    place = bucket_of(ip, entry->hash);
    entry->next = *place;
    *place = entry;
    ip->time_wait.count++;
    wait_from_now(ip, entry);
    return true;
}

/* Segments for a port without a listener do not come by here: such connections stay with lwIP. */
static bool is_servers(const struct tcp_pcb *pcb)
{
    const struct tcp_pcb_listen *listener = tcp_listen_pcbs.listen_pcbs;

    while (listener != NULL && listener->local_port != pcb->local_port)
        listener = listener->next;
    return listener != NULL && pcb->callback_arg == NULL;
}

void at_ip_time_wait_take(struct at_ip *ip)
{
    while (tcp_tw_pcbs != NULL && is_servers(tcp_tw_pcbs) && put(ip, tcp_tw_pcbs))
        tcp_abandon(tcp_tw_pcbs, 0); /* says nothing: it is over */
}

static struct entry *find(const struct at_ip *ip, const struct at_ip_arrival *arrival)
{
    struct ends ends = {.local_port = arrival->header->dest, .remote_port = arrival->header->src};
    struct entry *entry;
    uint32_t hash;

    if (ip->time_wait.count == 0)
        return NULL;
    set_address(ends.local, ip_current_dest_addr());
    set_address(ends.remote, ip_current_src_addr());
    hash = hash_of(ip, &ends);
    entry = *bucket_of(ip, hash);
    while (entry != NULL && (entry->hash != hash || memcmp(&entry->ends, &ends, sizeof(ends)) != 0))
        entry = entry->next;
    return entry;
}

/* RFC 6191, 2: whether a SYN is a new connection's, and not one of the old that comes late. */
static bool is_new(const struct entry *entry, const struct at_ip_arrival *arrival)
{
    const uint8_t *option = at_ip_arrival_option(arrival, LWIP_TCP_OPT_TS, LWIP_TCP_OPT_LEN_TS);
    uint32_t timestamp;

    if (option != NULL && !entry->has_timestamps)
        return true;
    if (option != NULL) {
        memcpy(&timestamp, option, sizeof(timestamp));
        timestamp = lwip_ntohl(timestamp);
        if (timestamp != entry->timestamp)
            return TCP_SEQ_GT(timestamp, entry->timestamp);
    }
    return TCP_SEQ_GEQ(arrival->header->seqno, entry->received);
}

/* lwIP makes the segment, for a control block that lives as long as this. */
static void acknowledge(const struct entry *entry)
{
    struct tcp_pcb pcb;

    memset(&pcb, 0, sizeof(pcb));
    ip_addr_copy(pcb.local_ip, *ip_current_dest_addr());
    ip_addr_copy(pcb.remote_ip, *ip_current_src_addr());
    pcb.local_port = entry->ends.local_port;
    pcb.remote_port = entry->ends.remote_port;
    pcb.ttl = TCP_TTL;
    pcb.snd_nxt = entry->sent;
    pcb.rcv_nxt = entry->received;
    pcb.ts_recent = entry->timestamp;
    pcb.flags = entry->has_timestamps ? TF_TIMESTAMP : 0;
    tcp_send_empty_ack(&pcb);
}

bool at_ip_time_wait_pass(struct at_ip *ip, const struct at_ip_arrival *arrival)
{
    struct entry *entry = find(ip, arrival);

    if (entry == NULL)
        return true;
    if (entry->ends_ns <= ip->now_ns ||
        ((arrival->flags & (TCP_RST | TCP_SYN | TCP_ACK)) == TCP_SYN && is_new(entry, arrival))) {
        drop(ip, entry);
        return true;
    }
    if ((arrival->flags & TCP_RST) != 0) {
        if (arrival->header->seqno == entry->received)
            drop(ip, entry);
        return false;
    }
    if ((arrival->flags & TCP_FIN) != 0 && arrival->header->seqno + arrival->length + 1 == entry->received) {
        at_list_remove(&entry->node);
        wait_from_now(ip, entry);
    }
    if (arrival->length > 0 || (arrival->flags & (TCP_FIN | TCP_SYN)) != 0)
        acknowledge(entry);
    return false;
}
