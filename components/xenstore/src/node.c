/* SPDX-License-Identifier: ISC */
/* One question at a time: the calls on nodes that block. */

#include "internal.h"

#include <string.h>

static at_status ask(struct at_xenstore *xs, struct at_xenstore_request *request, uint64_t deadline_ns)
{
    at_status status = at_xenstore_call(xs, request, 1, deadline_ns);

    return status == AT_OK ? request->status : status;
}

static at_status fetch(struct at_xenstore *xs, char *reply, size_t capacity, size_t *size, uint32_t transaction,
                       enum at_xenstore_op op, const char *path, uint64_t deadline_ns)
{
    struct at_xenstore_request request = {
        .op = op, .transaction = transaction, .path = path, .reply = reply, .capacity = capacity};
    at_status status = ask(xs, &request, deadline_ns);

    *size = request.size;
    return status;
}

at_status at_xenstore_read(struct at_xenstore *xs, char *value, size_t capacity, size_t *size, uint32_t transaction,
                           const char *path, uint64_t deadline_ns)
{
    return fetch(xs, value, capacity, size, transaction, AT_XENSTORE_READ, path, deadline_ns);
}

at_status at_xenstore_directory(struct at_xenstore *xs, char *names, size_t capacity, size_t *size,
                                uint32_t transaction, const char *path, uint64_t deadline_ns)
{
    return fetch(xs, names, capacity, size, transaction, AT_XENSTORE_DIRECTORY, path, deadline_ns);
}

at_status at_xenstore_write(struct at_xenstore *xs, uint32_t transaction, const char *path, const void *value,
                            size_t size, uint64_t deadline_ns)
{
    struct at_xenstore_request request = {
        .op = AT_XENSTORE_WRITE, .transaction = transaction, .path = path, .data = value, .data_size = size};

    return ask(xs, &request, deadline_ns);
}

at_status at_xenstore_mkdir(struct at_xenstore *xs, uint32_t transaction, const char *path, uint64_t deadline_ns)
{
    struct at_xenstore_request request = {.op = AT_XENSTORE_MKDIR, .transaction = transaction, .path = path};

    return ask(xs, &request, deadline_ns);
}

at_status at_xenstore_rm(struct at_xenstore *xs, uint32_t transaction, const char *path, uint64_t deadline_ns)
{
    struct at_xenstore_request request = {.op = AT_XENSTORE_RM, .transaction = transaction, .path = path};

    return ask(xs, &request, deadline_ns);
}

const char *at_xenstore_next_name(const char *names, size_t size, const char *name)
{
    const char *next = name == NULL ? names : name + strlen(name) + 1;

    return next < names + size ? next : NULL;
}
