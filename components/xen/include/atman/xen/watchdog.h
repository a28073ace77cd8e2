/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_WATCHDOG_H
#define ATMAN_XEN_WATCHDOG_H

/*
 * The hypervisor's watchdog: unless it is fed in time, Xen ends the domain with reason watchdog, whatever the guest is
 * doing. Xen has two for each domain.
 *
 * Source: SCHEDOP_watchdog in <xen/sched.h>.
 */

#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A watchdog. Zero it before at_xen_watchdog_feed(); members are the component's own. */
struct at_xen_watchdog {
    uint32_t id; /* Xen's; 0: not started */
};

/*
 * at_xen_watchdog_feed lets the domain live for `seconds` more, at least 1; the first call starts the watchdog. One
 * hypercall. Returns AT_OK; AT_INVALID for 0 seconds; AT_EXISTS when both watchdogs are taken; or what Xen said.
 */
at_status at_xen_watchdog_feed(struct at_xen_watchdog *watchdog, uint32_t seconds);

/* at_xen_watchdog_stop ends it. Returns AT_OK, also when it was not started; or what Xen said. */
at_status at_xen_watchdog_stop(struct at_xen_watchdog *watchdog);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_WATCHDOG_H */
