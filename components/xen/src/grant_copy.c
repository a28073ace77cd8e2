/* SPDX-License-Identifier: ISC */
#include <atman/xen/grant_copy.h>

#include <atman/xen/hypercall.h>
#include <xen/grant_table.h>

#include "internal.h"

static at_status copy(struct gnttab_copy *op)
{
    long result = at_xen_grant_table_op(GNTTABOP_copy, op, 1);

    return at_xen_grant_status(result, op->status);
}

at_status at_xen_grant_copy_in(uint64_t frame, uint16_t offset, at_xen_domid peer, at_xen_grant_ref ref,
                               uint16_t peer_offset, uint16_t size)
{
    struct gnttab_copy op = {
        .source = {.u = {.ref = ref}, .domid = peer, .offset = peer_offset},
        .dest = {.u = {.gmfn = frame}, .domid = DOMID_SELF, .offset = offset},
        .len = size,
        .flags = GNTCOPY_source_gref,
    };

    return copy(&op);
}

at_status at_xen_grant_copy_out(at_xen_domid peer, at_xen_grant_ref ref, uint16_t peer_offset, uint64_t frame,
                                uint16_t offset, uint16_t size)
{
    struct gnttab_copy op = {
        .source = {.u = {.gmfn = frame}, .domid = DOMID_SELF, .offset = offset},
        .dest = {.u = {.ref = ref}, .domid = peer, .offset = peer_offset},
        .len = size,
        .flags = GNTCOPY_dest_gref,
    };

    return copy(&op);
}
