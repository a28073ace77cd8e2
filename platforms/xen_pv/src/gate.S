/* SPDX-License-Identifier: ISC */
/* Where the guest enters Xen. */

/*
 * long at_xen_hypercall(unsigned long number, unsigned long a1, ..., unsigned long a5) The gate of
 * <atman/xen/hypercall.h>: `syscall` is what the hypercall page holds on x86-64 PV. Xen keeps every register but rax,
 * rcx and r11.
 */
    .section .text.at_xen_hypercall, "ax", @progbits
    .globl at_xen_hypercall
    .type at_xen_hypercall, @function
at_xen_hypercall:
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    syscall
    ret
    .size at_xen_hypercall, . - at_xen_hypercall

    .section .note.GNU-stack, "", @progbits
