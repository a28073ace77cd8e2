/* SPDX-License-Identifier: ISC */
#include <atman/xen/runstate.h>

#include <atman/xen/hypercall.h>

at_status at_xen_runstate_register(struct vcpu_runstate_info *area)
{
    struct vcpu_register_runstate_memory_area op = {.addr.v = area};

    return at_xen_status(at_xen_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &op));
}

/* Whoever is interrupted in the middle finds another entry time afterwards, and reads again. */
void at_xen_runstate_read(const struct vcpu_runstate_info *area, struct at_xen_runstate *state)
{
    const volatile struct vcpu_runstate_info *now = area;

    do {
        state->since_ns = now->state_entry_time;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        state->running_ns = now->time[RUNSTATE_running];
        state->stolen_ns = now->time[RUNSTATE_runnable];
        state->blocked_ns = now->time[RUNSTATE_blocked];
        state->offline_ns = now->time[RUNSTATE_offline];
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    } while (now->state_entry_time != state->since_ns);
}
