/* SPDX-License-Identifier: ISC */
/*
 * Exceptions: each one ends the guest, with registers and a backtrace on the console. There is nothing to recover: no
 * instruction is emulated, and where a kernel has pages mapped as they are touched, demand.c takes those faults before
 * they get here. A stack overflow gets no report: Xen cannot push a frame on the guard page and ends the domain itself.
 */

#include "trap.h"

#include <atman/xen/hypercall.h>

#include "internal.h"

void at_xen_pv_install_traps(void)
{
    struct trap_info traps[AT_XEN_PV_TRAP_VECTORS + 1] = {{0}}; /* the last, all 0, ends the table */
    unsigned vector;

    for (vector = 0; vector < AT_XEN_PV_TRAP_VECTORS; vector++) {
        traps[vector].vector = vector;
        traps[vector].cs = FLAT_KERNEL_CS;
        traps[vector].address = (unsigned long)(at_xen_pv_trap_stubs + vector * AT_XEN_PV_TRAP_STUB_SIZE);
    }
    if (at_xen_set_trap_table(traps) != 0)
        __builtin_trap();
}

/* The mnemonics of the Intel SDM, three bytes each; "??" where a vector has none. */
static const char mnemonics[AT_XEN_PV_TRAP_VECTORS][4] = {
    "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "??",
    "#TS", "#NP", "#SS", "#GP", "#PF", "??",  "#MF", "#AC", "#MC", "#XM",
};

/* In the order of struct at_xen_pv_trap_frame. */
static const char registers[][4] = {
    "r15", "r14", "r13", "r12", "r10", "r9 ", "r8 ", "rbp", "rdi", "rsi", "rdx", "rbx", "rax", "rcx", "r11",
};

static void write_register(const char *name, uint64_t value)
{
    at_xen_pv_write("  ");
    at_xen_pv_write(name);
    at_xen_pv_write(" ");
    at_xen_pv_write_hex(value);
}

/* Called by the stubs of entry.S only; `stub_end` is the address behind the one that ran. */
AT_NORETURN void at_xen_pv_trap(const struct at_xen_pv_trap_frame *frame, const char *stub_end);

AT_NORETURN void at_xen_pv_trap(const struct at_xen_pv_trap_frame *frame, const char *stub_end)
{
    static int reporting;
    unsigned vector = (unsigned)(stub_end - at_xen_pv_trap_stubs) / AT_XEN_PV_TRAP_STUB_SIZE - 1;
    unsigned codes = AT_XEN_PV_TRAP_WITH_CODE >> vector & 1;
    const struct at_xen_pv_trap_return *back = (const struct at_xen_pv_trap_return *)(frame->rest + codes);
    const uint64_t *values = &frame->r15;
    unsigned i;

    if (reporting++)
        at_xen_pv_crash(); /* the report itself failed: what is on the console by now has to do */
    at_xen_pv_write("\natman: exception ");
    at_xen_pv_write(mnemonics[vector]);
    write_register("rip", back->rip);
    write_register("rsp", back->rsp);
    at_xen_pv_write("\n");
    write_register("err", codes ? frame->rest[0] : 0);
    write_register("cr2", at_xen_pv_shared_info.vcpu_info[0].arch.cr2);
    write_register("flg", back->rflags);
    for (i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        if (i % 3 == 0)
            at_xen_pv_write("\n");
        write_register(registers[i], values[i]);
    }
    at_xen_pv_write("\n");
    at_xen_pv_backtrace(frame->rbp);
    at_xen_pv_crash();
}
