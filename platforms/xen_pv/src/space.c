/* SPDX-License-Identifier: ISC */
/* The MMU seam of mm on Xen's page-table hypercalls, and the window in which single frames are mapped. */

#include <string.h>

#include <atman/guest.h>
#include <atman/mm/frames.h>
#include <atman/mm/space.h>
#include <atman/xen/hypercall.h>

#include "internal.h"
#include "mmu.h"

#define WINDOW_PAGES ((AT_XEN_PV_WINDOW_END - AT_XEN_PV_WINDOW_BASE) / AT_XEN_PV_PAGE_SIZE)

static at_status make_tables(void *ctx, uintptr_t va, size_t pages)
{
    uintptr_t end = va + pages * AT_XEN_PV_PAGE_SIZE;

    (void)ctx;
    for (va &= ~(AT_XEN_PV_TABLE_SPAN - 1); va < end; va += AT_XEN_PV_TABLE_SPAN) {
        uint64_t address;
        void *table;
        at_status status;

        if (at_xen_pv_find_entry(&address, va, 2) != 0)
            continue;
        status = at_mm_frames_alloc(at_guest_frames(), &table, 0);
        if (status != AT_OK)
            return status;
        memset(table, 0, AT_XEN_PV_PAGE_SIZE);
        status = at_xen_pv_link(table, va, 2);
        if (status != AT_OK)
            return status; /* the page may be read-only by now: it is not for use again */
    }
    return AT_OK;
}

/* The entry that maps `frame` as `prot` says. Execution is forbidden a level higher for all that this MMU serves. */
static uint64_t entry(uint64_t frame, uint32_t prot)
{
    if (prot == AT_MM_NONE)
        return 0;
    return frame << AT_XEN_PV_PAGE_SHIFT | (prot & AT_MM_WRITE ? AT_XEN_PV_PTE_RW : AT_XEN_PV_PTE_R);
}

static at_status update(void *ctx, const struct at_mm_pte_update *wanted, size_t count)
{
    struct mmu_update updates[AT_MM_MMU_BATCH];
    struct mmuext_op flush_tlb = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};
    at_status status;
    size_t i;

    (void)ctx;
    if (count == 1 && !(wanted->prot & AT_MM_EXEC)) /* one hypercall instead of two */
        return at_xen_status(
            at_xen_update_va_mapping(wanted->va, entry(wanted->frame, wanted->prot), UVMF_INVLPG | UVMF_LOCAL));
    for (i = 0; i < count; i++) {
        if (wanted[i].prot & AT_MM_EXEC)
            return AT_UNSUPPORTED;
        at_xen_pv_find_entry(&updates[i].ptr, wanted[i].va, 1);
        updates[i].val = entry(wanted[i].frame, wanted[i].prot);
        if (updates[i].ptr == 0)
            return AT_NOT_FOUND;
    }
    status = at_xen_status(at_xen_mmu_update(updates, (unsigned)count, NULL, DOMID_SELF));
    if (status != AT_OK)
        return status;
    return at_xen_status(at_xen_mmuext_op(&flush_tlb, 1, NULL, DOMID_SELF));
}

static at_status lookup(void *ctx, uintptr_t va, uint64_t *frame, uint32_t *prot)
{
    uint64_t address;
    uint64_t found = at_xen_pv_find_entry(&address, va, 1);

    (void)ctx;
    if (address == 0)
        return AT_NOT_FOUND;
    *frame = (found & AT_XEN_PV_PTE_FRAME) >> AT_XEN_PV_PAGE_SHIFT;
    *prot = AT_MM_NONE;
    if (found != 0)
        *prot = found & AT_XEN_PV_PTE_WRITE ? AT_MM_READ | AT_MM_WRITE : AT_MM_READ;
    return AT_OK;
}

const struct at_mm_mmu at_xen_pv_mmu = {
    .ops = &(const struct at_mm_mmu_ops){.tables = make_tables, .update = update, .lookup = lookup},
};

struct at_mm_space *at_guest_space(void)
{
    static uint64_t map[AT_MM_SPACE_WORDS(WINDOW_PAGES)];
    static struct at_mm_space space;

    if (space.pages == 0) {
        const struct at_mm_space_config config = {
            .base = AT_XEN_PV_WINDOW_BASE,
            .pages = WINDOW_PAGES,
            .map = map,
            .mmu = at_xen_pv_mmu,
        };

        at_mm_space_init(&space, &config);
    }
    return &space;
}
