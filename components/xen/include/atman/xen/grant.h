/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_GRANT_H
#define ATMAN_XEN_GRANT_H

/*
 * Grants: let another domain use a page of ours, and use a page of another domain's.
 *
 * Giving and ending a grant write this domain's grant table, without a hypercall. Always a whole 4 KiB page is given:
 * what else is on it is given too. Taking it back fails while the peer holds it, and the page then has to be kept.
 *
 * Version 1 tables (frames below 2^32, 16 TiB). Free entries are linked through the table itself, and entries that were
 * never used are not touched, so the component needs no memory per entry and its start is O(1), as are give and end.
 * Not safe against another CPU of this domain; safe against Xen and the peers.
 *
 * Source: <xen/grant_table.h>.
 */

#include <atman/base/status.h>
#include <atman/xen/abi.h>
#include <xen/grant_table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Entries in one frame of the table. */
#define AT_XEN_GRANTS_PER_FRAME 512u

/* A domain's own grant table. Memory of the caller's; every member is the component's own. */
struct at_xen_grants {
    grant_entry_v1_t *table;
    uint32_t entries;  /* in the table, Xen's reserved ones included */
    uint32_t frontier; /* entries from here on were never used */
    uint32_t free;     /* first of the chain of ended entries; 0 = none */
    uint32_t live;     /* given and not ended */
    uint32_t reserved; /* set aside */
};

/*
 * at_xen_grants_init makes `grants` manage `entries` entries at `table`, the first eight left alone: they belong to the
 * toolstack (console, XenStore). The entries must be zero, as Xen hands them out, and stay mapped.
 */
void at_xen_grants_init(struct at_xen_grants *grants, grant_entry_v1_t *table, uint32_t entries);

/*
 * at_xen_grant_give lets `peer` map and copy to and from machine frame `frame`; `*ref` is what the peer is to be told.
 * All earlier writes to the page are visible to the peer.
 *
 * Returns AT_OK, AT_NO_SPACE when every entry is live or set aside, AT_RANGE for a frame that version 1 cannot name.
 */
at_status at_xen_grant_give(struct at_xen_grants *grants, at_xen_grant_ref *ref, at_xen_domid peer, uint64_t frame);

/* at_xen_grant_give_readonly is at_xen_grant_give() for reading only. */
at_status at_xen_grant_give_readonly(struct at_xen_grants *grants, at_xen_grant_ref *ref, at_xen_domid peer,
                                     uint64_t frame);

/*
 * at_xen_grant_end takes a grant back. Afterwards the peer can neither reach the page nor use `ref`.
 *
 * Returns AT_OK; AT_BUSY while the peer maps or copies the page: the grant then stays as it was, and the page must not
 * be reused; AT_INVALID for what is not a live grant of this table (out of range, reserved, ended already).
 */
at_status at_xen_grant_end(struct at_xen_grants *grants, at_xen_grant_ref ref);

/*
 * at_xen_grants_restored is for a domain that was saved and restored: its table, mapped where the old one was, is all
 * zero, and no grant is live any more. What is set aside stays so.
 */
void at_xen_grants_restored(struct at_xen_grants *grants);

/*
 * at_xen_grants_reserve sets `count` entries aside, so that no other caller can be given them: a driver asks once for
 * all that it will need and fails early. To use one, at_xen_grants_unreserve() it and give: nothing can come in
 * between.
 * Returns AT_OK, or AT_NO_SPACE and sets none aside.
 */
at_status at_xen_grants_reserve(struct at_xen_grants *grants, uint32_t count);

/* at_xen_grants_unreserve returns `count` entries that were set aside. AT_OK, or AT_INVALID: there are not so many. */
at_status at_xen_grants_unreserve(struct at_xen_grants *grants, uint32_t count);

/* at_xen_grants_available returns how many grants can be given now. */
uint32_t at_xen_grants_available(const struct at_xen_grants *grants);

/*
 * at_xen_grant_table_frames grows this domain's table to `count` frames at least, and stores the machine frame of each
 * in `frames`; mapping them is the platform's. One hypercall (GNTTABOP_setup_table).
 * Returns AT_OK, or AT_INVALID for more than Xen allows the domain (64 unless configured) or has memory for.
 */
at_status at_xen_grant_table_frames(uint64_t *frames, uint32_t count);

/* A mapping of another domain's page, for at_xen_grant_unmap(). */
struct at_xen_grant_mapping {
    uintptr_t va;
    grant_handle_t handle;
};

/*
 * at_xen_grant_map maps what `peer` granted as `ref` at the page-aligned `va`, whose page tables exist and whose entry
 * is empty (at_mm_space_reserve()). `readonly` non-zero maps it so. One hypercall.
 *
 * The page is the peer's and may change between two reads; it stays until the mapping is undone here.
 * Returns AT_OK and fills `*mapping`, AT_INVALID (no such grant for us, or `va` unusable), AT_NOT_FOUND (no such
 * domain), AT_DENIED, AT_NO_SPACE (Xen has no handle left), AT_AGAIN (the page is being brought in: try again later),
 * AT_IO.
 */
at_status at_xen_grant_map(struct at_xen_grant_mapping *mapping, uintptr_t va, at_xen_domid peer, at_xen_grant_ref ref,
                           int readonly);

/*
 * at_xen_grant_unmap undoes a mapping; the entry at its address is empty and flushed afterwards. One hypercall.
 * Returns AT_OK, or AT_INVALID for a mapping that is none (any more).
 */
at_status at_xen_grant_unmap(const struct at_xen_grant_mapping *mapping);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_GRANT_H */
