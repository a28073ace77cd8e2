/* SPDX-License-Identifier: ISC */
/*
 * Protecting the image: from the builder's mapping, where everything is writable and executable, to one where nothing
 * is both, in one batch of page-table updates.
 *
 * Changing the builder's level-1 entries one by one would cost Xen some 700 instructions for each of its 192 pages. So
 * the image gets level-1 tables of its own, filled in ordinary memory (bss) and checked by Xen once, when they are
 * linked in; the builder's tables stay as they are, but under other level-2 entries that forbid execution: there they
 * are the beginning of the direct map. Only the pages that must not be written there either (text, constants, the new
 * tables) are changed one by one.
 */

#include <atman/xen/hypercall.h>

#include "internal.h"

#define BATCH 32u

/* Page-table updates on their way to Xen. */
struct batch {
    unsigned count;
    struct mmu_update updates[BATCH];
};

static void flush(struct batch *batch)
{
    if (at_xen_mmu_update(batch->updates, batch->count, NULL, DOMID_SELF) != 0)
        __builtin_trap(); /* no trap table yet: Xen ends the domain and logs where */
    batch->count = 0;
}

/* Adds: slot `slot` of the table that `table_entry` points at becomes `value`. */
static void add(struct batch *batch, uint64_t table_entry, unsigned slot, uint64_t value)
{
    struct mmu_update *update = &batch->updates[batch->count];

    update->ptr = (table_entry & AT_XEN_PV_PTE_FRAME) + slot * sizeof(uint64_t) + MMU_NORMAL_PT_UPDATE;
    update->val = value;
    if (++batch->count == BATCH)
        flush(batch);
}

/* at_xen_pv_table() before there is a direct map: the builder's mapping has all tables. */
static const uint64_t *boot_table(uint64_t entry)
{
    uint64_t pfn = at_xen_pv_pfn_of_frame((entry & AT_XEN_PV_PTE_FRAME) >> AT_XEN_PV_PAGE_SHIFT);

    return (const uint64_t *)(AT_XEN_PV_IMAGE_BASE + (pfn << AT_XEN_PV_PAGE_SHIFT));
}

static uintptr_t page_up(const char *end)
{
    return ((uintptr_t)end + AT_XEN_PV_PAGE_SIZE - 1) & ~(AT_XEN_PV_PAGE_SIZE - 1);
}

/* What the image may do with its page at `va`. */
static uint64_t protection(uintptr_t va)
{
    if (va < page_up(at_xen_pv_text_end))
        return AT_XEN_PV_PTE_RX;
    if (va < page_up(at_xen_pv_rodata_end))
        return AT_XEN_PV_PTE_R;
    if (va >= (uintptr_t)at_xen_pv_tables && va < (uintptr_t)at_xen_pv_tables_end)
        return AT_XEN_PV_PTE_R;
    if (va == (uintptr_t)at_xen_pv_stack_guard)
        return 0;
    return AT_XEN_PV_PTE_RW;
}

/* Takes the right to write to the page at `va` by way of the old tables. NX would stop us: they map what runs now. */
static void make_readonly(struct batch *batch, const uint64_t *level2, uintptr_t va)
{
    uint64_t frame = at_xen_pv_frame_of_pfn((va - AT_XEN_PV_IMAGE_BASE) >> AT_XEN_PV_PAGE_SHIFT);

    add(batch, level2[at_xen_pv_slot(va, 2)], at_xen_pv_slot(va, 1), frame << AT_XEN_PV_PAGE_SHIFT | AT_XEN_PV_PTE_RX);
}

/* Fills the image's own tables, and has what must not be written made read-only in the old ones. */
static void map_image(struct batch *batch, const uint64_t *level2)
{
    const uint64_t *frames = (const uint64_t *)AT_XEN_PV_P2M_BASE;
    unsigned first = at_xen_pv_slot(AT_XEN_PV_IMAGE_SPAN, 2);
    uintptr_t va;

    for (va = AT_XEN_PV_IMAGE_BASE; va < (uintptr_t)at_xen_pv_image_end; va += AT_XEN_PV_PAGE_SIZE) {
        uint64_t allowed = protection(va);
        uint64_t frame = *frames++ << AT_XEN_PV_PAGE_SHIFT;

        if (allowed != 0)
            at_xen_pv_tables[at_xen_pv_slot(va, 2) - first][at_xen_pv_slot(va, 1)] = frame | allowed;
        if (va < page_up(at_xen_pv_rodata_end))
            make_readonly(batch, level2, va);
    }
    /* A full batch goes to Xen at once: nothing is written to the new tables after this. */
    for (va = (uintptr_t)at_xen_pv_tables; va < (uintptr_t)at_xen_pv_tables_end; va += AT_XEN_PV_PAGE_SIZE)
        make_readonly(batch, level2, va);
}

void at_xen_pv_protect_image(const start_info_t *boot_info)
{
    const uint64_t *level4 = (const uint64_t *)boot_info->pt_base;
    const uint64_t *level3 = boot_table(level4[at_xen_pv_slot(AT_XEN_PV_IMAGE_SPAN, 4)]);
    uint64_t level3_entry = level3[at_xen_pv_slot(AT_XEN_PV_IMAGE_SPAN, 3)];
    const uint64_t *level2 = boot_table(level3_entry);
    uint64_t p2m_entry = level3[at_xen_pv_slot(AT_XEN_PV_P2M_BASE, 3)];
    uint64_t level4_entry = level4[0];
    uintptr_t shared_info = (uintptr_t)&at_xen_pv_shared_info;
    unsigned first = at_xen_pv_slot(AT_XEN_PV_IMAGE_SPAN, 2);
    unsigned last = at_xen_pv_slot((uintptr_t)at_xen_pv_spare_pages + AT_XEN_PV_PAGE_SIZE, 2);
    unsigned direct = (unsigned)((at_xen_pv_direct_base - AT_XEN_PV_IMAGE_BASE) >> AT_XEN_PV_TABLE_SHIFT);
    struct batch batch = {.count = 0};
    struct mmuext_op flush_tlb = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};
    unsigned slot, end;

    for (end = first; end + direct < AT_XEN_PV_TABLE_ENTRIES && level2[end] != 0; end++)
        add(&batch, level3_entry, end + direct, level2[end] | AT_XEN_PV_PTE_NX);

    at_xen_pv_tables[at_xen_pv_slot(shared_info, 2) - first][at_xen_pv_slot(shared_info, 1)] =
        boot_info->shared_info | AT_XEN_PV_PTE_RW;
    map_image(&batch, level2);

    /* When the first of the new tables is linked in, the builder's are out of sight. */
    for (slot = first; slot < end; slot++) {
        uint64_t pfn = ((uintptr_t)at_xen_pv_tables[slot - first] - AT_XEN_PV_IMAGE_BASE) >> AT_XEN_PV_PAGE_SHIFT;
        uint64_t table = at_xen_pv_frame_of_pfn(pfn) << AT_XEN_PV_PAGE_SHIFT | AT_XEN_PV_PTE_TABLE;

        add(&batch, level3_entry, slot, slot <= last ? table : 0);
    }

    /* p2m is below the first GiB, alone. */
    add(&batch, level4_entry, at_xen_pv_slot(AT_XEN_PV_P2M_BASE, 3), p2m_entry | AT_XEN_PV_PTE_NX);
    flush(&batch);
    if (at_xen_mmuext_op(&flush_tlb, 1, NULL, DOMID_SELF) != 0)
        __builtin_trap();

    at_xen_pv_start_info =
        (const start_info_t *)((const char *)boot_info + at_xen_pv_direct_base - AT_XEN_PV_IMAGE_BASE);
}
