/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_ABI_H
#define ATMAN_XEN_ABI_H

/*
 * Xen's public headers, in the one interface version that the kit speaks.
 *
 * Include this before (or instead of) <xen/xen.h>. Without a version Xen's headers silently describe the oldest
 * interface there was: __HYPERVISOR_event_channel_op and __HYPERVISOR_sched_op are then other numbers, and structures
 * lose fields.
 */

#include <stddef.h>
#include <stdint.h>

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ 0x00040e00
#endif

#include <xen/xen.h>

#if __XEN_INTERFACE_VERSION__ < 0x00040e00
#error "<xen/xen.h> was included before <atman/xen/abi.h>, in an interface version older than 4.14"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t at_xen_port;      /* an event channel's local end; 0 is never valid */
typedef uint32_t at_xen_grant_ref; /* index into this domain's grant table */
typedef uint16_t at_xen_domid;

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_ABI_H */
