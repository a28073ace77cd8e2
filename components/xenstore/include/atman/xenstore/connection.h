/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_CONNECTION_H
#define ATMAN_XENSTORE_CONNECTION_H

/*
 * Beginning anew: with a server that remembers what an earlier kernel asked for, or with one that was started again.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;

/*
 * at_xenstore_reset_watches makes the server forget every watch and every open transaction of this guest: also those of
 * a boot loader or of a kernel that this one was started by, of which nobody knows the tokens. Watches that are
 * registered here are unlinked without being told; their memory is their owners'. Blocks for one round trip.
 *
 * Returns AT_OK, AT_UNSUPPORTED (a server that cannot) or as said in xenstore.h; watches are as they were then, except
 * after AT_TIMED_OUT, which leaves none here.
 */
at_status at_xenstore_reset_watches(struct at_xenstore *xs, uint64_t deadline_ns);

/* at_xenstore_can_reconnect returns whether the server says that it can take up a connection anew. Never blocks. */
bool at_xenstore_can_reconnect(const struct at_xenstore *xs);

/*
 * at_xenstore_reconnect ends the connection, if it has not ended, and makes another over the same page: both sides
 * forget what was under way, watches and transactions included, and the ring begins at 0. Whoever waits is told
 * AT_CLOSED as by at_xenstore_close(), and each watch once more; their owners register them again. Blocks until the
 * server has agreed. For a client whose calls time out since xenstored was started again, or whose connection has
 * ended.
 *
 * Returns AT_OK; AT_UNSUPPORTED when at_xenstore_can_reconnect() says no, and nothing has changed; AT_TIMED_OUT or
 * AT_DEADLOCK when the server did not answer: the connection has then ended, and may be tried again.
 *
 * Source: XENSTORE_SERVER_FEATURE_RECONNECTION in <xen/io/xs_wire.h>, docs/misc/xenstore-ring.txt. Of 4.17's servers
 * oxenstored has it and the C xenstored has not.
 */
at_status at_xenstore_reconnect(struct at_xenstore *xs, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XENSTORE_CONNECTION_H */
