/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIFECYCLE_FEATURES_H
#define ATMAN_LIFECYCLE_FEATURES_H

/*
 * What the guest tells the toolstack that it can do, as Linux does: control/feature-poweroff and its like. xl asks any
 * guest of its kind for what it wants; other toolstacks look here first.
 *
 * Source: docs/misc/xenstore-paths.pandoc of Xen, ~/control/feature-*.
 */

#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;

/* What a guest can do when it is asked to. */
#define AT_LIFECYCLE_CAN_POWEROFF 1u
#define AT_LIFECYCLE_CAN_REBOOT 2u
#define AT_LIFECYCLE_CAN_SUSPEND 4u

/*
 * at_lifecycle_advertise writes 1 for what is in `can` (AT_LIFECYCLE_CAN_*) and 0 for what is not. To be called again
 * after the domain was restored: its nodes are new then. Blocks for one round trip.
 *
 * Returns AT_OK, or what the first write that failed returned (at_xenstore_write()): AT_DENIED or AT_NOT_FOUND where
 * the toolstack made no such node for the guest. The others are written all the same.
 */
at_status at_lifecycle_advertise(struct at_xenstore *xs, unsigned can, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIFECYCLE_FEATURES_H */
