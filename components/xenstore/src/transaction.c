/* SPDX-License-Identifier: ISC */
/* Several reads and writes that happen together or not at all. */

#include <atman/xenstore/request.h>
#include <atman/xenstore/transaction.h>
#include <atman/xenstore/xenstore.h>

at_status at_xenstore_transaction_start(struct at_xenstore *xs, uint32_t *transaction, uint64_t deadline_ns)
{
    char number[AT_XENSTORE_U32_SIZE + 1]; /* the answer has a NUL of its own */
    struct at_xenstore_request request = {
        .op = AT_XENSTORE_TRANSACTION_START, .path = "", .reply = number, .capacity = sizeof(number)};
    at_status status = at_xenstore_call(xs, &request, 1, deadline_ns);

    if (status == AT_OK)
        status = request.status;
    if (status == AT_OK)
        status = at_xenstore_parse_u32(transaction, number, request.size - 1);
    return status;
}

at_status at_xenstore_transaction_end(struct at_xenstore *xs, uint32_t transaction, bool commit, uint64_t deadline_ns)
{
    struct at_xenstore_request request = {
        .op = AT_XENSTORE_TRANSACTION_END, .transaction = transaction, .path = commit ? "T" : "F"};
    at_status status = at_xenstore_call(xs, &request, 1, deadline_ns);

    return status == AT_OK ? request.status : status;
}

at_status at_xenstore_transact(struct at_xenstore *xs, at_xenstore_transaction_fn fn, void *ctx, uint64_t deadline_ns)
{
    at_status status = AT_AGAIN;

    for (int i = 0; i < AT_XENSTORE_TRANSACTION_TRIES && status == AT_AGAIN; i++) {
        uint32_t transaction;

        status = at_xenstore_transaction_start(xs, &transaction, deadline_ns);
        if (status != AT_OK)
            return status;
        status = fn(xs, transaction, ctx);
        at_status end = at_xenstore_transaction_end(xs, transaction, status == AT_OK, deadline_ns);
        if (status == AT_OK)
            status = end;
    }
    return status;
}
