/* SPDX-License-Identifier: ISC */
/* The way out: requests are written straight from their callers' memory into the ring, several in one go. */

#include "internal.h"

#include <string.h>

/* A place in the ring that is being filled, and in the message that fills it. */
struct writer {
    char *ring;
    uint32_t producer;
    uint32_t room; /* bytes */
    size_t skip;   /* bytes of the message that are in the ring already */
};

size_t at_xenstore_internal_payload_size(const struct at_xenstore_request *request)
{
    size_t dir = request->dir != NULL ? strlen(request->dir) + 1 : 0;

    return dir + strlen(request->path) + 1 + request->data_size;
}

static void put(struct writer *w, const void *data, size_t size)
{
    const char *from = (const char *)data;

    if (w->skip >= size) {
        w->skip -= size;
        return;
    }
    from += w->skip;
    size -= w->skip;
    w->skip = 0;
    while (size != 0 && w->room != 0) {
        uint32_t offset = MASK_XENSTORE_IDX(w->producer);
        uint32_t n = XENSTORE_RING_SIZE - offset;

        if (n > size)
            n = (uint32_t)size;
        if (n > w->room)
            n = w->room;
        memcpy(w->ring + offset, from, n);
        from += n;
        size -= n;
        w->producer += n;
        w->room -= n;
    }
}

/* Writes what there is room for of `request`. Returns whether all of it is in the ring. */
static bool write_message(struct writer *w, struct at_xenstore_request *request)
{
    uint32_t payload = (uint32_t)at_xenstore_internal_payload_size(request);
    uint32_t left = HEADER_SIZE + payload - request->sent;
    uint32_t start = w->producer;

    /* One that fits into the ring goes whole, so that its caller can leave at any time without cutting it in two. */
    if (w->room < left && HEADER_SIZE + payload <= XENSTORE_RING_SIZE)
        return false;

    struct xsd_sockmsg header = {
        .type = request->op, .req_id = request->id, .tx_id = request->transaction, .len = payload};
    w->skip = request->sent;
    put(w, &header, sizeof(header));
    if (request->dir != NULL) {
        put(w, request->dir, strlen(request->dir));
        put(w, "/", 1);
    }
    put(w, request->path, strlen(request->path) + 1);
    put(w, request->data, request->data_size);
    request->sent += w->producer - start;
    return left == w->producer - start;
}

/* Tells the server to drop transactions that nobody wants. The answers are nobody's. */
static void write_orphans(struct at_xenstore *xs, struct writer *w)
{
    while (xs->orphan_count != 0) {
        struct at_xenstore_request end = {.op = AT_XENSTORE_TRANSACTION_END,
                                          .transaction = xs->orphans[xs->orphan_count - 1],
                                          .path = "F",
                                          .id = xs->last_id + 1};

        if (!write_message(w, &end))
            return;
        xs->last_id++;
        xs->orphan_count--;
        xs->abandoned++;
    }
}

void at_xenstore_internal_orphan(struct at_xenstore *xs, uint32_t transaction)
{
    /* More than the server lets a guest open were never opened. */
    if (xs->orphan_count < AT_XENSTORE_ORPHANS_MAX)
        xs->orphans[xs->orphan_count++] = transaction;
}

void at_xenstore_internal_send(struct at_xenstore *xs)
{
    struct xenstore_domain_interface *ring = xs->config.ring;
    uint32_t used = xs->request_producer - __atomic_load_n(&ring->req_cons, __ATOMIC_ACQUIRE);
    struct writer w = {.ring = ring->req, .producer = xs->request_producer, .room = XENSTORE_RING_SIZE - used};
    struct at_list_node *node;

    if (used > XENSTORE_RING_SIZE) {
        at_xenstore_internal_end(xs, AT_PROTOCOL);
        return;
    }
    while ((node = at_list_first(&xs->queued)) != NULL) {
        struct at_xenstore_request *request = AT_CONTAINER_OF(node, struct at_xenstore_request, node);

        if (!write_message(&w, request))
            break;
        at_list_remove(node);
        at_list_push_back(&xs->sent, node);
    }
    write_orphans(xs, &w); /* not into the middle of a message: one that is cut in two has left no room */
    if (w.producer == xs->request_producer)
        return;
    xs->request_producer = w.producer;
    __atomic_store_n(&ring->req_prod, w.producer, __ATOMIC_RELEASE);
    xs->config.notify(xs->config.notify_ctx);
}
