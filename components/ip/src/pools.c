/* SPDX-License-Identifier: ISC */
/*
 * Where lwIP's objects come from: its pools (memp) are the heap with a bound on each, and its heap (mem), in which
 * frames to send are made, is the memory that the devices share with their peers.
 */

#include <string.h>

#include "internal.h"

#include "lwip/opt.h"

#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/igmp.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/memp.h"
#include "lwip/mld6.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/priv/tcpip_priv.h"
#include "lwip/udp.h"

struct pool {
    uint16_t size;  /* bytes of an object */
    uint16_t bound; /* most objects */
};

static const struct pool pools[MEMP_MAX] = {
#define LWIP_MEMPOOL(name, num, size, desc) [MEMP_##name] = {LWIP_MEM_ALIGN_SIZE(size), num},
#include "lwip/priv/memp_std.h"
};

static uint16_t counts[MEMP_MAX];

void memp_init(void) {}

void *at_ip_alloc(struct at_ip *ip, size_t size)
{
    void *object = at_mm_heap_alloc(ip->config.heap, size);

    while (object == NULL && at_ip_time_wait_give(ip))
        object = at_mm_heap_alloc(ip->config.heap, size);
    return object;
}

void *memp_malloc(memp_t type)
{
    void *object;

    if (counts[type] >= pools[type].bound)
        return NULL;
    object = at_ip_alloc(at_ip_the, pools[type].size);
    if (object != NULL)
        counts[type]++;
    return object;
}

void memp_free(memp_t type, void *object)
{
    counts[type]--;
    at_mm_heap_free(at_ip_the->config.heap, object);
}

uint32_t at_ip_pool_count(unsigned type)
{
    return counts[type];
}

at_status at_ip_pools_init(struct at_ip *ip)
{
    struct at_span shared = ip->config.shared;
    struct at_mm_frames_config config = {
        .base = shared.data,
        .pages = shared.size / AT_MM_PAGE_SIZE,
        .ready_pages = shared.size / AT_MM_PAGE_SIZE,
    };

    memset(counts, 0, sizeof(counts));
    if (config.pages == 0)
        return AT_OK;
    ip->shared_state = at_mm_heap_alloc(ip->config.heap, config.pages);
    if (ip->shared_state == NULL)
        return AT_NO_MEMORY;
    config.state = ip->shared_state;
    at_mm_frames_init(&ip->shared_frames, &config);
    at_mm_heap_init(&ip->shared_heap, &ip->shared_frames, (uintptr_t)at_ip_random());
    return AT_OK;
}

void at_ip_pools_fini(struct at_ip *ip)
{
    at_mm_heap_free(ip->config.heap, ip->shared_state);
}

void *at_ip_sent_alloc(size_t size)
{
    struct at_ip *ip = at_ip_the;
    void *object = NULL;

    if (ip->shared_state != NULL)
        object = at_mm_heap_alloc(&ip->shared_heap, size);
    return object != NULL ? object : at_ip_alloc(ip, size);
}

void *at_ip_sent_calloc(size_t count, size_t size)
{
    void *object = at_ip_sent_alloc(count * size); /* lwIP checks no overflow here, and passes constants only */

    return object == NULL ? NULL : memset(object, 0, count * size);
}

void at_ip_sent_free(void *object)
{
    struct at_ip *ip = at_ip_the;
    bool is_shared = (uintptr_t)object - (uintptr_t)ip->config.shared.data < ip->config.shared.size;

    at_mm_heap_free(is_shared ? &ip->shared_heap : ip->config.heap, object);
}
