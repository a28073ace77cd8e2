/* SPDX-License-Identifier: ISC */
/*
 * The grant table, in two of the image's spare virtual pages: no window and no page table is needed for it. It may have
 * been grown into a window of the guest's since, see <atman/xen/grant_table.h>: then it is found there.
 */

#include <atman/guest.h>
#include <atman/xen/grant.h>
#include <atman/xen/hypercall.h>

#include "internal.h"
#include "suspend.h"

/* One network device needs up to 512 entries for its buffers and a few more, so one frame is not enough. */
#define TABLE_FRAMES 2u

static struct at_xen_grants grants;

#define MOST_FRAMES 64u /* of a table, unless the toolstack says more */

static uint32_t frames_of_table(void)
{
    return grants.entries / AT_XEN_GRANTS_PER_FRAME;
}

/* Maps `count` of `frames` at `va`, or nothing if that is NULL. */
static void map(const void *va, const uint64_t *frames, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t entry = frames != NULL ? frames[i] << AT_XEN_PV_PAGE_SHIFT | AT_XEN_PV_PTE_RW : 0;

        if (at_xen_update_va_mapping((uintptr_t)va + i * AT_XEN_PV_PAGE_SIZE, entry, UVMF_INVLPG | UVMF_LOCAL) != 0)
            at_panic("the grant table cannot be mapped");
    }
}

struct at_xen_grants *at_guest_grants(void)
{
    if (grants.table == NULL) {
        at_xen_grants_init(&grants, (grant_entry_v1_t *)at_xen_pv_spare_pages, TABLE_FRAMES * AT_XEN_GRANTS_PER_FRAME);
        at_xen_pv_grants_map();
    }
    return &grants;
}

/* A page table with a frame of Xen's is lost when the domain is saved. */
void at_xen_pv_grants_unmap(void)
{
    map(at_xen_pv_spare_pages, NULL, TABLE_FRAMES);
    map(grants.table, NULL, frames_of_table());
}

void at_xen_pv_grants_map(void)
{
    uint64_t frames[MOST_FRAMES];
    uint32_t count = frames_of_table();

    if (at_xen_pv_grants_too_many() || at_xen_grant_table_frames(frames, count) != AT_OK)
        at_panic("Xen gives no grant table");
    map(grants.table, frames, count);
}

bool at_xen_pv_grants_too_many(void)
{
    return frames_of_table() > MOST_FRAMES;
}

void at_xen_pv_grants_restored(void)
{
    if (grants.table != NULL)
        at_xen_grants_restored(&grants);
}
