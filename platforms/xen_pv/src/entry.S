/* SPDX-License-Identifier: ISC */
/* Where Xen enters the guest: at the start, and at an exception. */

#include "layout.h"
#include "trap.h"

    .section .text.entry, "ax", @progbits

/*
 * Xen starts vcpu 0 here with %rsi = the start info page. The builder's stack is left behind for ours, with its guard.
 *
 * What an attacker must not know beforehand is chosen first, from one random number: its upper 48 bits are the canary,
 * whose 0 at the lowest address ends an overrun by a string; the others say where the direct map begins, with the heap
 * and the threads' stacks in it, and how far below the top this stack does. A CPU without RDRAND, or whose generator
 * fails ten times in a row (Intel SDM volume 1, section 7.3.17), gives what its TSC shows: different at every boot, but
 * not hard to guess. Multiplied, its low bits, which nobody knows best, are in the canary as well.
 */
    .globl at_xen_pv_entry
    .type at_xen_pv_entry, @function
at_xen_pv_entry:
    cld
    mov $at_xen_pv_stack_top, %esp
    xor %ebp, %ebp /* where a backtrace ends */
    mov %rsi, %rdi
    push $1
    pop %rax
    cpuid
    bt $30, %ecx /* RDRAND: Intel SDM volume 2, CPUID */
    jnc 2f
    push $10
    pop %rcx
1:  rdrand %rax
    jc 3f
    loop 1b
2:  rdtsc
    shl $32, %rdx
    or %rdx, %rax
    /* Brings its low bits, the least predictable, into the canary: odd; the golden ratio's, as Knuth scatters. */
    mov $0x9e3779b97f4a7c15, %rdx
    imul %rdx, %rax
3:  mov %rax, %rdx
    xor %dx, %dx
    mov %rdx, __stack_chk_guard(%rip)
    mov %eax, %ecx
    and $(AT_XEN_PV_DIRECT_CHOICES - 1), %ecx
    shl $AT_XEN_PV_TABLE_SHIFT, %ecx
    add $AT_XEN_PV_DIRECT_LOWEST, %ecx
    mov %rcx, at_xen_pv_direct_base(%rip)
    movzbl %ah, %eax
    shl $4, %eax
    sub %rax, %rsp
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

/* What a function with a buffer calls when it returns and the canary above the buffer has changed. */
    .section .text.__stack_chk_fail, "ax", @progbits
    .globl __stack_chk_fail
    .type __stack_chk_fail, @function
__stack_chk_fail:
    mov $stack_overrun, %edi
    call at_panic
    .size __stack_chk_fail, . - __stack_chk_fail

    .section .rodata.str1.1, "aMS", @progbits, 1
stack_overrun:
    .string "stack overrun"

/* The canary is here because gcc refers to it when everything else is linked already. */
    .section .bss.__stack_chk_guard, "aw", @nobits
    .balign 8
    .globl __stack_chk_guard, at_xen_pv_direct_base
    .type __stack_chk_guard, @object
    .type at_xen_pv_direct_base, @object
__stack_chk_guard:
    .skip 8
    .size __stack_chk_guard, 8
at_xen_pv_direct_base:
    .skip 8
    .size at_xen_pv_direct_base, 8

    .section .note.GNU-stack, "", @progbits
