/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_RUNSTATE_H
#define ATMAN_XEN_RUNSTATE_H

/*
 * What became of the vcpu's time: how long it ran, was blocked, and wanted to run while others did ("stolen").
 *
 * Xen writes a copy to the guest's memory whenever it puts the vcpu on a CPU; reading that costs no hypercall. Of vcpu
 * 0, and to be read on it: Xen does not write while it runs.
 *
 * Source: <xen/vcpu.h>, VCPUOP_register_runstate_memory_area.
 */

#include <atman/base/status.h>
#include <atman/xen/abi.h>
#include <xen/vcpu.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds since the vcpu was made. Their sum is the time that has passed, up to `since_ns`. */
struct at_xen_runstate {
    uint64_t running_ns;
    uint64_t stolen_ns;  /* it could have run, and another vcpu did */
    uint64_t blocked_ns; /* it waited for an event */
    uint64_t offline_ns; /* it was paused, by the toolstack for one */
    uint64_t since_ns;   /* the system time at which it was put on its CPU last: from then on it has been running */
};

/*
 * at_xen_runstate_register has Xen keep `*area` up to date from now on, instead of the one registered before. `area`
 * must stay mapped for writing, and within one page, as long as the domain lives. One hypercall.
 * Returns AT_OK, or AT_INVALID when it is not mapped.
 */
at_status at_xen_runstate_register(struct vcpu_runstate_info *area);

/* at_xen_runstate_read stores what `area` says in `*state`. Never blocks, cannot fail. */
void at_xen_runstate_read(const struct vcpu_runstate_info *area, struct at_xen_runstate *state);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_RUNSTATE_H */
