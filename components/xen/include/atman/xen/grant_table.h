/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_GRANT_TABLE_H
#define ATMAN_XEN_GRANT_TABLE_H

/*
 * The grant table as a whole: how far it may grow, growing it while it is used, and its version.
 *
 * A table that grows keeps its entries and its grants. To grow one, ask at_xen_grant_table_frames() for more frames,
 * map those that are new behind the ones there are (or all of them at another address), and say so by
 * at_xen_grants_grow(). Nothing here blocks.
 *
 * Source: <xen/grant_table.h>, GNTTABOP_query_size, _get_version, _set_version, _get_status_frames.
 */

#include <atman/base/status.h>
#include <atman/xen/grant.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_xen_grant_table_limit stores how many frames this domain's table has and how many it may have (64 unless
 * configured). One hypercall. Returns AT_OK, or what Xen said.
 */
at_status at_xen_grant_table_limit(uint32_t *frames, uint32_t *most);

/*
 * at_xen_grants_grow makes `grants` manage `entries` entries at `table`, of which the first are those it managed
 * before, mapped there now; the others must be zero, as Xen hands them out. What is given, free or set aside stays so.
 * Returns AT_OK, or AT_INVALID for fewer entries than there are. No hypercall.
 */
at_status at_xen_grants_grow(struct at_xen_grants *grants, grant_entry_v1_t *table, uint32_t entries);

/* at_xen_grant_table_version stores the version of this domain's table, 1 or 2. One hypercall. AT_OK, or Xen's word. */
at_status at_xen_grant_table_version(uint32_t *version);

/*
 * at_xen_grant_table_set_version makes the domain's table one of `version`, 1 or 2. Xen empties all entries but the
 * toolstack's eight, which it translates: to be done before any other grant is given. One hypercall.
 *
 * Returns AT_OK; AT_UNSUPPORTED when this domain may not have version 2; AT_BUSY while a grant is used by a peer;
 * AT_INVALID for any other version; AT_NO_MEMORY.
 */
at_status at_xen_grant_table_set_version(uint32_t version);

/*
 * at_xen_grant_table_status_frames stores the machine frames that hold the states of a version 2 table's entries, one
 * for 2,048 of them; mapping them, for reading, is the platform's. One hypercall.
 * Returns AT_OK, or AT_INVALID for more frames than there are.
 */
at_status at_xen_grant_table_status_frames(uint64_t *frames, uint32_t count);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_GRANT_TABLE_H */
