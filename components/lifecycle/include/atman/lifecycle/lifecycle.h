/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIFECYCLE_LIFECYCLE_H
#define ATMAN_LIFECYCLE_LIFECYCLE_H

/*
 * What the toolstack asks the guest to do: `xl shutdown`, `xl reboot` and their like write a word to control/shutdown;
 * the guest acknowledges by emptying the node, and then does it when it is ready.
 *
 * This component notices and acknowledges by itself, in the handlers of the XenStore client; it needs no thread. Acting
 * is the caller's: ask at_lifecycle_requested() now and then, or just before each sleep in the waiting place that it
 * was given, since waking is not kept for who does not sleep yet.
 *
 * Not for: carrying out the shutdown (at_xen_domain_shutdown()), or the work of suspending.
 *
 * Source: docs/misc/xenstore-paths.pandoc of Xen, ~/control/shutdown; the acknowledgement as Linux does it: read and
 * emptied in one transaction, so that a word that is just being written is not lost.
 */

#include <stdint.h>

#include <atman/base/status.h>
#include <atman/base/wait.h>
#include <atman/xenstore/request.h>
#include <atman/xenstore/watch.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;

/* What was asked for. */
enum at_lifecycle_request {
    AT_LIFECYCLE_NONE = 0,
    AT_LIFECYCLE_POWEROFF,
    AT_LIFECYCLE_REBOOT,
    AT_LIFECYCLE_SUSPEND,
    AT_LIFECYCLE_HALT,
    AT_LIFECYCLE_CRASH,
};

/* Give it to at_lifecycle_start(); every member is the component's. Must not move until stopped. 384 bytes. */
struct at_lifecycle {
    struct at_xenstore *xs;
    struct at_wait wake;
    struct at_xenstore_watch watch;
    struct at_xenstore_request request[2]; /* in progress: one, or a read and the write that acknowledges it */
    enum at_lifecycle_request requested;
    uint32_t transaction;
    uint8_t step; /* of the acknowledgement */
    uint8_t tries;
    char word[16];
    char number[12];
};

/*
 * at_lifecycle_start begins to watch. `wake` is woken when a request has been seen and acknowledged, from where ring
 * events are handled; one whose `ops` is NULL wakes nobody. Blocks for one round trip. A request that was made before
 * is seen as well. Returns AT_OK, or what at_xenstore_watch_add() returned: nothing is watched then.
 */
at_status at_lifecycle_start(struct at_lifecycle *l, struct at_xenstore *xs, struct at_wait wake, uint64_t deadline_ns);

/*
 * at_lifecycle_requested returns what was asked for last. It stands until at_lifecycle_clear(); words that are unknown
 * are acknowledged and change nothing. Never blocks.
 */
static inline enum at_lifecycle_request at_lifecycle_requested(const struct at_lifecycle *l)
{
    return l->requested;
}

/* at_lifecycle_clear forgets the request: it was carried out, as when a domain runs again after it was suspended. */
void at_lifecycle_clear(struct at_lifecycle *l);

/* at_lifecycle_request_name returns the word for `request` in XenStore, "poweroff"; "" for none. */
const char *at_lifecycle_request_name(enum at_lifecycle_request request);

/*
 * at_lifecycle_stop ends the watching; an acknowledgement under way is dropped. `l` is the caller's again whatever is
 * returned. Blocks for one round trip. Returns AT_OK, or what at_xenstore_watch_remove() returned.
 */
at_status at_lifecycle_stop(struct at_lifecycle *l, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIFECYCLE_LIFECYCLE_H */
