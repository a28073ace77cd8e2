/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_GUEST_SUSPEND_H
#define ATMAN_GUEST_SUSPEND_H

/*
 * Being saved and restored: `xl save`, `xl restore`, `xl save -c`. Linked only into kernels that ask for it.
 *
 *     at_guest_hooks();                          first of all: from now on the toolstack can save the domain
 *     ...                                        devices are opened, and their hooks added
 *     if (at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_SUSPEND) {
 *         at_lifecycle_clear(&lifecycle);
 *         at_guest_suspend(&how, timeout_ns);    the guest stands still in here
 *     }
 */

#include <stdint.h>

#include <atman/base/status.h>
#include <atman/lifecycle/hooks.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_ip;
struct at_netfront;

/*
 * at_guest_hooks returns the hooks of the guest (<atman/lifecycle/hooks.h>), for devices and services to be added.
 *
 * At the first call it publishes where the guest's list of its memory is, without which the toolstack cannot begin to
 * save it: a page, and one more for each GiB. Panics when there is no memory for that.
 */
struct at_lifecycle_hooks *at_guest_hooks(void);

/*
 * at_guest_suspend suspends the guest, as the toolstack asked it to: calls the hooks, lets XenStore come to rest, and
 * stops, until the toolstack lets it go on; then gives everything anew that is anew, and calls the hooks again. To be
 * called from main() or a thread, never from a handler. Blocks, up to `timeout_ns` before it stops, and for as long
 * again afterwards. Other domains' pages must not be mapped (at_xen_grant_map()).
 *
 * Returns AT_OK and stores in `*how` whether the guest was restored or is the domain it was. Otherwise it was not
 * suspended and is what it was (the toolstack gives up after a minute): what a hook that refused returned, AT_TIMED_OUT
 * when XenStore did not come to rest, AT_UNSUPPORTED for a grant table of more than 64 frames, or what Xen said. A
 * transaction that is open when the hooks have come to rest is a thread's to end: they then get their resume(), with
 * AT_LIFECYCLE_CANCELLED, and are called anew. After AT_OK with AT_LIFECYCLE_RESTORED what did not find its
 * other end again says so by itself, as a device that has ended.
 */
at_status at_guest_suspend(enum at_lifecycle_resumption *how, uint64_t timeout_ns);

/*
 * at_guest_hook_netfront fills in `hook`, which must be in no list and outlive the device, and adds it: the device is
 * given new grants and connected again whenever the guest was restored. To be called once the device is open.
 */
void at_guest_hook_netfront(struct at_lifecycle_hook *hook, struct at_netfront *front);

/*
 * at_guest_hook_ip fills in `hook`, which must be in no list and outlive the stack, and adds it: the stack's secrets
 * are drawn anew (at_ip_reseed()) whenever the guest was restored, so that two guests restored from one image share
 * none. Panics, when the guest is restored, where there is no source of entropy.
 */
void at_guest_hook_ip(struct at_lifecycle_hook *hook, struct at_ip *ip);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_GUEST_SUSPEND_H */
