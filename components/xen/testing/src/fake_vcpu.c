/* SPDX-License-Identifier: ISC */
/* What became of a vcpu's time; after xen/common/sched/core.c. */

#include "fake_internal.h"

#include <atman/base/panic.h>

static void account(struct fake_domain *domain, uint64_t now_ns)
{
    domain->runstate.time[domain->runstate.state] += now_ns - domain->runstate.state_entry_time;
    domain->runstate.state_entry_time = now_ns;
}

void at_fake_xen_set_runstate_(struct at_fake_xen *xen, struct fake_domain *domain, int state)
{
    account(domain, xen->now_ns);
    domain->runstate.state = state;
    /* The guest's copy is written when the vcpu is put on a CPU, and not while it is off it. */
    if (state == RUNSTATE_running && domain->runstate_area != NULL)
        *domain->runstate_area = domain->runstate;
}

long at_fake_xen_vcpu_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command,
                          unsigned long vcpu, void *argument)
{
    const struct vcpu_register_runstate_memory_area *area = argument;

    if (vcpu != 0)
        return -XEN_ENOENT;
    switch (command) {
    case VCPUOP_register_runstate_memory_area:
        if (area->addr.v == NULL)
            return -XEN_EFAULT;
        domain->runstate_area = area->addr.v;
        *domain->runstate_area = domain->runstate;
        return 0;
    case VCPUOP_get_runstate_info: {
        struct fake_domain now = *domain;

        account(&now, xen->now_ns);
        now.runstate.state_entry_time = domain->runstate.state_entry_time;
        *(struct vcpu_runstate_info *)argument = now.runstate;
        return 0;
    }
    default: return -XEN_ENOSYS;
    }
}

void at_fake_xen_steal(struct at_fake_xen *xen, at_xen_domid domid, uint64_t ns)
{
    struct fake_domain *domain = at_fake_xen_domain_(xen, domid);

    at_fake_xen_set_runstate_(xen, domain, RUNSTATE_runnable);
    at_fake_xen_advance(xen, ns);
    at_fake_xen_set_runstate_(xen, domain, RUNSTATE_running);
}
