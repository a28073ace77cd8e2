/* SPDX-License-Identifier: ISC */
/* The grant table, in two of the image's spare virtual pages: no window and no page table is needed for it. */

#include <atman/guest.h>
#include <atman/xen/grant.h>
#include <atman/xen/hypercall.h>

#include "internal.h"
#include "suspend.h"

/* One network device needs up to 512 entries for its buffers and a few more, so one frame is not enough. */
#define TABLE_FRAMES 2u

static struct at_xen_grants grants;

static void map(void)
{
    uint64_t frames[TABLE_FRAMES];
    unsigned i;

    if (at_xen_grant_table_frames(frames, TABLE_FRAMES) != AT_OK)
        at_panic("Xen gives no grant table");
    for (i = 0; i < TABLE_FRAMES; i++) {
        if (at_xen_update_va_mapping((uintptr_t)at_xen_pv_spare_pages + i * AT_XEN_PV_PAGE_SIZE,
                                     frames[i] << AT_XEN_PV_PAGE_SHIFT | AT_XEN_PV_PTE_RW, UVMF_NONE) != 0)
            at_panic("the grant table cannot be mapped");
    }
}

struct at_xen_grants *at_guest_grants(void)
{
    if (grants.table == NULL) {
        map();
        at_xen_grants_init(&grants, (grant_entry_v1_t *)at_xen_pv_spare_pages, TABLE_FRAMES * AT_XEN_GRANTS_PER_FRAME);
    }
    return &grants;
}

void at_xen_pv_grants_unmap(void)
{
    for (unsigned i = 0; grants.table != NULL && i < TABLE_FRAMES; i++) {
        if (at_xen_update_va_mapping((uintptr_t)at_xen_pv_spare_pages + i * AT_XEN_PV_PAGE_SIZE, 0,
                                     UVMF_INVLPG | UVMF_LOCAL) != 0)
            at_panic("the grant table cannot be unmapped");
    }
}

void at_xen_pv_grants_map(void)
{
    if (grants.table != NULL)
        map();
}

void at_xen_pv_grants_restored(void)
{
    if (grants.table != NULL)
        at_xen_grants_restored(&grants);
}
