/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_TRANSACTION_H
#define ATMAN_XENSTORE_TRANSACTION_H

/*
 * Transactions: several reads and writes that happen together or not at all.
 *
 * The server refuses to commit (AT_AGAIN) when somebody changed what the transaction saw: then all of it has to be done
 * again, which at_xenstore_transact() does. A guest may have 10 open. Watches fire when the transaction is committed.
 * Each costs three round trips at least: do not use one where a single write is enough.
 */

#include <stdbool.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;

/* How often at_xenstore_transact() tries before it gives up. */
#define AT_XENSTORE_TRANSACTION_TRIES 16

/*
 * at_xenstore_transaction_start opens a transaction and stores its number in `*transaction`; end it with
 * at_xenstore_transaction_end(). Blocks. Returns AT_OK, AT_QUOTA (too many are open), or as said in xenstore.h; a
 * transaction that the server opened for a caller that gave up is dropped by the client.
 */
at_status at_xenstore_transaction_start(struct at_xenstore *xs, uint32_t *transaction, uint64_t deadline_ns);

/*
 * at_xenstore_transaction_end commits `transaction` or drops it. It is no longer open afterwards, whatever is returned.
 * Blocks. Returns AT_OK, AT_AGAIN (not committed: somebody else changed what it saw), AT_NOT_FOUND (no such
 * transaction), or as said in xenstore.h; after AT_TIMED_OUT it may have been committed.
 */
at_status at_xenstore_transaction_end(struct at_xenstore *xs, uint32_t transaction, bool commit, uint64_t deadline_ns);

/* What is done in a transaction. AT_OK: commit; AT_AGAIN: drop it and try again; else drop it and return that. */
typedef at_status (*at_xenstore_transaction_fn)(struct at_xenstore *xs, uint32_t transaction, void *ctx);

/*
 * at_xenstore_transact runs `fn` in a transaction and commits, again and again while it loses, at most
 * AT_XENSTORE_TRANSACTION_TRIES times; `fn` must be able to run more than once. No transaction is open afterwards.
 * Blocks; `fn` is to keep to the same deadline. Returns AT_OK when committed, AT_AGAIN when every try lost, what `fn`
 * returned, or what starting or ending returned.
 */
at_status at_xenstore_transact(struct at_xenstore *xs, at_xenstore_transaction_fn fn, void *ctx, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XENSTORE_TRANSACTION_H */
