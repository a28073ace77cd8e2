/* SPDX-License-Identifier: ISC */
#include "internal.h"

uint64_t at_xen_pv_frame_of(const void *address)
{
    uintptr_t offset = (uintptr_t)address - AT_XEN_PV_IMAGE_BASE;

    if (offset >= (uintptr_t)at_xen_pv_image_end - AT_XEN_PV_IMAGE_BASE) {
        offset = (uintptr_t)address - at_xen_pv_direct_base;
        AT_ASSERT(offset >> AT_XEN_PV_PAGE_SHIFT < at_xen_pv_start_info->nr_pages); /* below the direct map: too much */
    }
    return at_xen_pv_frame_of_pfn(offset >> AT_XEN_PV_PAGE_SHIFT);
}
