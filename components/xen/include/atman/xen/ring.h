/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_RING_H
#define ATMAN_XEN_RING_H

/*
 * The front end of a shared request/response ring as <xen/io/ring.h> lays it out, for any device protocol: block,
 * network, and their kin.
 *
 * The memory is shared with a peer that may write anything to it at any time. So nothing in it is believed: the indices
 * that matter are kept privately, the peer's producer index is read once per batch and checked, and a response is
 * copied once into memory of the caller's before anybody looks at it. What a response says (ids, offsets, status) is
 * the caller's to check. A peer that breaks the protocol breaks this ring for good (AT_PROTOCOL) and nothing else.
 *
 * Not for: XenStore's and the console's byte rings. No hypercall, no blocking; every call is O(1). One CPU.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes before the first entry. */
#define AT_XEN_RING_HEADER 64u

/* What a ring is made of. Every field must be set; the ring copies them. */
struct at_xen_ring_config {
    void *shared;           /* page(s) granted to the peer, 8-byte aligned; outlive the ring */
    uint32_t entries;       /* power of two; AT_XEN_RING_HEADER + entries * entry_size bytes are used */
    uint32_t entry_size;    /* bytes: sizeof the union of request and response, padding included */
    uint32_t request_size;  /* bytes, at most entry_size */
    uint32_t response_size; /* bytes, at most entry_size */
    uint32_t start;         /* first index, 0 on a fresh device; tests start just below 2^32 */
};

/* A ring's private half. Memory of the caller's; every member is the component's own. */
struct at_xen_ring {
    struct at_xen_ring_config config;
    uint32_t requests;  /* index of the next request to be put */
    uint32_t pushed;    /* requests up to here are the peer's */
    uint32_t responses; /* index of the next response to be taken */
    uint32_t seen;      /* responses up to here were seen and checked */
    uint32_t broken;
};

/*
 * at_xen_ring_entries returns the largest power of two of entries of `entry_size` bytes that a shared area of `size`
 * bytes holds; 0 if none.
 */
uint32_t at_xen_ring_entries(size_t size, uint32_t entry_size);

/*
 * at_xen_ring_init clears the shared area and makes `ring` the front end of an empty ring. To be done before the peer
 * is told of it, and again for each new connection.
 * Returns AT_OK, or AT_INVALID for a configuration that breaks the rules above.
 */
at_status at_xen_ring_init(struct at_xen_ring *ring, const struct at_xen_ring_config *config);

/* at_xen_ring_room returns how many requests can be put: entries whose response was not taken yet are not free. */
uint32_t at_xen_ring_room(const struct at_xen_ring *ring);

/*
 * at_xen_ring_put copies `request` (request_size bytes) behind the last one. The peer sees it after at_xen_ring_push().
 * Returns AT_OK, AT_NO_SPACE, or AT_PROTOCOL on a broken ring.
 */
at_status at_xen_ring_put(struct at_xen_ring *ring, const void *request);

/*
 * at_xen_ring_push shows the peer all requests put so far. Returns 1 if the peer asked to be notified of any of them
 * (the caller then sends the event), 0 if not, or if there is nothing new. A broken ring pushes nothing.
 */
int at_xen_ring_push(struct at_xen_ring *ring);

/*
 * at_xen_ring_take copies the next response (response_size bytes) to `response`, once.
 *
 * Returns AT_OK, AT_AGAIN when there is none, or AT_PROTOCOL when the peer claims more responses than it has requests,
 * now or earlier: the ring is broken then, and stays so until at_xen_ring_init().
 */
at_status at_xen_ring_take(struct at_xen_ring *ring, void *response);

/*
 * at_xen_ring_arm asks the peer for an event with its next response, and looks again. Returns 1 if a response came in
 * the meantime (take it instead of sleeping: no event may follow), 0 if it is safe to sleep. A broken ring returns 1,
 * so that the caller takes and learns of it.
 */
int at_xen_ring_arm(struct at_xen_ring *ring);

/* at_xen_ring_outstanding returns how many requests were pushed and not yet answered as far as this side has taken. */
uint32_t at_xen_ring_outstanding(const struct at_xen_ring *ring);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_RING_H */
