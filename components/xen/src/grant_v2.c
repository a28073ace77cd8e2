/* SPDX-License-Identifier: ISC */
/* Giving and ending grants in a version 2 table. */

#include <atman/xen/grant_v2.h>

#define PAGE 4096u

/* Whom no live entry is for: an entry of this domain's is free, and its frame the link to the next free one. */
#define NOBODY DOMID_INVALID

void at_xen_grants_v2_init(struct at_xen_grants_v2 *grants, grant_entry_v2_t *table, const grant_status_t *states,
                           uint32_t entries)
{
    *grants = (struct at_xen_grants_v2){
        .table = table,
        .states = states,
        .entries = entries > GNTTAB_NR_RESERVED_ENTRIES ? entries : GNTTAB_NR_RESERVED_ENTRIES,
        .frontier = GNTTAB_NR_RESERVED_ENTRIES,
    };
}

uint32_t at_xen_grants_v2_available(const struct at_xen_grants_v2 *grants)
{
    return grants->entries - GNTTAB_NR_RESERVED_ENTRIES - grants->live;
}

/* `contents` in a free entry; its flags come last, for from that store on the peer may use it. */
static at_status give(struct at_xen_grants_v2 *grants, at_xen_grant_ref *ref, const grant_entry_v2_t *contents)
{
    grant_entry_v2_t *entry;

    if (at_xen_grants_v2_available(grants) == 0)
        return AT_NO_SPACE;
    if (grants->free != 0) {
        *ref = grants->free;
        grants->free = (uint32_t)grants->table[*ref].full_page.frame;
    } else {
        *ref = grants->frontier++;
    }
    entry = &grants->table[*ref];
    entry->sub_page.page_off = contents->sub_page.page_off;
    entry->sub_page.length = contents->sub_page.length;
    entry->sub_page.frame = contents->sub_page.frame;
    entry->hdr.domid = contents->hdr.domid;
    __atomic_store_n(&entry->hdr.flags, contents->hdr.flags, __ATOMIC_RELEASE);
    grants->live++;
    return AT_OK;
}

static uint16_t access_flags(int readonly)
{
    return (uint16_t)(GTF_permit_access | (readonly ? GTF_readonly : 0));
}

at_status at_xen_grant_v2_give(struct at_xen_grants_v2 *grants, at_xen_grant_ref *ref, at_xen_domid peer,
                               uint64_t frame, int readonly)
{
    const grant_entry_v2_t contents = {
        .full_page = {.hdr = {.flags = access_flags(readonly), .domid = peer}, .frame = frame}};

    return give(grants, ref, &contents);
}

at_status at_xen_grant_v2_give_part(struct at_xen_grants_v2 *grants, at_xen_grant_ref *ref, at_xen_domid peer,
                                    uint64_t frame, uint16_t offset, uint16_t size, int readonly)
{
    const grant_entry_v2_t contents = {
        .sub_page = {.hdr = {.flags = access_flags(readonly) | GTF_sub_page, .domid = peer},
                     .page_off = offset,
                     .length = size,
                     .frame = frame}};

    if (size == 0 || offset >= PAGE || size > PAGE - offset)
        return AT_INVALID;
    return give(grants, ref, &contents);
}

at_status at_xen_grant_v2_end(struct at_xen_grants_v2 *grants, at_xen_grant_ref ref)
{
    grant_entry_v2_t *entry;

    if (ref < GNTTAB_NR_RESERVED_ENTRIES || ref >= grants->frontier)
        return AT_INVALID;
    entry = &grants->table[ref];
    if (entry->hdr.domid == NOBODY)
        return AT_INVALID;
    /* Xen marks the state and only then looks at the flags again: one of the two sees the other. */
    __atomic_store_n(&entry->hdr.flags, 0, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&grants->states[ref], __ATOMIC_ACQUIRE) & (GTF_reading | GTF_writing))
        return AT_BUSY;
    entry->hdr.domid = NOBODY;
    entry->full_page.frame = grants->free;
    grants->free = ref;
    grants->live--;
    return AT_OK;
}
