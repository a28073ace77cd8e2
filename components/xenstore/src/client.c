/* SPDX-License-Identifier: ISC */
/* The life of the client and of its requests: queued, sent, done or abandoned. Bytes are send.c's and receive.c's. */

#include "internal.h"

#include <string.h>

void at_xenstore_init(struct at_xenstore *xs, const struct at_xenstore_config *config)
{
    memset(xs, 0, sizeof(*xs));
    xs->config = *config;
    at_list_init(&xs->queued);
    at_list_init(&xs->sent);
    at_list_init(&xs->watches);
    /* The ring may have served a boot loader: its indices are where they are, and ours are private from here on. */
    xs->request_producer = config->ring->req_prod;
    xs->reply_consumer = config->ring->rsp_cons;
}

at_status at_xenstore_status(const struct at_xenstore *xs)
{
    return xs->status;
}

static uint32_t count(const struct at_list *list)
{
    uint32_t n = 0;

    for (const struct at_list_node *node = at_list_first(list); node != NULL; node = at_list_next(list, node))
        n++;
    return n;
}

void at_xenstore_stats(const struct at_xenstore *xs, struct at_xenstore_stats *stats)
{
    *stats = xs->stats;
    stats->outstanding = count(&xs->queued) + count(&xs->sent) + xs->abandoned + xs->orphan_count;
    stats->watches = count(&xs->watches);
}

void at_xenstore_internal_finish(struct at_xenstore *xs, struct at_xenstore_request *request, at_status status)
{
    at_list_remove(&request->node);
    request->pending = false;
    request->status = status;
    if (request->op == AT_XENSTORE_UNWATCH || (request->op == AT_XENSTORE_WATCH && status != AT_OK)) {
        if (at_list_is_linked(&request->watch->node))
            at_list_remove(&request->watch->node);
    }
    if (request->op == AT_XENSTORE_TRANSACTION_END && xs->stats.transactions != 0)
        xs->stats.transactions--;
    xs->answered = true;
    xs->wake = true;
    if (request->done != NULL)
        request->done(request);
}

static void wake(struct at_xenstore *xs)
{
    if (xs->wake) {
        xs->wake = false;
        at_wait_wake(xs->config.wait);
    }
}

void at_xenstore_internal_end(struct at_xenstore *xs, at_status status)
{
    struct at_list_node *node;

    if (xs->status != AT_OK)
        return;
    xs->status = status;
    xs->abandoned = 0;
    xs->orphan_count = 0;
    xs->stats.transactions = 0;
    xs->wake = true;
    while ((node = at_list_first(&xs->sent)) != NULL || (node = at_list_first(&xs->queued)) != NULL)
        at_xenstore_internal_finish(xs, AT_CONTAINER_OF(node, struct at_xenstore_request, node), status);
    while ((node = at_list_pop_front(&xs->watches)) != NULL)
        at_xenstore_internal_event(AT_CONTAINER_OF(node, struct at_xenstore_watch, node));
    wake(xs);
}

void at_xenstore_close(struct at_xenstore *xs)
{
    at_xenstore_internal_end(xs, AT_CLOSED);
}

void at_xenstore_on_event(struct at_xenstore *xs)
{
    xs->wake |= xs->status != AT_OK; /* who begins anew waits for the server's answer, which is no message */
    if (xs->status == AT_OK)
        at_xenstore_internal_receive(xs);
    if (xs->status == AT_OK)
        at_xenstore_internal_send(xs);
    wake(xs);
}

/* The watch's own path and token become the request's. */
static at_status bind_watch(struct at_xenstore_request *request)
{
    struct at_xenstore_watch *watch = request->watch;

    if (watch == NULL)
        return AT_INVALID;
    if (request->op == AT_XENSTORE_UNWATCH) {
        if (watch->number == 0)
            return AT_INVALID;
        request->dir = watch->dir;
        request->path = watch->path;
    } else if (at_list_is_linked(&watch->node)) {
        return AT_INVALID;
    }
    request->data = watch->token;
    request->data_size = sizeof(watch->token);
    return AT_OK;
}

static at_status check(struct at_xenstore_request *request)
{
    if (request->pending)
        return AT_INVALID;
    if (request->op == AT_XENSTORE_WATCH || request->op == AT_XENSTORE_UNWATCH) {
        at_status status = bind_watch(request);
        if (status != AT_OK)
            return status;
    }
    if (request->path == NULL || (request->path[0] == '\0' && request->op != AT_XENSTORE_TRANSACTION_START &&
                                  request->op != AT_XENSTORE_RESET_WATCHES))
        return AT_INVALID;
    if (at_xenstore_internal_has_reply(request->op) && (request->reply == NULL || request->capacity == 0))
        return AT_INVALID;

    const char *first = request->dir != NULL ? request->dir : request->path;
    size_t path_max = first[0] == '/' ? AT_XENSTORE_ABSOLUTE_PATH_MAX : AT_XENSTORE_RELATIVE_PATH_MAX;
    size_t size = at_xenstore_internal_payload_size(request);

    /* Data that is longer than any message must not make the sum overflow. */
    if (request->data_size > AT_XENSTORE_PAYLOAD_MAX || size > AT_XENSTORE_PAYLOAD_MAX ||
        size - 1 - request->data_size > path_max)
        return AT_TOO_BIG;
    return AT_OK;
}

static void queue(struct at_xenstore *xs, struct at_xenstore_request *request)
{
    request->id = ++xs->last_id;
    request->sent = 0;
    request->size = 0;
    request->pending = true;
    at_list_push_back(&xs->queued, &request->node);
    if (!at_xenstore_internal_has_reply(request->op))
        request->capacity = 0;
    if (request->op == AT_XENSTORE_WATCH) /* now, since its first event may come with the answer */
        at_xenstore_internal_link(xs, request->watch, request->dir, request->path);
}

at_status at_xenstore_submit(struct at_xenstore *xs, struct at_xenstore_request *requests, size_t count)
{
    at_status status = xs->status;

    for (size_t i = 0; i < count && status == AT_OK; i++)
        status = check(&requests[i]);
    for (size_t i = 0; i < count; i++)
        requests[i].status = status;
    if (status != AT_OK)
        return status;
    /* Whatever is asked after an answer may depend on it; what is asked before any came shares the way. */
    if (count != 0 && (xs->answered || (at_list_is_empty(&xs->queued) && at_list_is_empty(&xs->sent)))) {
        xs->answered = false;
        xs->stats.round_trips++;
    }
    for (size_t i = 0; i < count; i++)
        queue(xs, &requests[i]);
    return AT_OK;
}

/*
 * Takes a request whose caller leaves out of the lists, without losing track of what it does at the server. Returns
 * whether that cuts it in two.
 */
static bool abandon(struct at_xenstore *xs, struct at_xenstore_request *request, at_status status)
{
    bool in_ring = request->sent == HEADER_SIZE + at_xenstore_internal_payload_size(request);
    at_xenstore_request_fn done = request->done;

    if (request->op == AT_XENSTORE_TRANSACTION_END && !in_ring)
        at_xenstore_internal_orphan(xs, request->transaction);
    if (xs->incoming.request == request)
        xs->incoming.request = NULL; /* what is still to come of its answer is dropped */
    if (in_ring)
        xs->abandoned++;
    request->done = NULL; /* the caller knows; but it is the caller's, who may submit the request again */
    at_xenstore_internal_finish(xs, request, status);
    request->done = done;
    return request->sent != 0 && !in_ring;
}

at_status at_xenstore_wait(struct at_xenstore *xs, struct at_xenstore_request *requests, size_t count,
                           uint64_t deadline_ns)
{
    at_status status = AT_OK;
    bool cut = false;
    size_t done = 0;

    for (;;) {
        at_xenstore_on_event(xs);
        while (done < count && !requests[done].pending)
            done++;
        if (done == count)
            return xs->status;
        if (status != AT_OK)
            break;
        status = at_wait_sleep(xs->config.wait, deadline_ns);
        /* A server that keeps waking us must not keep us for ever. */
        if (status == AT_OK && deadline_ns != AT_NEVER && at_wait_now(xs->config.wait) >= deadline_ns)
            status = AT_TIMED_OUT;
    }
    for (; done < count; done++) {
        if (requests[done].pending)
            cut |= abandon(xs, &requests[done], status);
    }
    if (cut) /* the server waits for the other half, which is gone: nothing can follow it */
        at_xenstore_internal_end(xs, AT_CLOSED);
    wake(xs);
    return status;
}

at_status at_xenstore_call(struct at_xenstore *xs, struct at_xenstore_request *requests, size_t count,
                           uint64_t deadline_ns)
{
    at_status status = at_xenstore_submit(xs, requests, count);

    return status == AT_OK ? at_xenstore_wait(xs, requests, count, deadline_ns) : status;
}
