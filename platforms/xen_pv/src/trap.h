/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_PV_TRAP_H
#define ATMAN_XEN_PV_TRAP_H

/* What the exception stubs (entry.S) and the report (trap.c) agree on. Vectors: Intel SDM volume 3, section 6.3.1. */

/* Vectors with a stub: 0 (divide error) to 19 (SIMD floating point); Xen delivers none above to a PV guest. */
#define AT_XEN_PV_TRAP_VECTORS 20
#define AT_XEN_PV_TRAP_STUB_SIZE 5

/* Those for which the processor pushes an error code: #DF, #TS, #NP, #SS, #GP, #PF, #AC. */
#define AT_XEN_PV_TRAP_WITH_CODE 0x27d00

#ifndef __ASSEMBLER__

#include <stdint.h>

/* What the processor leaves of the interrupted context, lowest address first. */
struct at_xen_pv_trap_return {
    uint64_t rip, cs, rflags, rsp, ss;
};

/* The interrupted context as the stubs leave it on the stack, lowest address first. */
struct at_xen_pv_trap_frame {
    uint64_t r15, r14, r13, r12, r10, r9, r8, rbp, rdi, rsi, rdx, rbx, rax, rcx, r11;
    uint64_t rest[]; /* an error code if the vector has one, then struct at_xen_pv_trap_return */
};

/* Of AT_XEN_PV_TRAP_STUB_SIZE bytes each. */
extern const char at_xen_pv_trap_stubs[];

#endif

#endif /* ATMAN_XEN_PV_TRAP_H */
