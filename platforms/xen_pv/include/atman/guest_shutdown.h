/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_GUEST_SHUTDOWN_H
#define ATMAN_GUEST_SHUTDOWN_H

/*
 * Being shut down and rebooted by the toolstack (`xl shutdown`, `xl reboot`), for a program that has better to do than
 * to wait for it: a thread does. Linked only into kernels that ask for it. A composition, as an application could write
 * it for itself; one that has an event loop asks at_lifecycle_requested() in it instead.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_lifecycle_hooks;

/*
 * at_guest_shutdown starts the scheduler and the thread, and says in XenStore what the guest can be asked for
 * (control/feature-poweroff and its like). To be called once. Blocks for some round trips. A guest without memory for
 * the thread, or without XenStore, ends with a panic that says so.
 *
 * When the guest is asked to, the end() of all `hooks` (<atman/lifecycle/hooks.h>; borrowed for good; NULL: none) are
 * called, in a thread of their own; then, or `grace_ns` later if one has not returned, the guest ends as by exit(0) or
 * at_guest_reboot(). A hook that neither returns nor waits keeps the guest: that is at_guest_watchdog()'s to end.
 *
 * A wish to suspend is acknowledged and not followed, for this guest cannot be: the toolstack gives up, the guest goes
 * on. One to crash is a panic.
 */
void at_guest_shutdown(struct at_lifecycle_hooks *hooks, uint64_t grace_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_GUEST_SHUTDOWN_H */
