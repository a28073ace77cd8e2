/* SPDX-License-Identifier: ISC */
#include <atman/xen/ring.h>

#include <string.h>

/* The start of the shared area; what follows up to AT_XEN_RING_HEADER is not for front ends. */
struct header {
    uint32_t req_prod;  /* ours */
    uint32_t req_event; /* the peer's: notify it when req_prod passes this */
    uint32_t rsp_prod;  /* the peer's */
    uint32_t rsp_event; /* ours: the peer notifies us when rsp_prod passes this */
};

static struct header *header(const struct at_xen_ring *ring)
{
    return ring->config.shared;
}

static void *entry(const struct at_xen_ring *ring, uint32_t index)
{
    uint32_t slot = index & (ring->config.entries - 1);

    return (char *)ring->config.shared + AT_XEN_RING_HEADER + (size_t)slot * ring->config.entry_size;
}

uint32_t at_xen_ring_entries(size_t size, uint32_t entry_size)
{
    size_t fit;
    uint32_t entries = 1;

    if (entry_size == 0 || size < AT_XEN_RING_HEADER)
        return 0;
    fit = (size - AT_XEN_RING_HEADER) / entry_size;
    if (fit == 0)
        return 0;
    while (entries <= fit / 2 && entries < 1u << 31)
        entries *= 2;
    return entries;
}

at_status at_xen_ring_init(struct at_xen_ring *ring, const struct at_xen_ring_config *config)
{
    struct header *shared = config->shared;

    if (shared == NULL || (uintptr_t)shared % 8 != 0 || config->entries == 0 ||
        (config->entries & (config->entries - 1)) != 0 || config->request_size > config->entry_size ||
        config->response_size > config->entry_size)
        return AT_INVALID;
    /* All of it: the peer will see these pages, and not what was on them before. */
    memset(shared, 0, AT_XEN_RING_HEADER + (size_t)config->entries * config->entry_size);
    shared->req_prod = shared->rsp_prod = config->start;
    shared->req_event = shared->rsp_event = config->start + 1;
    ring->config = *config;
    ring->requests = ring->pushed = ring->responses = ring->seen = config->start;
    ring->broken = 0;
    return AT_OK;
}

uint32_t at_xen_ring_room(const struct at_xen_ring *ring)
{
    return ring->config.entries - (ring->requests - ring->responses);
}

uint32_t at_xen_ring_outstanding(const struct at_xen_ring *ring)
{
    return ring->pushed - ring->responses;
}

at_status at_xen_ring_put(struct at_xen_ring *ring, const void *request)
{
    if (ring->broken)
        return AT_PROTOCOL;
    if (at_xen_ring_room(ring) == 0)
        return AT_NO_SPACE;
    memcpy(entry(ring, ring->requests++), request, ring->config.request_size);
    return AT_OK;
}

int at_xen_ring_push(struct at_xen_ring *ring)
{
    uint32_t fresh = ring->requests - ring->pushed;

    if (ring->broken)
        return 0;
    ring->pushed = ring->requests;
    __atomic_store_n(&header(ring)->req_prod, ring->pushed, __ATOMIC_RELEASE);
    /* The peer sets req_event and then looks at req_prod; we do it the other way round: one of us sees the other. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return ring->pushed - __atomic_load_n(&header(ring)->req_event, __ATOMIC_RELAXED) < fresh;
}

at_status at_xen_ring_take(struct at_xen_ring *ring, void *response)
{
    if (ring->broken)
        return AT_PROTOCOL;
    if (ring->responses == ring->seen) {
        uint32_t produced = __atomic_load_n(&header(ring)->rsp_prod, __ATOMIC_ACQUIRE);

        if (produced == ring->responses)
            return AT_AGAIN;
        if (produced - ring->responses > at_xen_ring_outstanding(ring)) {
            ring->broken = 1;
            return AT_PROTOCOL;
        }
        ring->seen = produced;
    }
    memcpy(response, entry(ring, ring->responses++), ring->config.response_size);
    /* What the caller looks at is the copy: the compiler must not go back to the shared entry for it. */
    __asm__ volatile("" ::: "memory");
    return AT_OK;
}

int at_xen_ring_arm(struct at_xen_ring *ring)
{
    if (ring->broken)
        return 1;
    __atomic_store_n(&header(ring)->rsp_event, ring->responses + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* as in at_xen_ring_push(), with the roles exchanged */
    return __atomic_load_n(&header(ring)->rsp_prod, __ATOMIC_ACQUIRE) != ring->responses;
}
