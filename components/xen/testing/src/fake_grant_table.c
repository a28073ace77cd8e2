/* SPDX-License-Identifier: ISC */
/* What is asked of the grant table as a whole, and copies; after xen/common/grant_table.c. */

#include "fake_internal.h"

#include <atman/base/panic.h>

#include <string.h>

#define STATE_FRAMES(frames) \
    (((frames)*AT_XEN_GRANTS_V2_PER_FRAME + AT_XEN_GRANT_STATES_PER_FRAME - 1) / AT_XEN_GRANT_STATES_PER_FRAME)

static int16_t query_size(const struct at_fake_xen *xen, const struct fake_domain *domain, struct gnttab_query_size *op)
{
    if (op->dom != DOMID_SELF && op->dom != domain->id)
        return GNTST_permission_denied;
    op->nr_frames = domain->grant_frames;
    op->max_nr_frames = xen->config.grant_frames;
    return GNTST_okay;
}

/* The toolstack's entries go over from one version to the other; all others are cleared. */
static void translate(struct fake_domain *domain, uint32_t version, size_t table_size)
{
    grant_entry_v2_t *v2 = (void *)domain->grants;
    struct {
        uint16_t flags;
        at_xen_domid domid;
        uint64_t frame;
    } kept[GNTTAB_NR_RESERVED_ENTRIES];

    for (unsigned i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++) {
        kept[i].flags = version == 2 ? domain->grants[i].flags : v2[i].hdr.flags;
        kept[i].domid = version == 2 ? domain->grants[i].domid : v2[i].hdr.domid;
        kept[i].frame = version == 2 ? domain->grants[i].frame : v2[i].full_page.frame;
    }
    memset(domain->grants, 0, table_size);
    for (unsigned i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++) {
        if (version == 2)
            v2[i].full_page =
                (__typeof__(v2[i].full_page)){.hdr = {kept[i].flags, kept[i].domid}, .frame = kept[i].frame};
        else
            domain->grants[i] = (grant_entry_v1_t){kept[i].flags, kept[i].domid, (uint32_t)kept[i].frame};
    }
}

static long set_version(struct at_fake_xen *xen, struct fake_domain *domain, struct gnttab_set_version *op)
{
    uint32_t entries = xen->config.grant_frames * AT_XEN_GRANTS_PER_FRAME;

    if (op->version != 1 && op->version != 2)
        return -XEN_EINVAL;
    if (op->version == 2 && xen->config.grants_v1_only)
        return -XEN_ENOSYS;
    if (op->version == domain->grant_version)
        return 0;
    for (uint32_t ref = GNTTAB_NR_RESERVED_ENTRIES; ref < entries; ref++) {
        if (domain->pins[ref].readers != 0 || domain->pins[ref].writers != 0)
            return -XEN_EBUSY;
    }
    if (domain->grant_states == NULL)
        domain->grant_states = at_fake_xen_pages_(xen, FAKE_XEN, STATE_FRAMES(xen->config.grant_frames));
    memset(domain->grant_states, 0, STATE_FRAMES(xen->config.grant_frames) * FAKE_PAGE);
    translate(domain, op->version, xen->config.grant_frames * FAKE_PAGE);
    domain->grant_version = op->version;
    return 0;
}

static int16_t status_frames(struct at_fake_xen *xen, const struct fake_domain *domain,
                             const struct gnttab_get_status_frames *op)
{
    if (op->dom != DOMID_SELF && op->dom != domain->id)
        return GNTST_permission_denied;
    if (domain->grant_version != 2 || op->nr_frames > STATE_FRAMES(domain->grant_frames))
        return GNTST_general_error;
    for (uint32_t i = 0; i < op->nr_frames; i++)
        op->frame_list.p[i] = at_fake_xen_frame(xen, (const uint8_t *)domain->grant_states + i * FAKE_PAGE);
    return GNTST_okay;
}

/* One side of a copy: a grant of another domain's, or a frame of the caller's own. */
static int begin(struct at_fake_xen *xen, uint8_t **at, const struct fake_domain *caller,
                 const struct gnttab_copy_ptr *side, uint16_t size, bool is_grant, bool readonly)
{
    if (is_grant)
        return at_fake_xen_copy_begin_(xen, at, caller->id, side->domid == DOMID_SELF ? caller->id : side->domid,
                                       side->u.ref, side->offset, size, readonly);
    if (side->domid != DOMID_SELF && side->domid != caller->id)
        return GNTST_permission_denied;
    if (side->offset > FAKE_PAGE || size > FAKE_PAGE - side->offset)
        return GNTST_bad_copy_arg;
    if (at_fake_xen_owner_(xen, side->u.gmfn) != caller->id)
        return GNTST_general_error;
    *at = (uint8_t *)at_fake_xen_address(xen, side->u.gmfn) + side->offset;
    return GNTST_okay;
}

static void end(struct at_fake_xen *xen, const struct fake_domain *caller, const struct gnttab_copy_ptr *side,
                bool is_grant, bool readonly)
{
    if (is_grant)
        at_fake_xen_copy_end_(xen, side->domid == DOMID_SELF ? caller->id : side->domid, side->u.ref, readonly);
}

static int16_t copy(struct at_fake_xen *xen, const struct fake_domain *caller, const struct gnttab_copy *op)
{
    bool from_grant = (op->flags & GNTCOPY_source_gref) != 0, to_grant = (op->flags & GNTCOPY_dest_gref) != 0;
    uint8_t *from, *to;
    int result = begin(xen, &from, caller, &op->source, op->len, from_grant, true);

    if (result != GNTST_okay)
        return (int16_t)result;
    result = begin(xen, &to, caller, &op->dest, op->len, to_grant, false);
    if (result == GNTST_okay) {
        memmove(to, from, op->len);
        end(xen, caller, &op->dest, to_grant, false);
    }
    end(xen, caller, &op->source, from_grant, true);
    return (int16_t)result;
}

long at_fake_xen_grant_table_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command,
                                 void *arguments, unsigned long count)
{
    struct gnttab_query_size *size = arguments;
    struct gnttab_get_version *version = arguments;
    struct gnttab_get_status_frames *frames = arguments;
    struct gnttab_copy *copies = arguments;

    switch (command) {
    case GNTTABOP_query_size: size->status = query_size(xen, domain, size); return 0;
    case GNTTABOP_set_version: return set_version(xen, domain, arguments);
    case GNTTABOP_get_version: version->version = domain->grant_version; return 0;
    case GNTTABOP_get_status_frames: frames->status = status_frames(xen, domain, frames); return 0;
    case GNTTABOP_copy:
        for (unsigned long i = 0; i < count; i++)
            copies[i].status = copy(xen, domain, &copies[i]);
        return 0;
    default: return -XEN_ENOSYS;
    }
}

grant_entry_v2_t *at_fake_xen_grant_table_v2(struct at_fake_xen *xen, at_xen_domid domid, uint32_t frames,
                                             const grant_status_t **states)
{
    struct fake_domain *domain = at_fake_xen_domain_(xen, domid);

    at_fake_xen_grant_table(xen, domid, frames);
    FAKE_REQUIRE(domain->grant_version == 2, "a version 1 grant table");
    *states = domain->grant_states;
    return (void *)domain->grants;
}
