/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_PV_SUSPEND_H
#define ATMAN_XEN_PV_SUSPEND_H

/* What only a guest that can be saved has. */

#include <stdbool.h>
#include <stdint.h>

/* at_xen_pv_frame_list_publish writes to shared_info where the list of the domain's memory is. */
void at_xen_pv_frame_list_publish(void);

/* at_xen_pv_clock_continue makes at_clock_now_ns() show `now_ns` now and go on from there. Returns its clock. */
struct at_xen_clock;
const struct at_xen_clock *at_xen_pv_clock_continue(uint64_t now_ns);

/*
 * at_xen_pv_grants_unmap takes the grant table, if the guest has one, out of the page tables, and at_xen_pv_grants_map
 * puts the domain's table, which may be another, in its place.
 */
void at_xen_pv_grants_unmap(void);
void at_xen_pv_grants_map(void);

/* at_xen_pv_grants_too_many returns whether at_xen_pv_grants_map() would panic because the table has too many frames.
 */
bool at_xen_pv_grants_too_many(void);

/* at_xen_pv_grants_restored forgets all grants: the table is another domain's. */
void at_xen_pv_grants_restored(void);

#endif /* ATMAN_XEN_PV_SUSPEND_H */
