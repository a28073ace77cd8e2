/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_HYPERCALL_H
#define ATMAN_XEN_HYPERCALL_H

/*
 * The hypercall gate: the one function by which everything above reaches the hypervisor.
 *
 * The platform defines it at link time: platforms/xen_pv with the `syscall` instruction, //components/xen:testing with
 * the fake Xen. Under it are typed wrappers, one per hypercall, that only name the arguments; they return Xen's own
 * result, which at_xen_status() turns into a status. The other headers of this component do that for you.
 *
 * Not for: hypercalls that do not return as calls do (iret). No batching: see HYPERVISOR_multicall where it pays.
 */

#include <atman/base/status.h>
#include <atman/xen/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_xen_hypercall performs hypercall `number` (__HYPERVISOR_*) with its arguments; those it does not have are ignored.
 *
 * Pointers among them must stay valid for the call. It blocks exactly when the hypercall does (SCHEDOP_poll, _block,
 * _yield, _shutdown). Returns Xen's result: 0 or a positive value that the hypercall defines, or a negative errno of
 * <xen/errno.h>. Callable from any context that has a stack.
 */
long at_xen_hypercall(unsigned long number, unsigned long a1, unsigned long a2, unsigned long a3, unsigned long a4,
                      unsigned long a5);

/*
 * at_xen_status names a result of at_xen_hypercall(): AT_OK for 0 and above, and for a negative errno its nearest
 * status; AT_IO for one that has no nearer. Pure.
 */
at_status at_xen_status(long xen_result);

/*
 * Typed wrappers. Each performs one hypercall and returns its result, with what at_xen_hypercall() says of pointers and
 * of blocking; commands and structures are those of the Xen header named.
 */

/* at_xen_event_channel_op: <xen/event_channel.h>, EVTCHNOP_*. */
static inline long at_xen_event_channel_op(int command, void *argument)
{
    return at_xen_hypercall(__HYPERVISOR_event_channel_op, (unsigned long)command, (unsigned long)argument, 0, 0, 0);
}

/* at_xen_sched_op: <xen/sched.h>, SCHEDOP_*. */
static inline long at_xen_sched_op(int command, void *argument)
{
    return at_xen_hypercall(__HYPERVISOR_sched_op, (unsigned long)command, (unsigned long)argument, 0, 0, 0);
}

/*
 * at_xen_grant_table_op: <xen/grant_table.h>, GNTTABOP_*; `count` structures at `arguments`, each with a status of its
 * own.
 */
static inline long at_xen_grant_table_op(unsigned command, void *arguments, unsigned count)
{
    return at_xen_hypercall(__HYPERVISOR_grant_table_op, command, (unsigned long)arguments, count, 0, 0);
}

/* at_xen_console_io: <xen/xen.h>, CONSOLEIO_write and CONSOLEIO_read; `size` is in bytes. */
static inline long at_xen_console_io(unsigned command, unsigned size, void *buffer)
{
    return at_xen_hypercall(__HYPERVISOR_console_io, command, size, (unsigned long)buffer, 0, 0);
}

/* at_xen_version_op: <xen/version.h>, XENVER_*. */
static inline long at_xen_version_op(int command, void *argument)
{
    return at_xen_hypercall(__HYPERVISOR_xen_version, (unsigned long)command, (unsigned long)argument, 0, 0, 0);
}

/* at_xen_memory_op: <xen/memory.h>, XENMEM_*. */
static inline long at_xen_memory_op(unsigned command, void *argument)
{
    return at_xen_hypercall(__HYPERVISOR_memory_op, command, (unsigned long)argument, 0, 0, 0);
}

/* at_xen_update_va_mapping sets the page-table entry that maps `va` to `entry`: <xen/xen.h>; `flags` are UVMF_*. */
static inline long at_xen_update_va_mapping(uintptr_t va, uint64_t entry, unsigned long flags)
{
    return at_xen_hypercall(__HYPERVISOR_update_va_mapping, va, entry, flags, 0, 0);
}

/*
 * at_xen_mmu_update writes `count` page-table entries by machine address: <xen/xen.h>; `done` (or NULL) receives how
 * many were written.
 */
static inline long at_xen_mmu_update(const struct mmu_update *updates, unsigned count, unsigned *done,
                                     at_xen_domid owner)
{
    return at_xen_hypercall(__HYPERVISOR_mmu_update, (unsigned long)updates, count, (unsigned long)done, owner, 0);
}

/*
 * at_xen_mmuext_op does `count` operations MMUEXT_* (pin, flush, base pointer): <xen/xen.h>; `done` (or NULL) receives
 * how many were done.
 */
static inline long at_xen_mmuext_op(const struct mmuext_op *operations, unsigned count, unsigned *done,
                                    at_xen_domid owner)
{
    return at_xen_hypercall(__HYPERVISOR_mmuext_op, (unsigned long)operations, count, (unsigned long)done, owner, 0);
}

/* at_xen_multicall makes `count` hypercalls in one: <xen/xen.h>; each entry carries its own result back. */
static inline long at_xen_multicall(struct multicall_entry *entries, unsigned count)
{
    return at_xen_hypercall(__HYPERVISOR_multicall, (unsigned long)entries, count, 0, 0, 0);
}

/* at_xen_set_trap_table: <xen/arch-x86/xen.h>; the table ends with an entry whose address is 0. */
static inline long at_xen_set_trap_table(const struct trap_info *table)
{
    return at_xen_hypercall(__HYPERVISOR_set_trap_table, (unsigned long)table, 0, 0, 0, 0);
}

/* at_xen_set_segment_base: <xen/arch-x86/xen-x86_64.h>, SEGBASE_*. */
static inline long at_xen_set_segment_base(unsigned which, uintptr_t base)
{
    return at_xen_hypercall(__HYPERVISOR_set_segment_base, which, base, 0, 0, 0);
}

/* at_xen_vcpu_op: <xen/vcpu.h>, VCPUOP_*. */
static inline long at_xen_vcpu_op(int command, unsigned vcpu, void *argument)
{
    return at_xen_hypercall(__HYPERVISOR_vcpu_op, (unsigned long)command, vcpu, (unsigned long)argument, 0, 0);
}

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_HYPERCALL_H */
