/* SPDX-License-Identifier: ISC */
/* Where Xen enters the guest: at the start, and at an exception. */

#include "trap.h"

    .section .text.entry, "ax", @progbits

/*
 * Xen starts vcpu 0 here with %rsi = the start info page. The builder's stack is left behind for ours, with its guard.
 */
    .globl at_xen_pv_entry
    .type at_xen_pv_entry, @function
at_xen_pv_entry:
    cld
    lea at_xen_pv_stack_top(%rip), %rsp
    xor %ebp, %ebp /* where a backtrace ends */
    mov %rsi, %rdi
    push %rbp
    push %rbp
    call at_xen_pv_start
    ud2
    .size at_xen_pv_entry, . - at_xen_pv_entry

/*
 * One stub for each vector: a call, whose return address tells which. Xen has pushed, from the top: ss, rsp, rflags,
 * cs, rip, an error code where the exception has one, r11, rcx. With the other registers below, and rax in place of the
 * return address, that is a struct at_xen_pv_trap_frame. Nothing here returns: an exception ends the guest.
 */
    .text
    .globl at_xen_pv_trap_stubs
    .type at_xen_pv_trap_stubs, @function
at_xen_pv_trap_stubs:
    .rept AT_XEN_PV_TRAP_VECTORS
    call trap
    .endr

trap:
    xchg %rax, (%rsp)
    push %rbx
    push %rdx
    push %rsi
    push %rdi
    push %rbp
    push %r8
    push %r9
    push %r10
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, %rdi
    mov %rax, %rsi
    and $-16, %rsp
    cld
    call at_xen_pv_trap
    ud2
    .size at_xen_pv_trap_stubs, . - at_xen_pv_trap_stubs

    .section .note.GNU-stack, "", @progbits
