/* SPDX-License-Identifier: ISC */
/* Grants: who may use which page, and what is busy; after xen/common/grant_table.c. */

#define _GNU_SOURCE

#include "fake_internal.h"

#include <atman/base/panic.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static uint32_t entries(const struct fake_domain *domain)
{
    return domain->grant_frames * (domain->grant_version == 2 ? AT_XEN_GRANTS_V2_PER_FRAME : AT_XEN_GRANTS_PER_FRAME);
}

/* An entry of either version, as Xen reads it. */
struct fake_entry {
    const uint16_t *flags;
    uint16_t *busy; /* where GTF_reading and GTF_writing are: among the flags, or in the states of version 2 */
    at_xen_domid domid;
    uint64_t frame;
    uint32_t start, end; /* of what may be reached, in bytes of the page */
};

static struct fake_entry entry_of(const struct fake_domain *granter, at_xen_grant_ref ref)
{
    if (granter->grant_version == 2) {
        grant_entry_v2_t *v2 = &((grant_entry_v2_t *)(void *)granter->grants)[ref];
        bool part = (v2->hdr.flags & GTF_sub_page) != 0;

        return (struct fake_entry){
            .flags = &v2->hdr.flags,
            .busy = &granter->grant_states[ref],
            .domid = v2->hdr.domid,
            .frame = v2->full_page.frame,
            .start = part ? v2->sub_page.page_off : 0,
            .end = part ? (uint32_t)v2->sub_page.page_off + v2->sub_page.length : (uint32_t)FAKE_PAGE,
        };
    }
    return (struct fake_entry){
        .flags = &granter->grants[ref].flags,
        .busy = &granter->grants[ref].flags,
        .domid = granter->grants[ref].domid,
        .frame = granter->grants[ref].frame,
        .end = FAKE_PAGE,
    };
}

/* Begins a use of a grant: checks it, marks it busy in the granter's table, and says which frame it is. GNTST_*. */
static int pin(struct at_fake_xen *xen, struct fake_entry *entry, at_xen_domid user, struct fake_domain *granter,
               at_xen_grant_ref ref, bool readonly)
{
    struct fake_pins *pins;

    if (ref >= entries(granter))
        return GNTST_bad_gntref;
    *entry = entry_of(granter, ref);
    pins = &granter->pins[ref];
    if ((*entry->flags & GTF_type_mask) != GTF_permit_access || entry->domid != user ||
        (!readonly && (*entry->flags & GTF_readonly)))
        return GNTST_general_error;
    if (at_fake_xen_owner_(xen, entry->frame) != granter->id)
        return GNTST_general_error;
    pins->readers += readonly;
    pins->writers += !readonly;
    *entry->busy |= (uint16_t)(readonly ? GTF_reading : GTF_reading | GTF_writing);
    return GNTST_okay;
}

static void unpin(struct fake_domain *granter, at_xen_grant_ref ref, bool readonly)
{
    struct fake_entry entry = entry_of(granter, ref);
    struct fake_pins *pins = &granter->pins[ref];

    pins->readers -= readonly;
    pins->writers -= !readonly;
    if (pins->writers == 0)
        *entry.busy &= (uint16_t)~GTF_writing;
    if (pins->writers == 0 && pins->readers == 0)
        *entry.busy &= (uint16_t)~GTF_reading;
}

static grant_handle_t free_handle(struct at_fake_xen *xen)
{
    uint32_t i = 0;

    while (i < xen->mapping_count && xen->mappings[i].used)
        i++;
    if (i == xen->mapping_count) {
        xen->mappings = realloc(xen->mappings, (i + 1) * sizeof *xen->mappings);
        FAKE_REQUIRE(xen->mappings != NULL, "out of host memory");
        xen->mapping_count++;
    }
    return i;
}

static int map(struct at_fake_xen *xen, grant_handle_t *handle, at_xen_domid mapper, at_xen_domid granter_id,
               at_xen_grant_ref ref, bool readonly)
{
    struct fake_domain *granter = at_fake_xen_find_(xen, granter_id, NULL);
    struct fake_entry entry;
    int result;

    if (granter == NULL)
        return GNTST_bad_domain;
    if (ref < entries(granter) && granter->grant_version == 2 && (*entry_of(granter, ref).flags & GTF_sub_page))
        return GNTST_general_error; /* a part of a page can only be copied */
    result = pin(xen, &entry, mapper, granter, ref, readonly);
    if (result != GNTST_okay)
        return result;
    *handle = free_handle(xen);
    xen->mappings[*handle] = (struct fake_mapping){
        .used = true, .readonly = readonly, .mapper = mapper, .granter = granter_id, .ref = ref, .frame = entry.frame};
    return GNTST_okay;
}

static struct fake_mapping *mapping_of(struct at_fake_xen *xen, at_xen_domid mapper, grant_handle_t handle)
{
    if (handle >= xen->mapping_count || !xen->mappings[handle].used || xen->mappings[handle].mapper != mapper)
        return NULL;
    return &xen->mappings[handle];
}

static void unmap(struct at_fake_xen *xen, struct fake_mapping *mapping)
{
    unpin(at_fake_xen_domain_(xen, mapping->granter), mapping->ref, mapping->readonly);
    mapping->used = false;
}

/* ---- hypercalls ---- */

static int16_t setup_table(struct at_fake_xen *xen, struct fake_domain *caller, const struct gnttab_setup_table *op)
{
    struct fake_domain *domain = at_fake_xen_find_(xen, op->dom, caller);
    xen_pfn_t *frames = op->frame_list.p;

    if (domain == NULL)
        return GNTST_bad_domain;
    if (domain != caller && caller->id != 0)
        return GNTST_permission_denied;
    if (op->nr_frames > xen->config.grant_frames)
        return GNTST_general_error;
    if (op->nr_frames > domain->grant_frames)
        domain->grant_frames = op->nr_frames;
    for (uint32_t i = 0; i < op->nr_frames; i++)
        frames[i] = at_fake_xen_frame(xen, (const uint8_t *)domain->grants + i * FAKE_PAGE);
    return GNTST_okay;
}

/* The page really appears at the address asked for: the caller reserved it (mmap with PROT_NONE). */
static int16_t map_grant_ref(struct at_fake_xen *xen, const struct fake_domain *caller, struct gnttab_map_grant_ref *op)
{
    bool readonly = (op->flags & GNTMAP_readonly) != 0;
    struct fake_mapping *mapping;
    off_t offset;
    int result;

    if (!(op->flags & GNTMAP_host_map) || (op->flags & ~(unsigned)(GNTMAP_host_map | GNTMAP_readonly)))
        return GNTST_bad_gntref;
    if (op->host_addr == 0 || op->host_addr % FAKE_PAGE != 0)
        return GNTST_bad_virt_addr;
    result = map(xen, &op->handle, caller->id, op->dom, op->ref, readonly);
    if (result != GNTST_okay)
        return (int16_t)result;
    mapping = &xen->mappings[op->handle];
    mapping->va = op->host_addr;
    offset = (off_t)((mapping->frame - FAKE_FIRST_FRAME) * FAKE_PAGE);
    FAKE_REQUIRE(mmap((void *)(uintptr_t)mapping->va, FAKE_PAGE, readonly ? PROT_READ : PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_FIXED, xen->memory_fd, offset) != MAP_FAILED,
                 "cannot map a granted page at the address asked for");
    return GNTST_okay;
}

static int16_t unmap_grant_ref(struct at_fake_xen *xen, const struct fake_domain *caller,
                               const struct gnttab_unmap_grant_ref *op)
{
    struct fake_mapping *mapping = mapping_of(xen, caller->id, op->handle);

    if (mapping == NULL)
        return GNTST_bad_handle;
    if (op->host_addr != mapping->va || mapping->va == 0)
        return GNTST_general_error;
    FAKE_REQUIRE(mmap((void *)(uintptr_t)mapping->va, FAKE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                      0) != MAP_FAILED,
                 "cannot unmap a granted page");
    unmap(xen, mapping);
    return GNTST_okay;
}

long at_fake_xen_grant_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command, void *arguments,
                           unsigned long count)
{
    switch (command) {
    case GNTTABOP_setup_table: {
        struct gnttab_setup_table *op = arguments;

        if (count != 1)
            return -XEN_EINVAL;
        op->status = setup_table(xen, domain, op);
        return 0;
    }
    case GNTTABOP_map_grant_ref: {
        struct gnttab_map_grant_ref *op = arguments;

        for (unsigned long i = 0; i < count; i++)
            op[i].status = map_grant_ref(xen, domain, &op[i]);
        return 0;
    }
    case GNTTABOP_unmap_grant_ref: {
        struct gnttab_unmap_grant_ref *op = arguments;

        for (unsigned long i = 0; i < count; i++)
            op[i].status = unmap_grant_ref(xen, domain, &op[i]);
        return 0;
    }
    default: return at_fake_xen_grant_table_op_(xen, domain, command, arguments, count);
    }
}

/* ---- as a peer uses them ---- */

grant_entry_v1_t *at_fake_xen_grant_table(struct at_fake_xen *xen, at_xen_domid domid, uint32_t frames)
{
    struct fake_domain *domain = at_fake_xen_domain_(xen, domid);

    FAKE_REQUIRE(frames <= xen->config.grant_frames, "a grant table larger than allowed");
    if (frames > domain->grant_frames)
        domain->grant_frames = frames;
    return domain->grants;
}

int at_fake_xen_grant_map(struct at_fake_xen *xen, void **page, grant_handle_t *handle, at_xen_domid mapper,
                          at_xen_domid granter, at_xen_grant_ref ref, bool readonly)
{
    int result = map(xen, handle, mapper, granter, ref, readonly);

    if (result == GNTST_okay)
        *page = at_fake_xen_address(xen, xen->mappings[*handle].frame);
    return result;
}

int at_fake_xen_grant_unmap(struct at_fake_xen *xen, at_xen_domid mapper, grant_handle_t handle)
{
    struct fake_mapping *mapping = mapping_of(xen, mapper, handle);

    if (mapping == NULL)
        return GNTST_bad_handle;
    unmap(xen, mapping);
    return GNTST_okay;
}

int at_fake_xen_copy_begin_(struct at_fake_xen *xen, uint8_t **at, at_xen_domid peer, at_xen_domid granter_id,
                            at_xen_grant_ref ref, uint32_t offset, uint32_t size, bool readonly)
{
    struct fake_domain *granter = at_fake_xen_find_(xen, granter_id, NULL);
    struct fake_entry entry;
    int result;

    if (granter == NULL)
        return GNTST_bad_domain;
    if (offset > FAKE_PAGE || size > FAKE_PAGE - offset)
        return GNTST_bad_copy_arg;
    result = pin(xen, &entry, peer, granter, ref, readonly);
    if (result != GNTST_okay)
        return result;
    if (offset < entry.start || offset + size > entry.end) {
        unpin(granter, ref, readonly);
        return GNTST_general_error;
    }
    *at = (uint8_t *)at_fake_xen_address(xen, entry.frame) + offset;
    return GNTST_okay;
}

void at_fake_xen_copy_end_(struct at_fake_xen *xen, at_xen_domid granter, at_xen_grant_ref ref, bool readonly)
{
    unpin(at_fake_xen_domain_(xen, granter), ref, readonly);
}

int at_fake_xen_grant_read(struct at_fake_xen *xen, void *out, at_xen_domid peer, at_xen_domid granter,
                           at_xen_grant_ref ref, uint32_t offset, uint32_t size)
{
    uint8_t *at;
    int result = at_fake_xen_copy_begin_(xen, &at, peer, granter, ref, offset, size, true);

    if (result == GNTST_okay) {
        memcpy(out, at, size);
        at_fake_xen_copy_end_(xen, granter, ref, true);
    }
    return result;
}

int at_fake_xen_grant_write(struct at_fake_xen *xen, at_xen_domid peer, at_xen_domid granter, at_xen_grant_ref ref,
                            uint32_t offset, const void *data, uint32_t size)
{
    uint8_t *at;
    int result = at_fake_xen_copy_begin_(xen, &at, peer, granter, ref, offset, size, false);

    if (result == GNTST_okay) {
        memcpy(at, data, size);
        at_fake_xen_copy_end_(xen, granter, ref, false);
    }
    return result;
}

uint32_t at_fake_xen_grants_in_use(const struct at_fake_xen *xen, at_xen_domid domid)
{
    const struct fake_domain *domain = at_fake_xen_domain_(xen, domid);
    uint32_t valid = 0;

    for (uint32_t ref = 0; ref < entries(domain); ref++)
        valid += (*entry_of(domain, ref).flags & GTF_type_mask) != GTF_invalid;
    return valid;
}

uint32_t at_fake_xen_maps_in_use(const struct at_fake_xen *xen, at_xen_domid domid)
{
    uint32_t used = 0;

    for (uint32_t i = 0; i < xen->mapping_count; i++)
        used += xen->mappings[i].used && xen->mappings[i].mapper == domid;
    return used;
}
