/* SPDX-License-Identifier: ISC */
/* The grant table as a whole. Its frames are in grant_map.c, beside what else every guest with grants asks for. */

#include <atman/xen/grant_table.h>

#include <atman/xen/hypercall.h>

#include "internal.h"

at_status at_xen_grant_table_limit(uint32_t *frames, uint32_t *most)
{
    struct gnttab_query_size op = {.dom = DOMID_SELF};
    long result = at_xen_grant_table_op(GNTTABOP_query_size, &op, 1);
    at_status status = at_xen_grant_status(result, op.status);

    if (status == AT_OK) {
        *frames = op.nr_frames;
        *most = op.max_nr_frames;
    }
    return status;
}

at_status at_xen_grants_grow(struct at_xen_grants *grants, grant_entry_v1_t *table, uint32_t entries)
{
    if (entries < grants->entries)
        return AT_INVALID;
    grants->table = table;
    grants->entries = entries;
    return AT_OK;
}

at_status at_xen_grant_table_version(uint32_t *version)
{
    struct gnttab_get_version op = {.dom = DOMID_SELF};
    long result = at_xen_grant_table_op(GNTTABOP_get_version, &op, 1);

    if (result == 0)
        *version = op.version;
    return at_xen_status(result);
}

at_status at_xen_grant_table_set_version(uint32_t version)
{
    struct gnttab_set_version op = {.version = version};

    return at_xen_status(at_xen_grant_table_op(GNTTABOP_set_version, &op, 1));
}

at_status at_xen_grant_table_status_frames(uint64_t *frames, uint32_t count)
{
    struct gnttab_get_status_frames op = {.nr_frames = count, .dom = DOMID_SELF};
    long result;

    set_xen_guest_handle(op.frame_list, frames);
    result = at_xen_grant_table_op(GNTTABOP_get_status_frames, &op, 1);
    return at_xen_grant_status(result, op.status);
}
