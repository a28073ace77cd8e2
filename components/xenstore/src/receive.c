/* SPDX-License-Identifier: ISC */
/* The way in. All of it comes from somebody who may lie: it is copied once, and checked before it means anything. */

#include "internal.h"

#include <string.h>

/* As much as is copied out of the ring at a time: most messages are shorter. */
#define CHUNK_SIZE 64u

static struct at_xenstore_request *find_request(struct at_xenstore *xs, uint32_t id)
{
    for (struct at_list_node *node = at_list_first(&xs->sent); node != NULL; node = at_list_next(&xs->sent, node)) {
        struct at_xenstore_request *request = AT_CONTAINER_OF(node, struct at_xenstore_request, node);

        if (request->id == id)
            return request;
    }
    return NULL;
}

/* Judges a header. Returns whether it may be one. */
static bool begin(struct at_xenstore *xs)
{
    uint32_t type = xs->incoming.header.type;
    struct at_xenstore_request *request;

    xs->incoming.request = NULL;
    xs->incoming.nuls = 0;
    xs->incoming.text_size = 0;
    xs->incoming.last = 1;
    if (xs->incoming.header.size > XENSTORE_PAYLOAD_MAX)
        return false;
    if (type == XS_WATCH_EVENT)
        return true;
    request = find_request(xs, xs->incoming.header.id);
    if (request == NULL) /* the late answer to a request that was abandoned, or a lie */
        return xs->abandoned != 0 && xs->last_id - xs->incoming.header.id < UINT32_MAX / 2;
    xs->incoming.request = request;
    return (type == request->op || type == XS_ERROR) && xs->incoming.header.transaction == request->transaction;
}

/* Takes `size` bytes of payload, which begin at `offset` of it. */
static void take_payload(struct at_xenstore *xs, const char *bytes, uint32_t size, uint32_t offset)
{
    struct at_xenstore_request *request = xs->incoming.request;

    /* A short text is kept beside: of an event what follows its path, of anything else its beginning. */
    for (uint32_t i = 0; i < size; i++) {
        bool keep = xs->incoming.header.type != XS_WATCH_EVENT || xs->incoming.nuls == 1;

        if (keep && xs->incoming.text_size < sizeof(xs->incoming.text) - 1)
            xs->incoming.text[xs->incoming.text_size++] = bytes[i];
        xs->incoming.nuls += bytes[i] == '\0';
        xs->incoming.last = bytes[i];
    }
    if (request != NULL && xs->incoming.header.type != XS_ERROR && offset < request->capacity) {
        size_t n = request->capacity - offset;

        memcpy(request->reply + offset, bytes, n < size ? n : size);
    }
}

static bool finish_event(struct at_xenstore *xs)
{
    if (xs->incoming.nuls != 2 || xs->incoming.last != '\0')
        return false;
    xs->stats.watch_events++;
    for (struct at_list_node *node = at_list_first(&xs->watches); node != NULL;
         node = at_list_next(&xs->watches, node)) {
        struct at_xenstore_watch *watch = AT_CONTAINER_OF(node, struct at_xenstore_watch, node);

        if (strcmp(watch->token, xs->incoming.text) == 0) {
            xs->wake = true;
            at_xenstore_internal_event(watch);
            return true;
        }
    }
    xs->stats.stale++;
    return true;
}

/* Judges an answer that is complete and stores what it says in `*status`. Returns whether it may be one. */
static bool judge(struct at_xenstore *xs, at_status *status)
{
    bool one_string = xs->incoming.nuls == 1 && xs->incoming.last == '\0';
    uint32_t transaction;

    *status = AT_OK;
    switch (xs->incoming.header.type) {
    case XS_ERROR: *status = at_xenstore_internal_error(xs, xs->incoming.text); return one_string;
    case XS_READ: return true;
    case XS_DIRECTORY: return xs->incoming.header.size == 0 || xs->incoming.last == '\0';
    case XS_GET_PERMS:
    case XS_GET_DOMAIN_PATH:
    case XS_DIRECTORY_PART: return xs->incoming.last == '\0';
    case XS_TRANSACTION_START:
        if (!one_string || at_xenstore_parse_u32(&transaction, xs->incoming.text, strlen(xs->incoming.text)) != AT_OK)
            return false;
        if (xs->incoming.request != NULL)
            xs->stats.transactions++;
        else
            at_xenstore_internal_orphan(xs, transaction);
        return true;
    default: return one_string && strcmp(xs->incoming.text, "OK") == 0;
    }
}

static bool finish_answer(struct at_xenstore *xs)
{
    struct at_xenstore_request *request = xs->incoming.request;
    uint32_t size = xs->incoming.header.size;
    at_status status;

    if (!judge(xs, &status))
        return false;
    if (request == NULL) {
        xs->abandoned--;
        xs->stats.stale++;
        xs->wake = true; /* at_xenstore_rest() waits for it */
        return true;
    }
    xs->incoming.request = NULL;
    xs->stats.requests++;
    if (status == AT_OK && request->capacity != 0) {
        request->size = size;
        if (size < request->capacity)
            request->reply[size] = '\0';
        else
            status = AT_TOO_BIG;
    }
    at_xenstore_internal_finish(xs, request, status);
    return true;
}

/* Takes up to `size` bytes of one message, stores in `*taken` how many. Returns whether they keep to the protocol. */
static bool take(struct at_xenstore *xs, uint32_t *taken, const char *from, uint32_t size)
{
    char chunk[CHUNK_SIZE];
    uint32_t received = xs->incoming.received;
    uint32_t end = received < HEADER_SIZE ? HEADER_SIZE : HEADER_SIZE + xs->incoming.header.size;

    if (size > end - received)
        size = end - received;
    if (size > CHUNK_SIZE)
        size = CHUNK_SIZE;
    memcpy(chunk, from, size);
    *taken = size;
    xs->incoming.received = received + size;
    if (received < HEADER_SIZE) {
        memcpy((char *)&xs->incoming.header + received, chunk, size);
        if (xs->incoming.received < HEADER_SIZE)
            return true;
        if (!begin(xs))
            return false;
        end = HEADER_SIZE + xs->incoming.header.size;
    } else {
        take_payload(xs, chunk, size, received - HEADER_SIZE);
    }
    if (xs->incoming.received < end)
        return true;
    xs->incoming.received = 0;
    return xs->incoming.header.type == XS_WATCH_EVENT ? finish_event(xs) : finish_answer(xs);
}

void at_xenstore_internal_receive(struct at_xenstore *xs)
{
    struct xenstore_domain_interface *ring = xs->config.ring;
    uint32_t first = xs->reply_consumer;
    uint32_t left = __atomic_load_n(&ring->rsp_prod, __ATOMIC_ACQUIRE) - first;

    if (left > XENSTORE_RING_SIZE) {
        at_xenstore_internal_end(xs, AT_PROTOCOL);
        return;
    }
    /* What is there now and no more: a server that never stops must not keep us here. It notifies us of the rest. */
    while (left != 0 && xs->status == AT_OK) {
        uint32_t offset = MASK_XENSTORE_IDX(xs->reply_consumer);
        uint32_t run = XENSTORE_RING_SIZE - offset;
        uint32_t taken;

        if (!take(xs, &taken, ring->rsp + offset, left < run ? left : run)) {
            at_xenstore_internal_end(xs, AT_PROTOCOL);
            return;
        }
        xs->reply_consumer += taken;
        left -= taken;
    }
    if (xs->reply_consumer != first) {
        __atomic_store_n(&ring->rsp_cons, xs->reply_consumer, __ATOMIC_RELEASE);
        /* Only a server that found no room waits for us. It may have filled the ring since: look after the store. */
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (__atomic_load_n(&ring->rsp_prod, __ATOMIC_RELAXED) - first >= XENSTORE_RING_SIZE)
            xs->config.notify(xs->config.notify_ctx);
    } else if ((ring->server_features & XENSTORE_SERVER_FEATURE_ERROR) != 0 && ring->error != XENSTORE_ERROR_NONE) {
        at_xenstore_internal_end(xs, AT_CLOSED);
    }
}
