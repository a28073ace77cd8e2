/* SPDX-License-Identifier: ISC */
#include <atman/lifecycle/memory.h>

#include <stdbool.h>
#include <string.h>

#include <atman/base/bits.h>
#include <atman/xenstore/xenstore.h>

static const char path[] = "memory/target";

static void look(struct at_lifecycle_memory *m);

static void answered(struct at_xenstore_request *request)
{
    struct at_lifecycle_memory *m = (struct at_lifecycle_memory *)request->ctx;
    uint32_t kib = 0;

    if (request->status == AT_OK && at_xenstore_parse_u32(&kib, m->text, request->size) == AT_OK && kib != 0 &&
        kib != m->kib) {
        m->kib = kib;
        m->changed(m->ctx, kib);
    }
    if (m->watch.pending != 0)
        look(m);
}

static void look(struct at_lifecycle_memory *m)
{
    (void)at_xenstore_watch_take(&m->watch);
    m->request = (struct at_xenstore_request){.op = AT_XENSTORE_READ,
                                              .path = path,
                                              .reply = m->text,
                                              .capacity = sizeof(m->text),
                                              .done = answered,
                                              .ctx = m};
    (void)at_xenstore_submit(m->xs, &m->request, 1); /* refused only when the connection has ended */
}

static void changed(struct at_xenstore_watch *watch)
{
    struct at_lifecycle_memory *m = AT_CONTAINER_OF(watch, struct at_lifecycle_memory, watch);

    if (at_xenstore_request_is_done(&m->request))
        look(m);
}

at_status at_lifecycle_memory_start(struct at_lifecycle_memory *m, struct at_xenstore *xs,
                                    at_lifecycle_memory_fn changed_fn, void *ctx, uint64_t deadline_ns)
{
    at_status status;

    memset(m, 0, sizeof(*m));
    m->xs = xs;
    m->changed = changed_fn;
    m->ctx = ctx;
    status = at_xenstore_watch_add(xs, &m->watch, path, changed, deadline_ns);
    if (status != AT_OK) /* an event that came before the answer has begun a read into this memory */
        (void)at_lifecycle_memory_stop(m, 0);
    return status;
}

at_status at_lifecycle_memory_stop(struct at_lifecycle_memory *m, uint64_t deadline_ns)
{
    at_status status = at_xenstore_watch_remove(m->xs, &m->watch, deadline_ns);

    (void)at_xenstore_wait(m->xs, &m->request, 1, deadline_ns);
    return status;
}
