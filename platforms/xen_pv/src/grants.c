/* SPDX-License-Identifier: ISC */
#include <atman/guest.h>
#include <atman/mm/space.h>
#include <atman/xen/grant.h>

#include "internal.h"

/* One network device needs up to 512 entries for its buffers and a few more, so one frame is not enough. */
#define TABLE_FRAMES 2u

struct at_xen_grants *at_guest_grants(void)
{
    static struct at_xen_grants grants;

    if (grants.table == NULL) {
        uint64_t frames[TABLE_FRAMES];
        void *table;

        if (at_xen_grant_table_frames(frames, TABLE_FRAMES) != AT_OK)
            at_panic("Xen gives this domain no grant table");
        if (at_mm_space_map(at_guest_space(), &table, frames, TABLE_FRAMES, AT_MM_READ | AT_MM_WRITE) != AT_OK)
            at_panic("the grant table cannot be mapped");
        at_xen_grants_init(&grants, table, TABLE_FRAMES * AT_XEN_GRANTS_PER_FRAME);
    }
    return &grants;
}
