/* SPDX-License-Identifier: ISC */
#include "internal.h"

uint64_t at_xen_pv_frame_of(const void *address)
{
    uintptr_t va = (uintptr_t)address;
    uint64_t pfn;

    if (va >= AT_XEN_PV_IMAGE_BASE && va < (uintptr_t)at_xen_pv_image_end) {
        pfn = (va - AT_XEN_PV_IMAGE_BASE) >> AT_XEN_PV_PAGE_SHIFT;
    } else {
        pfn = (va - AT_XEN_PV_DIRECT_BASE) >> AT_XEN_PV_PAGE_SHIFT;
        AT_ASSERT(va >= AT_XEN_PV_DIRECT_BASE && pfn < at_xen_pv_start_info->nr_pages);
    }
    return at_xen_pv_frame_of_pfn(pfn);
}
