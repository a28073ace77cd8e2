/* SPDX-License-Identifier: ISC */
/* What needs the hypervisor: the table's own frames, and other domains' pages. */

#include <atman/xen/grant.h>

#include <atman/xen/hypercall.h>

#include "internal.h"

at_status at_xen_grant_status(long result, int status)
{
    if (result < 0)
        return at_xen_status(result);
    switch (status) {
    case GNTST_okay: return AT_OK;
    case GNTST_bad_domain: return AT_NOT_FOUND;
    case GNTST_permission_denied: return AT_DENIED;
    case GNTST_no_device_space:
    case GNTST_no_space: return AT_NO_SPACE;
    case GNTST_eagain: return AT_AGAIN;
    default: return AT_INVALID;
    }
}

at_status at_xen_grant_table_frames(uint64_t *frames, uint32_t count)
{
    struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = count};
    long result;

    _Static_assert(sizeof(xen_pfn_t) == sizeof *frames, "Xen stores frame numbers as we do");
    set_xen_guest_handle(op.frame_list, (xen_pfn_t *)frames);
    result = at_xen_grant_table_op(GNTTABOP_setup_table, &op, 1);
    return at_xen_grant_status(result, op.status);
}

at_status at_xen_grant_map(struct at_xen_grant_mapping *mapping, uintptr_t va, at_xen_domid peer, at_xen_grant_ref ref,
                           int readonly)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = va,
        .flags = GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0),
        .ref = ref,
        .dom = peer,
    };
    long result = at_xen_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);
    at_status status = at_xen_grant_status(result, op.status);

    if (status == AT_OK)
        *mapping = (struct at_xen_grant_mapping){.va = va, .handle = op.handle};
    return status;
}

at_status at_xen_grant_unmap(const struct at_xen_grant_mapping *mapping)
{
    struct gnttab_unmap_grant_ref op = {.host_addr = mapping->va, .handle = mapping->handle};
    long result = at_xen_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1);

    return at_xen_grant_status(result, op.status);
}
