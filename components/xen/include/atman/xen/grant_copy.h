/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_GRANT_COPY_H
#define ATMAN_XEN_GRANT_COPY_H

/*
 * Copying to and from pages that another domain granted, by Xen: no mapping is made, and what the peer changes later
 * changes nothing here. One hypercall each.
 *
 * `frame` is a machine frame of this domain's own; `offset` and `size` must stay within its page, `peer_offset` and
 * `size` within the grant. Both return AT_OK; AT_INVALID (no such grant for us, not ours, over a page's or a part's
 * end, a grant for reading only); AT_NOT_FOUND (no such domain); AT_DENIED; AT_AGAIN (the page is being brought in).
 *
 * Source: <xen/grant_table.h>, GNTTABOP_copy.
 */

#include <atman/base/status.h>
#include <atman/xen/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* at_xen_grant_copy_in copies `size` bytes from the page that `peer` granted as `ref`. */
at_status at_xen_grant_copy_in(uint64_t frame, uint16_t offset, at_xen_domid peer, at_xen_grant_ref ref,
                               uint16_t peer_offset, uint16_t size);

/* at_xen_grant_copy_out copies `size` bytes to the page that `peer` granted as `ref`. */
at_status at_xen_grant_copy_out(at_xen_domid peer, at_xen_grant_ref ref, uint16_t peer_offset, uint64_t frame,
                                uint16_t offset, uint16_t size);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_GRANT_COPY_H */
