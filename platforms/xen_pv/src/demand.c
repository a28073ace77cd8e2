/* SPDX-License-Identifier: ISC */
/* Demand-zero ranges of mm in the window, and the page faults that fill them. */

#include <atman/guest.h>
#include <atman/mm/demand.h>
#include <atman/xen/hypercall.h>

#include "internal.h"
#include "trap.h"

#define PAGE_FAULT 14

/* Error code, Intel SDM volume 3, section 4.7. */
#define PRESENT 0x1u
#define FETCH 0x10u

static struct at_mm_demand demand;

extern const char at_xen_pv_demand_entry[];

/* Called by demand_entry.S only. Returns whether the interrupted instruction can be tried again. */
int at_xen_pv_demand_fault(uint64_t error);

int at_xen_pv_demand_fault(uint64_t error)
{
    uintptr_t address = at_xen_pv_shared_info.vcpu_info[0].arch.cr2;

    return (error & (PRESENT | FETCH)) == 0 && at_mm_demand_touch(&demand, (const void *)address) == AT_OK;
}

static void *page_of(void *ctx, uint64_t frame)
{
    (void)ctx;
    return at_xen_pv_direct(at_xen_pv_pfn_of_frame(frame));
}

struct at_mm_demand *at_guest_demand(void)
{
    if (demand.space == NULL) {
        struct trap_info traps[2] = {{.vector = PAGE_FAULT, .cs = FLAT_KERNEL_CS}};

        traps[0].address = (unsigned long)at_xen_pv_demand_entry;
        at_mm_demand_init(&demand, at_guest_space(), at_guest_pages(), page_of, NULL);
        if (at_xen_set_trap_table(traps) != 0) /* the other vectors stay as they are */
            at_panic("Xen takes no handler for page faults");
    }
    return &demand;
}
