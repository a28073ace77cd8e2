/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_WATCH_H
#define ATMAN_XENSTORE_WATCH_H

/*
 * Watches: be told that something at or below a path has changed, been made, removed or given other permissions.
 *
 * A watch is the caller's memory. It does not keep events, it counts them: whoever is told looks at the tree again, so
 * a flood of events costs a counter and one look. Events can be spurious, and one comes right after registration.
 *
 *     static struct at_xenstore_watch watch;
 *     at_xenstore_watch_add(xs, &watch, "control/shutdown", NULL, deadline_ns);
 *     while (at_xenstore_watch_wait(xs, &watch, AT_NEVER) == AT_OK)
 *         ... read control/shutdown
 *
 * To register a watch in a burst, submit an AT_XENSTORE_WATCH request (request.h).
 */

#include <stdint.h>

#include <atman/base/list.h>
#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;
struct at_xenstore_watch;

/*
 * Called for each event of `watch`, after it was counted, and once when the connection ends. Runs where ring events are
 * handled: it may submit requests, wake somebody and take the count, but must not block nor remove the watch.
 */
typedef void (*at_xenstore_watch_fn)(struct at_xenstore_watch *watch);

/* A watch. Zero it once. Must neither move nor go away before it is removed. */
struct at_xenstore_watch {
    at_xenstore_watch_fn fn; /* the caller's; NULL: the count is enough */

    /* The client's. */
    struct at_list_node node;
    const char *dir;
    const char *path;
    uint32_t pending;
    uint32_t number;
    char token[9]; /* `number` in hexadecimal: unique for the life of the connection */
};

/*
 * at_xenstore_watch_add registers `watch` on `path`, which must stay valid until the watch is removed; `fn` may be
 * NULL. Blocks until the server has answered.
 *
 * Returns AT_OK, AT_INVALID (registered already), AT_TOO_BIG (Xen 4.17's word for too many watches) or as said in
 * xenstore.h. After a failure `watch` is not registered here; after AT_TIMED_OUT it may be at the server, which
 * at_xenstore_watch_remove() undoes. Events that come in the meantime are dropped.
 */
at_status at_xenstore_watch_add(struct at_xenstore *xs, struct at_xenstore_watch *watch, const char *path,
                                at_xenstore_watch_fn fn, uint64_t deadline_ns);

/*
 * at_xenstore_watch_remove takes `watch` out, here and at the server. Its memory is the caller's afterwards whatever is
 * returned, and its function is not called again. Blocks until the server has answered. Returns AT_OK, AT_NOT_FOUND
 * (the server knew no such watch), AT_INVALID (it was never registered) or as said in xenstore.h.
 */
at_status at_xenstore_watch_remove(struct at_xenstore *xs, struct at_xenstore_watch *watch, uint64_t deadline_ns);

/*
 * at_xenstore_watch_take returns how many events came since it was last called, and makes that 0. The count stops at
 * UINT32_MAX. Never blocks; does not look at the ring.
 */
uint32_t at_xenstore_watch_take(struct at_xenstore_watch *watch);

/*
 * at_xenstore_watch_wait blocks until an event of `watch` has come, and takes the count. Returns AT_OK, AT_TIMED_OUT,
 * AT_DEADLOCK, or AT_CLOSED or AT_PROTOCOL when the connection has ended.
 */
at_status at_xenstore_watch_wait(struct at_xenstore *xs, struct at_xenstore_watch *watch, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XENSTORE_WATCH_H */
