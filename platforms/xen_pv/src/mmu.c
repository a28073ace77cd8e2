/* SPDX-License-Identifier: ISC */
#include "mmu.h"

#include <atman/xen/hypercall.h>

#include "internal.h"

uint64_t at_xen_pv_find_entry(uint64_t *address, uintptr_t va, unsigned level)
{
    /* The builder's level-4 table: its virtual address at boot, so its page is that far into the builder's mapping. */
    uint64_t offset = at_xen_pv_start_info->pt_base - AT_XEN_PV_IMAGE_BASE;
    const uint64_t *table = (const uint64_t *)(at_xen_pv_direct_base + offset);
    uint64_t frame = at_xen_pv_frame_of_pfn(offset >> AT_XEN_PV_PAGE_SHIFT);
    unsigned at = 4;

    for (;;) {
        unsigned slot = at_xen_pv_slot(va, at);

        if (at-- == level) {
            *address = (frame << AT_XEN_PV_PAGE_SHIFT) + slot * sizeof(uint64_t);
            return table[slot];
        }
        if (table[slot] == 0) {
            *address = 0;
            return 0;
        }
        frame = (table[slot] & AT_XEN_PV_PTE_FRAME) >> AT_XEN_PV_PAGE_SHIFT;
        table = at_xen_pv_table(table[slot]);
    }
}

at_status at_xen_pv_link(void *table, uintptr_t va, unsigned level)
{
    uint64_t page = at_xen_pv_frame_of(table) << AT_XEN_PV_PAGE_SHIFT;
    struct mmu_update updates[2];

    at_xen_pv_find_entry(&updates[0].ptr, (uintptr_t)table, 1);
    updates[0].val = page | AT_XEN_PV_PTE_R;
    at_xen_pv_find_entry(&updates[1].ptr, va, level);
    updates[1].val = page | AT_XEN_PV_PTE_TABLE | AT_XEN_PV_PTE_NX;
    if (updates[1].ptr == 0)
        return AT_NOT_FOUND;
    return at_xen_status(at_xen_mmu_update(updates, 2, NULL, DOMID_SELF));
}
