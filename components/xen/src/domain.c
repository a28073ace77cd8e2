/* SPDX-License-Identifier: ISC */
#include <atman/xen/domain.h>

#include <atman/xen/hypercall.h>
#include <xen/version.h>

at_status at_xen_domain_shutdown(unsigned reason)
{
    struct sched_shutdown shutdown = {.reason = reason};

    return at_xen_status(at_xen_sched_op(SCHEDOP_shutdown, &shutdown));
}

at_status at_xen_domain_suspend(uint64_t start_info)
{
    struct sched_shutdown shutdown = {.reason = SHUTDOWN_suspend};
    long result = at_xen_hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&shutdown, start_info, 0, 0);

    return result > 0 ? AT_CANCELLED : at_xen_status(result);
}

at_status at_xen_domain_yield(void)
{
    return at_xen_status(at_xen_sched_op(SCHEDOP_yield, NULL));
}

at_status at_xen_domain_version(unsigned *major, unsigned *minor)
{
    long version = at_xen_version_op(XENVER_version, NULL);

    if (version < 0)
        return at_xen_status(version);
    *major = (unsigned)version >> 16;
    *minor = (unsigned)version & 0xffff;
    return AT_OK;
}
