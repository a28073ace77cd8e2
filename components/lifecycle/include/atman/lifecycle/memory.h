/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIFECYCLE_MEMORY_H
#define ATMAN_LIFECYCLE_MEMORY_H

/*
 * How much memory the toolstack wants the guest to have: `xl mem-set` writes it to memory/target.
 *
 * This component notices by itself, in the handlers of the XenStore client; it needs no thread. Following the target is
 * the caller's: at_mm_balloon_set(), or on Xen at_guest_set_memory().
 *
 * Source: docs/misc/xenstore-paths.pandoc of Xen, ~/memory/target.
 */

#include <stdint.h>

#include <atman/base/status.h>
#include <atman/xenstore/request.h>
#include <atman/xenstore/watch.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;

/*
 * Told that the target is now `kib` KiB. Called from where ring events are handled: it must not block nor stop the
 * watching. What stands there at the start is told as well, and nothing twice in a row.
 */
typedef void (*at_lifecycle_memory_fn)(void *ctx, uint32_t kib);

/* Give it to at_lifecycle_memory_start(); every member is the component's. Must not move until stopped. */
struct at_lifecycle_memory {
    struct at_xenstore *xs;
    struct at_xenstore_watch watch;
    struct at_xenstore_request request;
    at_lifecycle_memory_fn changed;
    void *ctx;
    uint32_t kib; /* told last; 0: nothing yet */
    char text[16];
};

/*
 * at_lifecycle_memory_start begins to watch; `changed(ctx, ...)` is called from then on. Blocks for one round trip.
 * Returns AT_OK, or what at_xenstore_watch_add() returned: nothing is watched then.
 */
at_status at_lifecycle_memory_start(struct at_lifecycle_memory *m, struct at_xenstore *xs,
                                    at_lifecycle_memory_fn changed, void *ctx, uint64_t deadline_ns);

/*
 * at_lifecycle_memory_stop ends the watching. `m` is the caller's again whatever is returned. Blocks for one round
 * trip. Returns AT_OK, or what at_xenstore_watch_remove() returned.
 */
at_status at_lifecycle_memory_stop(struct at_lifecycle_memory *m, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIFECYCLE_MEMORY_H */
