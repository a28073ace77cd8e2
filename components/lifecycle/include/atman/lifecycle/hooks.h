/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIFECYCLE_HOOKS_H
#define ATMAN_LIFECYCLE_HOOKS_H

/*
 * Hooks: what parts of a guest do when it ends, when it is suspended and when it runs again. Whoever opens a device or
 * starts a service adds its hook; no place knows them all.
 *
 * The order of adding is the order of dependency: what was added later may use what was added earlier. So the hooks of
 * ending and suspending are called from the last to the first, those of resuming from the first to the last.
 *
 *                   saved and restored                     not saved after all, or saved and let go on
 *     suspend()     may block, may refuse                  the same
 *     ...           the guest stands still, perhaps for days and on another host
 *     resume()      AT_LIFECYCLE_RESTORED                  AT_LIFECYCLE_CANCELLED
 *     reconnect()   may block                              -
 *
 * No thread of the guest's runs between the last suspend() and the last resume(). After AT_LIFECYCLE_RESTORED no grant
 * and no event channel exists any more, every machine frame is another, and every other domain is a stranger: resume()
 * forgets the old, and may give new grants; only reconnect() may wait for others.
 *
 * Not for: suspending itself, which is the platform's (at_guest_suspend()). Not safe against another CPU.
 */

#include <stdint.h>

#include <atman/base/list.h>
#include <atman/base/status.h>
#include <atman/base/wait.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How the guest came to run again. */
enum at_lifecycle_resumption {
    AT_LIFECYCLE_CANCELLED, /* it is the domain it was: nothing has changed but the time */
    AT_LIFECYCLE_RESTORED,  /* it is another domain */
};

/* One part's hooks, in its memory; a member that is NULL is not called. Must not move while it is listed. */
struct at_lifecycle_hook {
    const char *name; /* for reports; borrowed */
    void *ctx;

    /* The guest ends: be done by `deadline_ns` of the monotonic clock. May block. */
    void (*end)(void *ctx, uint64_t deadline_ns);

    /* The guest is to be suspended: come to rest by `deadline_ns`. May block; what is not AT_OK refuses. */
    at_status (*suspend)(void *ctx, uint64_t deadline_ns);

    /* The guest runs again, or was not suspended after all. Must not block. */
    void (*resume)(void *ctx, enum at_lifecycle_resumption how);

    /* After AT_LIFECYCLE_RESTORED: find the others again by `deadline_ns`. May block. */
    at_status (*reconnect)(void *ctx, uint64_t deadline_ns);

    /* The lists'; zero them once. */
    struct at_list_node forward;
    struct at_list_node backward;
};

/* The hooks of a guest. at_lifecycle_hooks_init() it. */
struct at_lifecycle_hooks {
    struct at_list forward; /* as added */
    struct at_list backward;
};

/* at_lifecycle_hooks_init makes `hooks` empty. */
void at_lifecycle_hooks_init(struct at_lifecycle_hooks *hooks);

/* at_lifecycle_hook_add adds `hook`, which must be in no list, behind those that it depends on. O(1). */
void at_lifecycle_hook_add(struct at_lifecycle_hooks *hooks, struct at_lifecycle_hook *hook);

/* at_lifecycle_hook_remove takes `hook` out of the list that it is in. Not from a hook. O(1). */
void at_lifecycle_hook_remove(struct at_lifecycle_hook *hook);

/*
 * at_lifecycle_hooks_end calls every end(), until `deadline_ns` on the clock of `wait`, in which nobody sleeps. A hook
 * that does not return keeps the guest: that is a watchdog's to end.
 *
 * Returns AT_OK, or AT_TIMED_OUT when the deadline had passed before all were called.
 */
at_status at_lifecycle_hooks_end(struct at_lifecycle_hooks *hooks, struct at_wait wait, uint64_t deadline_ns);

/*
 * at_lifecycle_hooks_suspend calls every suspend(). When one refuses, those that were called before it get their
 * resume() with AT_LIFECYCLE_CANCELLED, and the refusal is returned; `*refused` (which may be NULL) is then the name of
 * who did. Otherwise AT_OK.
 */
at_status at_lifecycle_hooks_suspend(struct at_lifecycle_hooks *hooks, const char **refused, uint64_t deadline_ns);

/* at_lifecycle_hooks_resume calls every resume(). */
void at_lifecycle_hooks_resume(struct at_lifecycle_hooks *hooks, enum at_lifecycle_resumption how);

/* at_lifecycle_hooks_reconnect calls every reconnect(). Returns AT_OK, or what the first that failed returned. */
at_status at_lifecycle_hooks_reconnect(struct at_lifecycle_hooks *hooks, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIFECYCLE_HOOKS_H */
