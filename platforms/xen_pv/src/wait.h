/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_PV_WAIT_H
#define ATMAN_XEN_PV_WAIT_H

#include <atman/base/wait.h>

/* at_xen_pv_wait_in makes `place` what at_guest_wait() returns from now on: the scheduler's, once there is one. */
void at_xen_pv_wait_in(struct at_wait place);

#endif /* ATMAN_XEN_PV_WAIT_H */
