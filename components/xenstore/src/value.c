/* SPDX-License-Identifier: ISC */
/* Several keys of one directory, in one burst. */

#include "value.h"

#include <atman/xenstore/transaction.h>
#include <atman/xenstore/xenstore.h>

/* The keys of one call. */
struct values {
    const char *dir;
    struct at_xenstore_value *values;
    size_t count;
    uint64_t deadline_ns;
};

/* Submits each and waits for all: submitted before any answer, they share the way. */
static at_status exchange(struct at_xenstore *xs, struct values *v)
{
    at_status status = AT_OK;

    for (size_t i = 0; i < v->count && status == AT_OK; i++)
        status = at_xenstore_submit(xs, &v->values[i].request, 1);
    for (size_t i = 0; i < v->count; i++) {
        /* Even after a failure: nothing may be left that points into the caller's memory. */
        at_status waited = at_xenstore_wait(xs, &v->values[i].request, 1, v->deadline_ns);

        if (status == AT_OK)
            status = waited;
    }
    return status;
}

static at_status read_in(struct at_xenstore *xs, uint32_t transaction, void *ctx)
{
    struct values *v = ctx;
    at_status status, first = AT_OK;

    for (size_t i = 0; i < v->count; i++) {
        struct at_xenstore_value *value = &v->values[i];
        bool is_text = value->kind == AT_XENSTORE_TEXT;

        value->request = (struct at_xenstore_request){.op = AT_XENSTORE_READ,
                                                      .transaction = transaction,
                                                      .dir = v->dir,
                                                      .path = value->name,
                                                      .reply = is_text ? value->to : value->text,
                                                      .capacity = is_text ? value->capacity : sizeof(value->text)};
    }
    status = exchange(xs, v);
    for (size_t i = 0; i < v->count; i++) {
        struct at_xenstore_value *value = &v->values[i];

        value->status = status != AT_OK ? status : value->request.status;
        if (value->status == AT_OK)
            value->status = at_xenstore_internal_parse(value, value->request.reply, value->request.size);
        if (first == AT_OK && !(value->optional && value->status == AT_NOT_FOUND))
            first = value->status;
    }
    return first;
}

static at_status write_in(struct at_xenstore *xs, uint32_t transaction, void *ctx)
{
    struct values *v = ctx;
    at_status status = AT_OK, first = AT_OK;

    for (size_t i = 0; i < v->count && status == AT_OK; i++) {
        struct at_xenstore_value *value = &v->values[i];
        const char *text;
        size_t size;

        status = at_xenstore_internal_format(value, &text, &size);
        value->request = (struct at_xenstore_request){.op = AT_XENSTORE_WRITE,
                                                      .transaction = transaction,
                                                      .dir = v->dir,
                                                      .path = value->name,
                                                      .data = text,
                                                      .data_size = size};
    }
    if (status == AT_OK)
        status = exchange(xs, v);
    for (size_t i = 0; i < v->count; i++) {
        v->values[i].status = status != AT_OK ? status : v->values[i].request.status;
        if (first == AT_OK)
            first = v->values[i].status;
    }
    return first;
}

at_status at_xenstore_values_read(struct at_xenstore *xs, const char *dir, struct at_xenstore_value *values,
                                  size_t count, uint64_t deadline_ns)
{
    struct values v = {.dir = dir, .values = values, .count = count, .deadline_ns = deadline_ns};

    return read_in(xs, AT_XENSTORE_NO_TRANSACTION, &v);
}

at_status at_xenstore_values_write(struct at_xenstore *xs, const char *dir, struct at_xenstore_value *values,
                                   size_t count, uint64_t deadline_ns)
{
    struct values v = {.dir = dir, .values = values, .count = count, .deadline_ns = deadline_ns};

    return write_in(xs, AT_XENSTORE_NO_TRANSACTION, &v);
}

at_status at_xenstore_values_read_together(struct at_xenstore *xs, const char *dir, struct at_xenstore_value *values,
                                           size_t count, uint64_t deadline_ns)
{
    struct values v = {.dir = dir, .values = values, .count = count, .deadline_ns = deadline_ns};

    return at_xenstore_transact(xs, read_in, &v, deadline_ns);
}

at_status at_xenstore_values_write_together(struct at_xenstore *xs, const char *dir, struct at_xenstore_value *values,
                                            size_t count, uint64_t deadline_ns)
{
    struct values v = {.dir = dir, .values = values, .count = count, .deadline_ns = deadline_ns};

    return at_xenstore_transact(xs, write_in, &v, deadline_ns);
}
