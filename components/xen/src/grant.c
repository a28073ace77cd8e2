/* SPDX-License-Identifier: ISC */
/* Giving and ending grants: the domain's own table. */

#include <atman/xen/grant.h>

/* An entry whose flags are 0 is Xen's word for free; its frame is then our link to the next free one, 0 at the end. */

void at_xen_grants_init(struct at_xen_grants *grants, grant_entry_v1_t *table, uint32_t entries)
{
    *grants = (struct at_xen_grants){
        .table = table,
        .entries = entries > GNTTAB_NR_RESERVED_ENTRIES ? entries : GNTTAB_NR_RESERVED_ENTRIES,
        .frontier = GNTTAB_NR_RESERVED_ENTRIES,
    };
}

uint32_t at_xen_grants_available(const struct at_xen_grants *grants)
{
    return grants->entries - GNTTAB_NR_RESERVED_ENTRIES - grants->live - grants->reserved;
}

static at_status give(struct at_xen_grants *grants, at_xen_grant_ref *ref, at_xen_domid peer, uint64_t frame,
                      uint16_t flags)
{
    grant_entry_v1_t *entry;

    if (frame > UINT32_MAX)
        return AT_RANGE;
    if (at_xen_grants_available(grants) == 0)
        return AT_NO_SPACE;
    if (grants->free != 0) {
        *ref = grants->free;
        grants->free = grants->table[*ref].frame;
    } else {
        *ref = grants->frontier++;
    }
    entry = &grants->table[*ref];
    entry->domid = peer;
    entry->frame = (uint32_t)frame;
    /* From this store on the peer may use it: it comes last, after the page's contents as well. */
    __atomic_store_n(&entry->flags, flags, __ATOMIC_RELEASE);
    grants->live++;
    return AT_OK;
}

at_status at_xen_grant_give(struct at_xen_grants *grants, at_xen_grant_ref *ref, at_xen_domid peer, uint64_t frame)
{
    return give(grants, ref, peer, frame, GTF_permit_access);
}

at_status at_xen_grant_give_readonly(struct at_xen_grants *grants, at_xen_grant_ref *ref, at_xen_domid peer,
                                     uint64_t frame)
{
    return give(grants, ref, peer, frame, GTF_permit_access | GTF_readonly);
}

at_status at_xen_grant_end(struct at_xen_grants *grants, at_xen_grant_ref ref)
{
    grant_entry_v1_t *entry;
    uint16_t flags;

    if (ref < GNTTAB_NR_RESERVED_ENTRIES || ref >= grants->frontier)
        return AT_INVALID;
    entry = &grants->table[ref];
    flags = __atomic_load_n(&entry->flags, __ATOMIC_RELAXED);
    do {
        if ((flags & GTF_type_mask) != GTF_permit_access)
            return AT_INVALID;
        if (flags & (GTF_reading | GTF_writing))
            return AT_BUSY;
        /* Compare and exchange: Xen sets those two bits from another CPU at any moment until the entry is free. */
    } while (!__atomic_compare_exchange_n(&entry->flags, &flags, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    entry->frame = grants->free;
    grants->free = ref;
    grants->live--;
    return AT_OK;
}

at_status at_xen_grants_reserve(struct at_xen_grants *grants, uint32_t count)
{
    if (count > at_xen_grants_available(grants))
        return AT_NO_SPACE;
    grants->reserved += count;
    return AT_OK;
}

at_status at_xen_grants_unreserve(struct at_xen_grants *grants, uint32_t count)
{
    if (count > grants->reserved)
        return AT_INVALID;
    grants->reserved -= count;
    return AT_OK;
}
