/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_PV_MMU_H
#define ATMAN_XEN_PV_MMU_H

/*
 * Page tables after boot: finding entries, linking new tables. Tables are read where they lie, in the direct map, and
 * changed by hypercall only (writable page tables are off).
 */

#include <stdint.h>

#include <atman/base/status.h>
#include <atman/mm/mmu.h>

/* The MMU seam of mm for the direct map and the window. It executes nothing: AT_MM_EXEC is AT_UNSUPPORTED. */
extern const struct at_mm_mmu at_xen_pv_mmu;

/*
 * at_xen_pv_find_entry returns the entry for `va` in its table of `level` (1 lowest), or 0 when there is none, and
 * stores the machine address of the entry in `*address` (0 when there is no such table).
 */
uint64_t at_xen_pv_find_entry(uint64_t *address, uintptr_t va, unsigned level);

/*
 * at_xen_pv_link makes the page `table`, filled with valid entries, the table of `level - 1` for the range around `va`:
 * it is made read-only where the direct map has it, checked by Xen, and linked with execution forbidden. One hypercall.
 * `table` belongs to Xen's idea of page tables from then on and must not be freed.
 *
 * Returns AT_OK, AT_NOT_FOUND when the table of `level` does not exist, or what Xen said.
 */
at_status at_xen_pv_link(void *table, uintptr_t va, unsigned level);

#endif /* ATMAN_XEN_PV_MMU_H */
