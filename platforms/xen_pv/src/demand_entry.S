/* SPDX-License-Identifier: ISC */
/* Where Xen enters at a page fault once at_guest_demand() was asked for: the one exception that can return. */

#include "trap.h"

#define PAGE_FAULT 14
#define SAVED 8 /* registers pushed below */

/*
 * Xen has pushed, from the top: ss, rsp, rflags, cs, rip, the error code, r11, rcx. If the fault is not for a
 * demand-zero range everything is put back, and the ordinary stub reports it.
 */
    .text
    .globl at_xen_pv_demand_entry
    .type at_xen_pv_demand_entry, @function
at_xen_pv_demand_entry:
    push %rax
    push %rdx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %rbx
    mov 8 * (SAVED + 2)(%rsp), %rdi
    mov %rsp, %rbx
    sub $512, %rsp
    and $-16, %rsp
    fxsave64 (%rsp) /* C code may use what the interrupted code has in there */
    cld
    call at_xen_pv_demand_fault
    fxrstor64 (%rsp)
    mov %rbx, %rsp
    test %eax, %eax
    pop %rbx
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rax
    jz at_xen_pv_trap_stubs + PAGE_FAULT * AT_XEN_PV_TRAP_STUB_SIZE
    pop %rcx
    pop %r11
    lea 8(%rsp), %rsp /* the error code */
    orb $3, 1 * 8(%rsp) /* cs and ss as the processor has them: Xen shows a guest's kernel as if in ring 0 */
    orb $3, 4 * 8(%rsp)
    iretq
    .size at_xen_pv_demand_entry, . - at_xen_pv_demand_entry

    .section .note.GNU-stack, "", @progbits
