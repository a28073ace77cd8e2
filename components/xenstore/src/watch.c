/* SPDX-License-Identifier: ISC */
/* Watches count; they never queue. */

#include "internal.h"

void at_xenstore_internal_link(struct at_xenstore *xs, struct at_xenstore_watch *watch, const char *dir,
                               const char *path)
{
    watch->dir = dir;
    watch->path = path;
    watch->pending = 0;
    watch->number = ++xs->last_token;
    for (int i = 0; i < 8; i++)
        watch->token[i] = "0123456789abcdef"[watch->number >> (28 - 4 * i) & 15];
    watch->token[8] = '\0';
    at_list_push_back(&xs->watches, &watch->node);
}

void at_xenstore_internal_event(struct at_xenstore_watch *watch)
{
    if (watch->pending != UINT32_MAX)
        watch->pending++;
    if (watch->fn != NULL)
        watch->fn(watch);
}

at_status at_xenstore_watch_add(struct at_xenstore *xs, struct at_xenstore_watch *watch, const char *path,
                                at_xenstore_watch_fn fn, uint64_t deadline_ns)
{
    struct at_xenstore_request request = {.op = AT_XENSTORE_WATCH, .path = path, .watch = watch};

    watch->fn = fn;
    at_status status = at_xenstore_call(xs, &request, 1, deadline_ns);
    return status == AT_OK ? request.status : status;
}

at_status at_xenstore_watch_remove(struct at_xenstore *xs, struct at_xenstore_watch *watch, uint64_t deadline_ns)
{
    struct at_xenstore_request request = {.op = AT_XENSTORE_UNWATCH, .watch = watch};
    at_status status;

    if (at_list_is_linked(&watch->node))
        at_list_remove(&watch->node); /* what is still on its way means nothing from now on */
    status = at_xenstore_call(xs, &request, 1, deadline_ns);
    return status == AT_OK ? request.status : status;
}

uint32_t at_xenstore_watch_take(struct at_xenstore_watch *watch)
{
    uint32_t pending = watch->pending;

    watch->pending = 0;
    return pending;
}

at_status at_xenstore_watch_wait(struct at_xenstore *xs, struct at_xenstore_watch *watch, uint64_t deadline_ns)
{
    at_status status = AT_OK;

    for (;;) {
        at_xenstore_on_event(xs);
        if (xs->status != AT_OK)
            return xs->status;
        if (at_xenstore_watch_take(watch) != 0)
            return AT_OK;
        if (status != AT_OK)
            return status;
        status = at_wait_sleep(xs->config.wait, deadline_ns);
        if (status == AT_OK && deadline_ns != AT_NEVER && at_wait_now(xs->config.wait) >= deadline_ns)
            status = AT_TIMED_OUT;
    }
}
