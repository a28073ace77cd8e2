/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_RESTORE_H
#define ATMAN_XENSTORE_RESTORE_H

/*
 * A client in a domain that is saved and restored. The server at the other end is a new one then, which knows neither
 * requests nor transactions nor watches of old; the ring page is the same.
 *
 *     at_xenstore_rest()        nothing is under way any more
 *     ...                       the domain is saved and restored
 *     at_xenstore_restored()    the new server's ring
 *     at_xenstore_rewatch()     the new server's watches
 */

#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;

/*
 * at_xenstore_rest blocks until no request waits for an answer and no transaction is open, or until `deadline_ns`. As
 * long as nobody else runs after it has returned, so it stays.
 * Returns AT_OK; AT_TIMED_OUT when somebody keeps a transaction open, or asks again and again; AT_CLOSED or AT_PROTOCOL
 * when the connection has ended; or what the client's waiting place returned.
 */
at_status at_xenstore_rest(struct at_xenstore *xs, uint64_t deadline_ns);

/*
 * at_xenstore_restored begins anew with a server that knows nothing of the client: wherever it has set the ring's
 * indices. To be called after at_xenstore_rest(), with nothing asked for since. Never blocks.
 */
void at_xenstore_restored(struct at_xenstore *xs);

/*
 * at_xenstore_rewatch registers every watch again, one round trip for each: each then gets the event with which every
 * watch begins. Blocks. A watch that the server refuses is not registered any more.
 * Returns AT_OK, or why the first that was refused was: as at_xenstore_watch_add().
 */
at_status at_xenstore_rewatch(struct at_xenstore *xs, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XENSTORE_RESTORE_H */
