/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_DOMAIN_H
#define ATMAN_XEN_DOMAIN_H

/*
 * The domain's own life, and what it runs on.
 *
 * Source: <xen/sched.h>, <xen/version.h>.
 */

#include <atman/base/status.h>
#include <atman/xen/abi.h>
#include <xen/sched.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_xen_domain_shutdown ends the domain with `reason`, SHUTDOWN_poweroff, _reboot or _crash: it does not return on
 * Xen. What is still on the console ring may be lost: flush it first. (Not for SHUTDOWN_suspend,
 * which has rules of its own.)
 *
 * Returns what Xen said if it refused, and AT_OK on a fake Xen: the caller must not go on in either case.
 */
at_status at_xen_domain_shutdown(unsigned reason);

/*
 * at_xen_domain_suspend hands the domain to the toolstack, to be saved, moved or only looked at, and returns when it
 * runs again. `start_info` is the machine frame of the start info page, which the toolstack rewrites. Beforehand the
 * guest must have unmapped every frame that is not its own memory (shared_info, the grant table, other domains'), and
 * have written page numbers in place of frames where the start info page names its rings.
 *
 * Returns AT_OK when the domain was restored: then it is another one, and what it held of Xen's is gone; AT_CANCELLED
 * when it is the same as before; or what Xen said if it refused.
 *
 * Source: SCHEDOP_shutdown in <xen/sched.h>, and what tools/libs/guest of Xen 4.17 does to a PV guest.
 */
at_status at_xen_domain_suspend(uint64_t start_info);

/* at_xen_domain_yield lets other domains run. Returns AT_OK; at once when there are none. */
at_status at_xen_domain_yield(void);

/* at_xen_domain_version stores the hypervisor's version, such as 4 and 17. Returns AT_OK. One hypercall. */
at_status at_xen_domain_version(unsigned *major, unsigned *minor);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_DOMAIN_H */
