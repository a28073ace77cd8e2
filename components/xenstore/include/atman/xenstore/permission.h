/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_PERMISSION_H
#define ATMAN_XENSTORE_PERMISSION_H

/*
 * Permissions of a node. The first entry names its owner, who may always do everything, and in `access` what every
 * domain may do that has no entry of its own; the others name one domain each. Only the owner may change them, and only
 * dom0 may change the owner.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;

/* Bits of `access`. */
enum {
    AT_XENSTORE_ACCESS_NONE = 0,
    AT_XENSTORE_ACCESS_READ = 1,
    AT_XENSTORE_ACCESS_WRITE = 2,
};

struct at_xenstore_permission {
    uint16_t domid;
    uint8_t access; /* bits */
};

/* Most entries that the functions below take; Xen 4.17 lets a guest's node have 5. */
#define AT_XENSTORE_PERMISSIONS_MAX 16

/*
 * at_xenstore_get_permissions stores the entries of `path` in `entries` and how many they are in `*count`. Blocks.
 * AT_TOO_BIG: they are more than `capacity` or AT_XENSTORE_PERMISSIONS_MAX; an entry that is none ends the connection
 * with AT_PROTOCOL. Otherwise as said in xenstore.h.
 */
at_status at_xenstore_get_permissions(struct at_xenstore *xs, struct at_xenstore_permission *entries, size_t capacity,
                                      size_t *count, uint32_t transaction, const char *path, uint64_t deadline_ns);

/*
 * at_xenstore_set_permissions replaces the entries of `path` by `count` others. Blocks. Returns AT_INVALID for no
 * entries, more than AT_XENSTORE_PERMISSIONS_MAX or bits that are no access; otherwise as said in xenstore.h.
 */
at_status at_xenstore_set_permissions(struct at_xenstore *xs, uint32_t transaction, const char *path,
                                      const struct at_xenstore_permission *entries, size_t count, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XENSTORE_PERMISSION_H */
