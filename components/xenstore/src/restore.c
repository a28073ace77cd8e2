/* SPDX-License-Identifier: ISC */
#include <atman/xenstore/restore.h>

#include "internal.h"

at_status at_xenstore_rest(struct at_xenstore *xs, uint64_t deadline_ns)
{
    at_status status = AT_OK;

    for (;;) {
        struct at_xenstore_stats stats;

        at_xenstore_on_event(xs);
        if (xs->status != AT_OK)
            return xs->status;
        at_xenstore_stats(xs, &stats);
        if (stats.outstanding == 0 && stats.transactions == 0)
            return AT_OK;
        if (status != AT_OK)
            return status;
        status = at_wait_sleep(xs->config.wait, deadline_ns);
        if (status == AT_OK && deadline_ns != AT_NEVER && at_wait_now(xs->config.wait) >= deadline_ns)
            status = AT_TIMED_OUT;
    }
}

void at_xenstore_restored(struct at_xenstore *xs)
{
    at_xenstore_internal_begin(xs);
}

at_status at_xenstore_rewatch(struct at_xenstore *xs, uint64_t deadline_ns)
{
    struct at_list old;
    struct at_list_node *node;
    at_status result = AT_OK;

    /* Whoever removes a watch meanwhile takes it out of this list. */
    at_list_init(&old);
    while ((node = at_list_pop_front(&xs->watches)) != NULL)
        at_list_push_back(&old, node);
    while ((node = at_list_pop_front(&old)) != NULL) {
        struct at_xenstore_watch *watch = AT_CONTAINER_OF(node, struct at_xenstore_watch, node);
        struct at_xenstore_request request = {
            .op = AT_XENSTORE_WATCH, .dir = watch->dir, .path = watch->path, .watch = watch};
        at_status status = at_xenstore_call(xs, &request, 1, deadline_ns);

        if (status == AT_OK)
            status = request.status;
        if (result == AT_OK)
            result = status;
    }
    return result;
}
