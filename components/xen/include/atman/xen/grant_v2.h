/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_GRANT_V2_H
#define ATMAN_XEN_GRANT_V2_H

/*
 * Grants in a version 2 table: any machine frame, and parts of a page for peers that copy.
 *
 * A domain has a table of one version or the other: first at_xen_grant_table_set_version(2), before any grant. For most
 * guests <atman/xen/grant.h> is right, which names frames below 2^32 (16 TiB), in half the memory; not every host lets
 * a guest have version 2. Peers see no difference.
 *
 * Free entries are linked through the table itself, as there. Not safe against another CPU of this domain; safe against
 * Xen and the peers.
 *
 * Source: <xen/grant_table.h>, union grant_entry_v2. Transitive grants are left out: nothing here relays pages.
 */

#include <atman/base/status.h>
#include <atman/xen/abi.h>
#include <xen/grant_table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Entries in one frame of the table, and in one frame of states. */
#define AT_XEN_GRANTS_V2_PER_FRAME 256u
#define AT_XEN_GRANT_STATES_PER_FRAME 2048u

/* A domain's own version 2 table. Memory of the caller's; every member is the component's own. */
struct at_xen_grants_v2 {
    grant_entry_v2_t *table;
    const grant_status_t *states; /* Xen's: who reads and writes */
    uint32_t entries;             /* in the table, Xen's reserved ones included */
    uint32_t frontier;            /* entries from here on were never used */
    uint32_t free;                /* first of the chain of ended entries; 0 = none */
    uint32_t live;                /* given and not ended */
};

/*
 * at_xen_grants_v2_init makes `grants` manage `entries` entries at `table`, whose states are at `states`; the first
 * eight are the toolstack's. Entries must be zero, as Xen hands them out, and both stay mapped. To be called again in a
 * domain that was restored, whose table is another, of version 1 until that is set: grants of before are no more.
 */
void at_xen_grants_v2_init(struct at_xen_grants_v2 *grants, grant_entry_v2_t *table, const grant_status_t *states,
                           uint32_t entries);

/*
 * at_xen_grant_v2_give lets `peer` map and copy to and from machine frame `frame`, only from it if `readonly` is not 0;
 * `*ref` is what the peer is to be told. Earlier writes to the page are visible to it.
 * Returns AT_OK, or AT_NO_SPACE when every entry is live. No hypercall, O(1).
 */
at_status at_xen_grant_v2_give(struct at_xen_grants_v2 *grants, at_xen_grant_ref *ref, at_xen_domid peer,
                               uint64_t frame, int readonly);

/*
 * at_xen_grant_v2_give_part lets `peer` copy to and from `size` bytes at `offset` of a frame, and reach nothing else of
 * the page; it cannot map them. Otherwise as at_xen_grant_v2_give(), and AT_INVALID for what is no part of a page.
 */
at_status at_xen_grant_v2_give_part(struct at_xen_grants_v2 *grants, at_xen_grant_ref *ref, at_xen_domid peer,
                                    uint64_t frame, uint16_t offset, uint16_t size, int readonly);

/*
 * at_xen_grant_v2_end takes a grant back: afterwards nobody can begin to use it.
 *
 * Returns AT_OK when nobody uses it any more either; AT_BUSY while the peer maps or copies the page, which must not be
 * reused: end the grant again later; AT_INVALID for what is not a live grant of this table.
 */
at_status at_xen_grant_v2_end(struct at_xen_grants_v2 *grants, at_xen_grant_ref ref);

/* at_xen_grants_v2_available returns how many grants can be given now. */
uint32_t at_xen_grants_v2_available(const struct at_xen_grants_v2 *grants);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_GRANT_V2_H */
