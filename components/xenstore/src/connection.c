/* SPDX-License-Identifier: ISC */
/* Beginning anew. */

#include "internal.h"

#include <atman/xenstore/connection.h>

at_status at_xenstore_reset_watches(struct at_xenstore *xs, uint64_t deadline_ns)
{
    struct at_xenstore_request request = {.op = AT_XENSTORE_RESET_WATCHES, .path = ""};
    at_status status = at_xenstore_call(xs, &request, 1, deadline_ns);

    if (status == AT_OK)
        status = request.status;
    if (status == AT_OK || status == AT_TIMED_OUT) {
        while (at_list_pop_front(&xs->watches) != NULL)
            ;
        xs->stats.transactions = 0;
        xs->orphan_count = 0;
    }
    return status;
}

bool at_xenstore_can_reconnect(const struct at_xenstore *xs)
{
    return (__atomic_load_n(&xs->config.ring->server_features, __ATOMIC_RELAXED) &
            XENSTORE_SERVER_FEATURE_RECONNECTION) != 0;
}

void at_xenstore_internal_begin(struct at_xenstore *xs)
{
    xs->incoming.received = 0;
    xs->incoming.request = NULL;
    xs->request_producer = xs->config.ring->req_prod;
    xs->reply_consumer = xs->config.ring->rsp_cons;
    xs->status = AT_OK;
}

at_status at_xenstore_reconnect(struct at_xenstore *xs, uint64_t deadline_ns)
{
    struct xenstore_domain_interface *ring = xs->config.ring;
    at_status status = AT_OK;

    if (!at_xenstore_can_reconnect(xs))
        return AT_UNSUPPORTED;
    at_xenstore_close(xs);
    __atomic_store_n(&ring->connection, XENSTORE_RECONNECT, __ATOMIC_SEQ_CST);
    xs->config.notify(xs->config.notify_ctx);
    while (__atomic_load_n(&ring->connection, __ATOMIC_ACQUIRE) != XENSTORE_CONNECTED) {
        if (status != AT_OK)
            return status;
        status = at_wait_sleep(xs->config.wait, deadline_ns);
        if (status == AT_OK && deadline_ns != AT_NEVER && at_wait_now(xs->config.wait) >= deadline_ns)
            status = AT_TIMED_OUT;
    }
    at_xenstore_internal_begin(xs); /* both indices of both rings are 0 now */
    return AT_OK;
}
