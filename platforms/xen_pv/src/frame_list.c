/* SPDX-License-Identifier: ISC */
/*
 * Where the toolstack finds p2m, the guest's list of its machine frames, when it saves the domain: shared_info names a
 * page, that names a page for each GiB, and each of those the pages of p2m (struct arch_shared_info in
 * <xen/arch-x86/xen.h>). All by machine frame, so that they are told anew after each restore.
 *
 * The other way that 4.17 knows, p2m's virtual address, would need no pages, but its toolstack finds the end of a p2m
 * beyond the first 2 MiB wrongly unless it begins at a boundary of 1 GiB.
 */

#include <atman/guest.h>
#include <atman/mm/run.h>

#include "internal.h"
#include "suspend.h"

#define ENTRIES AT_XEN_PV_TABLE_ENTRIES

void at_xen_pv_frame_list_publish(void)
{
    static uint64_t(*lists)[ENTRIES];                                          /* the first names the others */
    uint64_t pages = (at_xen_pv_start_info->nr_pages + ENTRIES - 1) / ENTRIES; /* of p2m */
    void *run = lists;

    if (lists == NULL && at_mm_run_alloc(at_guest_frames(), &run, 1 + (pages + ENTRIES - 1) / ENTRIES, 0) != AT_OK)
        at_panic("no memory to make the guest one that can be saved");
    lists = run;
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t *list = lists[1 + i / ENTRIES];

        list[i % ENTRIES] = at_xen_pv_frame_of_pfn(at_xen_pv_start_info->first_p2m_pfn + i);
        lists[0][i / ENTRIES] = at_xen_pv_frame_of(list);
    }
    at_xen_pv_shared_info.arch.max_pfn = at_xen_pv_start_info->nr_pages;
    at_xen_pv_shared_info.arch.pfn_to_mfn_frame_list_list = at_xen_pv_frame_of(lists);
}
